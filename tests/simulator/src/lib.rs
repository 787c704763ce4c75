//! A Yunxiao that behaves, or misbehaves on demand.
