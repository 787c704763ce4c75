//! The run's remark (运行备注): what triggered it, and the marker that identifies it.

use crate::host::Origin;
use crate::inputs::Comment;

/// The longest remark of our own after the marker, in characters.
const LONGEST: usize = 200;

/// The remark: the marker first, because the service may truncate it, then the requested text.
pub(super) fn comment(asked: &Comment, origin: &Origin, marker: &str) -> String {
    let text = match asked {
        Comment::Origin => describe(origin),
        Comment::None => String::new(),
        Comment::Text(text) => text.clone(),
    };
    if text.is_empty() { marker.to_owned() } else { format!("{marker} {text}") }
}

/// `owner/repository branch@1a2b3c4 by actor https://…`, as far as each is known. The run's scripts see it as
/// `BUILD_REMARK`, so it must contain nothing special to a shell.
fn describe(origin: &Origin) -> String {
    let clean = |value: &String| -> String {
        let plain = |character: char| character.is_alphanumeric() || "._/:@#+-".contains(character);
        value.chars().map(|character| if plain(character) { character } else { '_' }).collect()
    };
    let commit = origin.commit.as_ref().map(|commit| commit.chars().take(7).collect::<String>());
    let place = match (origin.reference.as_ref().map(clean), commit.as_ref().map(clean)) {
        (Some(reference), Some(commit)) => Some(format!("{reference}@{commit}")),
        (reference, commit) => reference.or(commit),
    };
    let actor = origin.actor.as_ref().map(|actor| format!("by {}", clean(actor)));
    let parts = [origin.repository.as_ref().map(clean), place, actor, origin.url.as_ref().map(clean)];
    let text = parts.into_iter().flatten().collect::<Vec<_>>().join(" ");
    text.chars().take(LONGEST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin {
            repository: Some("owner/repository".to_owned()),
            address: None,
            reference: Some("feature/中文".to_owned()),
            commit: Some("1a2b3c4d5e6f".to_owned()),
            actor: Some("$(rm -rf /)".to_owned()),
            url: Some("https://github.com/owner/repository/actions/runs/1".to_owned()),
        }
    }

    #[test]
    fn the_default_remark_says_where_it_was_triggered_from_and_means_nothing_to_a_shell() {
        assert_eq!(
            comment(&Comment::Origin, &origin(), "[yunxiao-run:0]"),
            "[yunxiao-run:0] owner/repository feature/中文@1a2b3c4 by __rm_-rf_/_ \
             https://github.com/owner/repository/actions/runs/1"
        );
        assert_eq!(comment(&Comment::Origin, &Origin::default(), "[m]"), "[m]");
    }

    #[test]
    fn the_marker_always_comes_first() {
        assert_eq!(comment(&Comment::None, &origin(), "[m]"), "[m]");
        assert_eq!(comment(&Comment::Text("say `it`".to_owned()), &origin(), "[m]"), "[m] say `it`");
    }

    #[test]
    fn the_default_remark_has_at_most_200_characters_after_the_marker() {
        let origin = Origin { reference: Some("长".repeat(500)), ..origin() };
        assert_eq!(comment(&Comment::Origin, &origin, "[m]").chars().count(), 204);
    }
}
