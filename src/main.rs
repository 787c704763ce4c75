//! Starts a Yunxiao Flow pipeline: environment in, exit code out.
fn main() {}
