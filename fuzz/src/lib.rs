//! What each fuzz target holds the program to, one module for each. Bytes are split at NUL into what a target takes.
//!
//! A target asserts more than that nothing panics: that no secret is left in what may be shown, that nothing shown is an order to
//! a CI system, and that a second reading, written for the tests or by others, agrees with the program's.

#![cfg_attr(not(fuzzing), allow(dead_code))]

#[cfg(fuzzing)]
pub mod addresses;
#[cfg(fuzzing)]
pub mod answers;
#[cfg(fuzzing)]
pub mod inputs;
#[cfg(fuzzing)]
pub mod logs;
#[cfg(fuzzing)]
pub mod outputs;
#[cfg(fuzzing)]
pub mod step;
#[cfg(fuzzing)]
pub mod text;
#[cfg(fuzzing)]
pub mod tokens;

mod orders;
mod reveal;
mod transport;

/// What CI systems find in a step's output, as the tests read it.
#[allow(dead_code, reason = "the tests need more of it")]
#[path = "../../tests/it/hosts.rs"]
mod hosts;

/// Text that no message of the program has by itself: keys and tokens, as long and as odd as they are.
pub const SECRETS: [&str; 4] =
    ["s3cr/t k=y\"~*<é99", "correct horse battery staple", "LTAI5tEXAMPLEkey", "a+b/c==&%41\\n17"];

/// Bytes, split at NUL; what there is no more of is empty, and the last has the rest.
fn fields<const N: usize>(data: &[u8]) -> [&[u8]; N] {
    let mut fields = data.splitn(N, |byte| *byte == 0);
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

/// The same as text.
fn texts<const N: usize>(data: &[u8]) -> [String; N] {
    fields(data).map(|field| String::from_utf8_lossy(field).into_owned())
}

#[cfg(all(test, fuzzing))]
mod tests {
    use std::fs;
    use std::path::Path;

    #[test]
    fn every_seed_holds() {
        let targets: [(&str, fn(&[u8])); 8] = [
            ("addresses", super::addresses::check),
            ("answers", super::answers::check),
            ("inputs", super::inputs::check),
            ("logs", super::logs::check),
            ("outputs", super::outputs::check),
            ("step", super::step::check),
            ("text", super::text::check),
            ("tokens", super::tokens::check),
        ];
        for (name, check) in targets {
            let mut played = 0;
            for seed in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("seeds").join(name)).unwrap() {
                let path = seed.unwrap().path();
                println!("{}", path.display()); // shown if it fails
                check(&fs::read(path).unwrap());
                played += 1;
            }
            assert!(played > 2, "{name}: {played} seeds");
            // Nothing at all is an input as well.
            check(b"");
        }
    }
}
