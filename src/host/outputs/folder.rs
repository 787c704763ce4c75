//! A folder with one file per output that contains only the value.

use std::borrow::Cow;
use std::fs;
use std::io;
use std::path::PathBuf;

use serde_json::value::RawValue;

use crate::files;
use crate::text::{own_io_error, text};

/// What all results of a Tekton task may be together, in bytes of the message that carries them. Kubernetes has 4,096 for a
/// pod, of which Tekton needs some itself, and other steps of the task may have results as well.
const TEKTON_MESSAGE: usize = 3584;

/// How much of that the output `artifacts` may take.
const LARGEST_ARTIFACTS: usize = 1024;
const ARTIFACTS: &str = "artifacts";

/// A folder of outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    pub path: PathBuf,
    pub reader: Reader,
}

/// Who reads the files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// Reads them unchanged.
    Verbatim,
    /// Reads them unchanged, and puts all of them into one message (tektoncd/pipeline, `pkg/termination`).
    Tekton,
    /// Strips line breaks at the end (koderover/zadig). It waits until every file is there.
    Zadig,
}

impl Reader {
    /// Whether a value is read back unchanged.
    pub(super) fn carries(self, value: &str) -> bool {
        self != Self::Zadig || !value.ends_with('\n')
    }
}

impl Folder {
    /// Makes the folder and every file in it, empty.
    pub(super) fn open(&self, names: &[&str]) -> io::Result<()> {
        fs::create_dir_all(&self.path)?;
        names.iter().try_for_each(|name| files::write(&self.path.join(name), b""))
    }

    pub(super) fn write(&self, outputs: &[(&str, String)]) -> io::Result<()> {
        let values = self.values(outputs)?;
        values.iter().try_for_each(|(name, value)| files::write(&self.path.join(name), value.as_bytes()))
    }

    fn values<'o>(&self, outputs: &'o [(&str, String)]) -> io::Result<Vec<(&'o str, Cow<'o, str>)>> {
        let mut values: Vec<_> = outputs.iter().map(|(name, value)| (*name, Cow::Borrowed(value.as_str()))).collect();
        if self.reader == Reader::Tekton {
            shorten(&mut values)?;
        }
        Ok(values)
    }
}

/// Drops the last items of lists until all fit into Tekton's message: artifacts first, because failed jobs are reported
/// nowhere else.
fn shorten(values: &mut [(&str, Cow<'_, str>)]) -> io::Result<()> {
    for (_, made) in values.iter_mut().filter(|(name, _)| *name == ARTIFACTS) {
        while made.len() > LARGEST_ARTIFACTS {
            let Some(shorter) = without_last(made) else { break };
            *made = Cow::Owned(shorter);
        }
    }
    while message_length(values) > TEKTON_MESSAGE {
        let longest = values.iter_mut().max_by_key(|(_, value)| value.len());
        let shorter = longest.and_then(|(_, value)| without_last(value).map(|shorter| *value = Cow::Owned(shorter)));
        shorter.ok_or_else(|| {
            own_io_error(text!(
                "the outputs together exceed Tekton's limit (4,096 bytes for all results of a task)",
                "所有输出合计超过 Tekton 的上限（一个 task 的全部 result 共 4096 字节）"
            ))
        })?;
    }
    Ok(())
}

/// A JSON list without its last item.
fn without_last(list: &str) -> Option<String> {
    let mut items: Vec<&RawValue> = serde_json::from_str(list).ok()?;
    items.pop()?;
    Some(format!("[{}]", items.iter().map(|item| item.get()).collect::<Vec<_>>().join(",")))
}

/// The length of the message as Go writes JSON: `<`, `>` and `&` are escaped too.
fn message_length(values: &[(&str, Cow<'_, str>)]) -> usize {
    let of = |value: &str| {
        let escaped = serde_json::Value::from(value).to_string().len();
        escaped + 5 * value.matches(['<', '>', '&', '\u{2028}', '\u{2029}']).count()
    };
    values.iter().map(|(name, value)| of(name) + of(value) + r#"{"key":,"value":,"type":1},"#.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tektons_results_fit_into_its_message_with_whole_items_of_a_list() {
        let item = r#"{"stage":"\u6784\u5efa","job":"\u5355\u5143\u6d4b\u8bd5","id":1,"status":"failed"}"#;
        let list = format!("[{}]", vec![item; 40].join(","));
        let outputs = [("pipelineRunId", "7".to_owned()), ("failedJobs", list.clone())];
        let folder = |reader| Folder { path: PathBuf::new(), reader };
        let values = folder(Reader::Tekton).values(&outputs).unwrap();
        assert!(message_length(&values) <= TEKTON_MESSAGE);
        let kept: Vec<serde_json::Value> = serde_json::from_str(&values[1].1).unwrap();
        assert!((20..40).contains(&kept.len()), "{}", kept.len());
        assert_eq!(folder(Reader::Verbatim).values(&outputs).unwrap()[1].1, list);
        let both = [("artifacts", list.clone()), ("failedJobs", list)];
        let values = folder(Reader::Tekton).values(&both).unwrap();
        assert!((900..=1024).contains(&values[0].1.len()), "{}", values[0].1.len());
        assert!(serde_json::from_str::<serde_json::Value>(&values[0].1).is_ok());
        assert!(values[1].1.len() > values[0].1.len());
        let text = [("failedJobs", "x".repeat(5000))];
        let refused = folder(Reader::Tekton).values(&text).unwrap_err();
        assert!(refused.to_string().contains("4,096"), "{refused}");
    }
}
