//! What CI systems and terminals would take for an order in what is shown.

use crate::hosts;

/// The orders in a text of whole lines, by the readers that the tests have of each CI system.
pub(crate) fn orders_in(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(hosts::azure_orders(text).into_iter().map(|order| format!("azure: {order:?}")));
    found.extend(hosts::blueking_orders(text).into_iter().map(|order| format!("blueking: {order:?}")));
    found.extend(hosts::buildkite_headers(text).into_iter().map(|order| format!("buildkite: {order}")));
    found.extend(hosts::cnb_outputs(text).into_iter().map(|order| format!("cnb: {order:?}")));
    found.extend((0..hosts::drone_cards(text)).map(|_| "drone: a card".to_owned()));
    found.extend(hosts::gitea_commands(text).into_iter().map(|order| format!("gitea: {order}")));
    found.extend(hosts::github_commands(text).into_iter().map(|order| format!("github: {order:?}")));
    found.extend(hosts::gitlab_sections(text).into_iter().map(|order| format!("gitlab: {order:?}")));
    found.extend(hosts::teamcity_messages(text).into_iter().map(|order| format!("teamcity: {order}")));
    found
}

/// The characters of a line that move a terminal's cursor or turn the direction of writing.
pub(crate) fn controls_in(line: &str) -> Vec<char> {
    let is_control = |character: &char| {
        let code = u32::from(*character);
        (code < 0x20 && code != 9)
            || (0x7f..0xa0).contains(&code)
            || [0x61c, 0x200e, 0x200f].contains(&code)
            || (0x202a..=0x202e).contains(&code)
            || (0x2066..=0x2069).contains(&code)
    };
    line.chars().filter(is_control).collect()
}

/// Fails if a line that was made safe to show is not.
#[track_caller]
pub(crate) fn assert_harmless(line: &str) {
    assert_eq!(controls_in(line), [], "{line:?}");
    assert_eq!(orders_in(line), [""; 0], "{line:?}");
}
