//! One corpus of foreign text, on every CI system, in every place where the log has foreign text: read by every parser there
//! is, it gives no order; what we say ourselves is read by that system's own parser as what it is meant to be.

use std::time::SystemTime;

use tracing::Level;
use yunxiao_run::environment::Environment;
use yunxiao_run::host::{Fold, Host, detect, names};
use yunxiao_run::sanitize;

use crate::hosts::{
    azure_orders, blueking_orders, buildkite_headers, cnb_outputs, drone_cards, gitea_commands, github_commands,
    gitlab_sections, teamcity_messages,
};
use crate::relayed_logs_are_harmless::attacks;

/// What each parser finds, with the parser's name.
fn orders(output: &str) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    found.extend(azure_orders(output).into_iter().map(|order| ("azure", format!("{order:?}"))));
    found.extend(blueking_orders(output).into_iter().map(|order| ("blueking", format!("{order:?}"))));
    found.extend(buildkite_headers(output).into_iter().map(|order| ("buildkite", order)));
    found.extend(cnb_outputs(output).into_iter().map(|order| ("cnb", format!("{order:?}"))));
    found.extend((0..drone_cards(output)).map(|_| ("drone", "card".to_owned())));
    found.extend(gitea_commands(output).into_iter().map(|order| ("gitea", order)));
    found.extend(github_commands(output).into_iter().map(|order| ("github", format!("{order:?}"))));
    found.extend(gitlab_sections(output).into_iter().map(|order| ("gitlab", format!("{order:?}"))));
    found.extend(teamcity_messages(output).into_iter().map(|order| ("teamcity", order)));
    found
}

fn host(name: &str) -> Box<dyn Host> {
    detect(&Environment::new([("YUNXIAO_HOST", name)]), false)
}

/// The corpus without what no line holds.
fn corpus() -> Vec<String> {
    attacks().into_iter().flat_map(|attack| attack.split(['\r', '\n']).map(str::to_owned).collect::<Vec<_>>()).collect()
}

#[test]
fn the_corpus_has_an_order_for_every_parser() {
    let all = attacks().iter().flat_map(|attack| attack.split('\n')).map(str::to_owned).collect::<Vec<_>>();
    for parser in ["azure", "blueking", "buildkite", "cnb", "drone", "gitea", "gitlab", "teamcity"] {
        // The marks of one attack may stop commands for those that follow.
        let finds =
            |line: &String| !line.contains("stop-commands") && orders(line).iter().any(|(name, _)| *name == parser);
        assert!(all.iter().any(finds), "{parser} finds nothing");
    }
}

#[test]
fn no_line_of_a_log_is_an_order_to_any_parser() {
    for line in corpus() {
        assert_eq!(orders(&sanitize::line(&line)), [], "{line:?}");
        assert_eq!(orders(&sanitize::one_line(&line)), [], "{line:?}");
    }
}

#[test]
fn what_we_say_of_foreign_text_is_our_order_alone_or_none() {
    for name in names() {
        let host = host(name);
        for text in corpus() {
            for level in [Level::ERROR, Level::WARN, Level::INFO, Level::DEBUG] {
                let shown = host.line(level, &format!("the branch is\n{text}"));
                let found = orders(&shown).into_iter().filter(|(parser, _)| *parser == name).collect::<Vec<_>>();
                let ours = match (name, level) {
                    ("github" | "teamcity", Level::ERROR | Level::WARN | Level::DEBUG)
                    | ("azure", Level::ERROR | Level::WARN) => 1,
                    _ => 0,
                };
                assert_eq!(found.len(), ours, "{name} {level}: {shown:?}: {found:?}");
                if name != "gitlab" {
                    assert!(!shown.contains(['\u{1b}', '\r']), "{name}: {shown:?}");
                }
            }
        }
    }
}

#[test]
fn a_title_is_a_title_on_every_host() {
    for name in names() {
        let host = host(name);
        for text in corpus() {
            let fold = Fold { title: format!("{text}\n{text}"), id: "token".to_owned(), is_closed_at_first: true };
            let now = SystemTime::UNIX_EPOCH;
            let shown = format!("{}a line\n{}", host.open(&fold, now), host.close(&fold, now));
            let found = orders(&shown).into_iter().filter(|(parser, _)| *parser == name).collect::<Vec<_>>();
            let ours = match name {
                "github" => 4,
                "gitea" | "forgejo" | "gitlab" | "teamcity" | "buildkite" => 2,
                _ => 0,
            };
            let ours = if name == "forgejo" { 0 } else { ours }; // it is read by Gitea's parser, below
            assert_eq!(found.len(), ours, "{name}: {shown:?}: {found:?}");
            if ["forgejo", "blueking", "azure"].contains(&name) {
                assert_eq!(gitea_commands(&shown).len(), 2, "{name}: {shown:?}");
            }
            assert!(shown.ends_with('\n') && shown.contains("a line\n"), "{name}: {shown:?}");
        }
    }
}

#[test]
fn a_mask_is_one_command_and_only_sent_where_it_is_supported() {
    for name in names() {
        let mask = host(name).mask("e.y.J%\n]x");
        let Some(mask) = mask else { continue };
        let obeyed = match name {
            "azure" => azure_orders(&mask) == [("task.setsecret".to_owned(), "e.y.J%\n]x".to_owned())],
            "github" | "gitea" | "forgejo" => mask == "::add-mask::e.y.J%25%0A]x\n",
            _ => false,
        };
        assert!(obeyed, "{name}: {mask}");
    }
    assert!(host("azure").mask("x").is_some() && host("jenkins").mask("x").is_none());
}
