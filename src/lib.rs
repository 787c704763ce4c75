//! Starts a Yunxiao Flow pipeline from any CI system.
