//! What a step takes from outside.

use super::cancel::Cancel;
use super::retry;
use crate::clock::Clock;
use crate::host::Host;
use crate::log::Screen;
use crate::random::Random;

/// What a step takes from outside.
pub struct Surroundings<'a> {
    /// The CI system.
    pub host: &'a dyn Host,
    pub clock: &'a Clock,
    /// Where identifiers come from.
    pub random: &'a Random,
    /// Where lines go that are not our own.
    pub screen: &'a Screen,
    pub cancel: &'a Cancel,
    /// What may be sent again of a start: [`retry::after_start`].
    pub rule: retry::Rule,
}
