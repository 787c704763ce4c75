//! Signals that cancel the step, and their exit codes.

use super::code::ExitCode;

/// A signal that cancels the step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// SIGHUP
    HangUp,
    /// SIGINT
    Interrupt,
    /// SIGQUIT
    Quit,
    /// SIGTERM
    Terminate,
    /// Any other that would end the process, by its name.
    Other(&'static str),
}

impl Signal {
    pub(super) fn code(self) -> ExitCode {
        match self {
            Self::HangUp => ExitCode::HungUp,
            Self::Interrupt => ExitCode::Interrupted,
            Self::Quit => ExitCode::Quit,
            Self::Terminate | Self::Other(_) => ExitCode::Terminated,
        }
    }

    pub fn exit_code(self) -> u8 {
        self.code().value()
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::HangUp => "SIGHUP",
            Self::Interrupt => "SIGINT",
            Self::Quit => "SIGQUIT",
            Self::Terminate => "SIGTERM",
            Self::Other(name) => name,
        }
    }
}
