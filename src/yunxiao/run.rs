//! A run as the service tells of it.

use std::time::SystemTime;

use serde_json::Value;

/// Where a run stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It has not ended.
    Going,
    /// It ended well.
    Succeeded,
    /// It ended badly.
    Failed,
    /// It was cancelled or skipped.
    Canceled,
}

impl Status {
    /// Reads the service's word for it. A word that is not known means that the run has not ended.
    #[must_use]
    pub fn of(word: &str) -> Self {
        match word.to_ascii_uppercase().as_str() {
            "SUCCESS" | "FINISH" => Self::Succeeded,
            "FAIL" | "FAILED" | "ERROR" => Self::Failed,
            "CANCELED" | "CANCELLED" | "ABORTED" | "TERMINATED" | "SKIP" => Self::Canceled,
            _ => Self::Going,
        }
    }

    /// The output `status` of a run that stands so.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Going => "started",
            Self::Succeeded => "success",
            Self::Failed => "failed",
            Self::Canceled => "canceled",
        }
    }
}

/// A run in detail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunDetail {
    /// When it was created, by the service's clock.
    pub created: Option<SystemTime>,
    /// Where it stands.
    pub status: Status,
    /// The texts its remark may stand in; none while it has no jobs.
    pub texts: Vec<String>,
}

/// What a run's remark says about whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// It is the run that was started with this remark.
    Ours,
    /// It is somebody else's.
    Another,
    /// It can't be said yet: it has no jobs, and the remark is to be seen in theirs.
    Unborn,
    /// It can't be said: its jobs show no remark, or one that may be the beginning of ours.
    Unsaid,
}

impl RunDetail {
    /// Whose the run is, by the marker at the end of a remark.
    #[must_use]
    pub fn owner(&self, remark: &str, marker: &str) -> Owner {
        if self.texts.iter().any(|text| text.contains(marker)) {
            return Owner::Ours;
        }
        if self.texts.is_empty() {
            return Owner::Unborn;
        }
        // The keys that a run's own remark is seen under in its jobs' parameters.
        let remark_of = |text: &String| {
            let params: Value = serde_json::from_str(text).ok()?;
            ["FLOW_INST_RUNNING_COMMENT", "BUILD_REMARK"]
                .iter()
                .find_map(|key| params.get(key)?.as_str().map(str::to_owned))
        };
        match self.texts.iter().find_map(remark_of) {
            Some(other) if !other.is_empty() && remark.starts_with(&other) => Owner::Unsaid,
            Some(_) => Owner::Another,
            None => Owner::Unsaid,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_documented_status_is_known_in_any_case_and_an_unknown_one_goes_on() {
        for (word, status) in [
            ("SUCCESS", Status::Succeeded),
            ("success", Status::Succeeded),
            ("FINISH", Status::Succeeded),
            ("FAIL", Status::Failed),
            ("FAILED", Status::Failed),
            ("ERROR", Status::Failed),
            ("CANCELED", Status::Canceled),
            ("Cancelled", Status::Canceled),
            ("ABORTED", Status::Canceled),
            ("TERMINATED", Status::Canceled),
            ("SKIP", Status::Canceled),
            ("RUNNING", Status::Going),
            ("WAITING", Status::Going),
            ("CANCELLING", Status::Going),
            ("UNKOWN", Status::Going),
            ("", Status::Going),
        ] {
            assert_eq!(Status::of(word), status, "{word}");
        }
    }

    #[test]
    fn a_run_is_ours_by_its_marker_and_unsaid_while_its_remark_is_not_to_be_seen() {
        let owner = |texts: &[&str]| {
            let texts = texts.iter().map(|text| (*text).to_owned()).collect();
            RunDetail { created: None, status: Status::Going, texts }
                .owner("to prod [yunxiao-run:1]", "[yunxiao-run:1]")
        };
        assert_eq!(owner(&[]), Owner::Unborn);
        assert_eq!(owner(&[r#"{"OTHER":1}"#, r#"{"BUILD_REMARK":"to prod [yunxiao-run:1]"}"#]), Owner::Ours);
        assert_eq!(owner(&["not JSON, but it has [yunxiao-run:1]"]), Owner::Ours);
        assert_eq!(owner(&[r#"{"BUILD_REMARK":"to prod [yunxiao-run:2]"}"#]), Owner::Another);
        assert_eq!(owner(&[r#"{"FLOW_INST_RUNNING_COMMENT":""}"#]), Owner::Another);
        assert_eq!(owner(&[r#"{"FLOW_INST_RUNNING_COMMENT":"to prod [yunx"}"#]), Owner::Unsaid, "cut short");
        assert_eq!(owner(&[r#"{"OTHER":1}"#]), Owner::Unsaid);
    }
}
