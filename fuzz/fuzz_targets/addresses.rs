#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| yunxiao_run_fuzz::addresses::check(data));
