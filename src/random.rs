//! Unpredictable identifiers: nonces, markers, delimiters.

use std::cell::Cell;

use ring::digest::{Context, SHA256};

use crate::encoding::hexadecimal;

/// A source of identifiers that can't be guessed, all from one seed, so that a test which fixes the seed fixes them all.
pub struct Random {
    seed: [u8; 32],
    drawn: Cell<u64>,
}

impl Random {
    /// A source that draws from `seed`, which must come from the operating system's own randomness.
    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self { seed, drawn: Cell::new(0) }
    }

    /// The next identifier: 128 bits as 32 lower-case hexadecimal digits.
    pub fn identifier(&self) -> String {
        let count = self.drawn.get();
        self.drawn.set(count + 1);
        let mut digest = Context::new(&SHA256);
        digest.update(&self.seed);
        digest.update(&count.to_le_bytes());
        hexadecimal(&digest.finish().as_ref()[..16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_of_one_seed_differ_and_repeat_with_the_seed() {
        let (first, second) = (Random::from_seed([1; 32]), Random::from_seed([1; 32]));
        let drawn = [first.identifier(), first.identifier()];
        assert_ne!(drawn[0], drawn[1]);
        assert_eq!(drawn, [second.identifier(), second.identifier()]);
        assert_ne!(drawn[0], Random::from_seed([2; 32]).identifier());
        assert!(drawn[0].len() == 32 && drawn[0].bytes().all(|byte| byte.is_ascii_hexdigit()));
    }
}
