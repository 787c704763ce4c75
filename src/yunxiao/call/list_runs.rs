//! A page of the pipeline's runs: `ListPipelineRuns`.

use std::time::SystemTime;

use serde_json::Value;

use super::{Api, Call, Redaction, Request, Service};
use crate::yunxiao::answer::{Answer, moment, whole_number};
use crate::yunxiao::run::Status;

/// How many runs are requested at once: the most that the token API gives.
const PAGE: usize = 30;

/// The first page, or the one that an earlier page names.
pub(crate) struct ListRuns<'a>(pub Option<&'a str>);

/// Some of the pipeline's runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Page {
    /// In the service's order.
    pub runs: Vec<Row>,
    /// The parameter that requests the next page, if there is one.
    pub next: Option<String>,
    /// Whether every row of it, and what it says of a next page, could be read.
    pub is_whole: bool,
    /// How many runs there are on all pages, if it says so.
    pub total: Option<usize>,
}

/// A run in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Row {
    pub run: u64,
    pub status: Status,
    /// When its first job started, by the service's clock.
    pub started: Option<SystemTime>,
}

impl Call for ListRuns<'_> {
    type Output = Page;

    fn request(&self, service: &Service) -> Request {
        let size = PAGE.to_string();
        let parameters = match &service.api {
            Api::AccessKey { .. } => vec![("maxResults", Some(&*size)), ("nextToken", self.0)],
            Api::Token { .. } => vec![("perPage", Some(&*size)), ("page", self.0.or(Some("1")))],
        };
        let parameters = parameters.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())));
        let request = service.request("ListPipelineRuns", "GET", &["pipelineRuns"], &["runs"]);
        Request { parameters: parameters.collect(), ..request }
    }

    /// In the token API a bare list, and the next page's number in a header.
    fn read(&self, api: &Api, answer: &Answer, _: &Redaction) -> Option<Page> {
        let rows = match api {
            Api::AccessKey { .. } => answer.member("pipelineRuns")?.as_array()?,
            Api::Token { .. } => answer.value.as_array().filter(|_| answer.claims_success())?,
        };
        let row = |row: &Value| {
            Some(Row {
                run: whole_number(row.get("pipelineRunId")?)?,
                status: Status::of(row["status"].as_str().unwrap_or_default()),
                started: moment(&row["startTime"]),
            })
        };
        let runs: Vec<Row> = rows.iter().filter_map(row).collect();
        let said = match api {
            Api::AccessKey { .. } => match answer.value.get("nextToken") {
                Some(Value::Number(token)) => Some(token.to_string()),
                Some(Value::String(token)) => Some(token.clone()),
                _ => None,
            },
            Api::Token { .. } => answer.next_page.clone(),
        };
        let said = said.filter(|next| !next.is_empty());
        let is_page = |next: &String| next.parse::<u64>().is_ok_and(|next| next > 0);
        let has_odd_next = match api {
            Api::AccessKey { .. } => {
                said.is_none() && !matches!(answer.value.get("nextToken"), None | Some(Value::Null | Value::String(_)))
            }
            Api::Token { .. } => said.as_ref().is_some_and(|next| !is_page(next) && next != "0"),
        };
        let is_whole = runs.len() == rows.len() && !has_odd_next;
        let next = match (api, &answer.next_page) {
            (Api::AccessKey { .. }, _) => said,
            (Api::Token { .. }, Some(_)) => said.filter(is_page),
            // A proxy may have removed the header: after a full page there is another, possibly empty.
            (Api::Token { .. }, None) if rows.len() >= PAGE => {
                self.0.unwrap_or("1").parse::<u64>().ok().map(|page| (page + 1).to_string())
            }
            (Api::Token { .. }, None) => None,
        };
        let total = match api {
            Api::AccessKey { .. } => answer.value.get("totalCount").and_then(whole_number),
            Api::Token { .. } => answer.total,
        };
        Some(Page { runs, next, is_whole, total: total.and_then(|total| usize::try_from(total).ok()) })
    }
}
