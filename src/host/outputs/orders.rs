//! Outputs as commands on standard output.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// The largest value that CNB takes, in bytes.
const LARGEST_CNB: usize = 100 * 1024;

/// Which CI system the commands are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Orders {
    /// azure-pipelines-agent, `Command.cs`. Later steps read `stepName.name`.
    Azure,
    /// bk-ci, `CommandLineUtils.kt`.
    BlueKing,
    /// CNB's documents of `exports`. It decodes base64.
    Cnb,
    /// TeamCity's service messages. Later steps have it in their environment.
    TeamCity,
}

impl Orders {
    /// Whether a value is read back unchanged.
    pub(super) fn carries(self, value: &str) -> bool {
        match self {
            Self::Azure | Self::TeamCity => true,
            Self::BlueKing => {
                // It is matched by a pattern whose dot matches no line break of any kind, and it has no escapes.
                let breaks = |character: char| character.is_control() || ['\u{2028}', '\u{2029}'].contains(&character);
                !value.contains(breaks) && value.trim() == value && !value.ends_with('"')
            }
            Self::Cnb => value.len() / 3 * 4 + 4 < LARGEST_CNB,
        }
    }

    /// The lines that set these outputs.
    pub(super) fn lines(self, outputs: &[(&str, String)]) -> String {
        outputs.iter().map(|(name, value)| self.line(name, value) + "\n").collect()
    }

    fn line(self, name: &str, value: &str) -> String {
        match self {
            Self::Azure => format!("##vso[task.setvariable variable={name};isOutput=true]{}", azure_data(value)),
            Self::BlueKing => format!("::set-output name={name}::{value}"),
            Self::Cnb => format!("##[set-output {name}=base64,{}]", STANDARD.encode(value)),
            Self::TeamCity => format!("##teamcity[setParameter name='env.{name}' value='{}']", teamcity_value(value)),
        }
    }
}

/// The data of a command of Azure's, with its escapes.
pub(crate) fn azure_data(value: &str) -> String {
    value.replace('%', "%AZP25").replace('\r', "%0D").replace('\n', "%0A")
}

/// A value in one of TeamCity's service messages, with its escapes.
pub(crate) fn teamcity_value(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        match character {
            '|' | '\'' | '[' | ']' => escaped.extend(['|', character]),
            '\n' => escaped.push_str("|n"),
            '\r' => escaped.push_str("|r"),
            '\u{20}'..='\u{7e}' => escaped.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    let _ = write!(escaped, "|0x{unit:04x}"); // writing to a string cannot fail
                }
            }
        }
    }
    escaped
}
