//! `language`: messages are in the requested language.

use yunxiao_simulator::{Fault, Job, Stage, When};

use crate::simulated::{START, staged};
use crate::step::{Ended, Step, serve};

fn is_chinese(text: &str) -> bool {
    text.contains(|character| ('一'..='龥').contains(&character) || "：，。（）“”".contains(character))
}

/// Whether a line has English words: more than names, addresses and what the service answers.
fn is_english(line: &str) -> bool {
    line.split(' ').filter(|word| word.len() > 1 && word.bytes().all(|byte| byte.is_ascii_lowercase())).count() > 2
}

/// What steps say of a run that fails, of a refusal, and of bad inputs.
fn said(language: &str) -> Vec<Ended> {
    let job = Job::new("job", 0).ending("FAIL").log(0, "exit 1");
    let (simulator, server) = serve(staged(vec![Stage::new("stage", vec![job])]));
    let step = Step::at(&server.http_url()).with("YUNXIAO_LANGUAGE", language);
    let failed = step.clone().with("YUNXIAO_WAIT", "true").run();
    simulator.plan(When::next_is(START), Fault::refusal("InvalidPipeline.NotFound"));
    let refused = step.clone().run();
    vec![failed, refused, step.with("YUNXIAO_PIPELINE_ID", "main").with("YUNXIAO_WAIT", "perhaps").run()]
}

#[test]
fn messages_are_in_the_chosen_language() {
    for (ended, code) in said("en").iter().zip([1, 4, 2]) {
        assert_eq!(ended.code, code, "{}", ended.stderr);
        assert!(!ended.stderr.replace("流水线不存在", "").lines().any(is_chinese), "{}", ended.stderr);
        assert!(ended.stderr.lines().any(is_english), "{}", ended.stderr);
    }
    for (language, line) in [
        ("en", "stage > job: failed (0s)"),
        ("zh", "stage > job: 失败 (0s)"),
        ("both", "stage > job: failed (0s) / 失败"),
    ] {
        let failed = said(language).swap_remove(0);
        assert!(failed.stderr.lines().any(|said| said == line), "{line}: {}", failed.stderr);
    }
    for ended in said("zh") {
        // The service's own words stay as they are.
        let own = ended.stderr.replace("The pipeline is not found.", "");
        assert!(!own.lines().any(is_english), "{}", ended.stderr);
        assert!(is_chinese(&ended.stderr), "{}", ended.stderr);
    }
    for ended in said("both") {
        assert!(ended.stderr.lines().any(is_english) && is_chinese(&ended.stderr), "{}", ended.stderr);
    }
    let wrong = Step::empty().with("YUNXIAO_LANGUAGE", "fr").run();
    assert!(wrong.code == 2 && wrong.stderr.contains("YUNXIAO_LANGUAGE: must be"), "{}", wrong.stderr);
}
