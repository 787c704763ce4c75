//! Messages about what is known of a run: the result of stopping it, and what to look for.

use super::{deed, list, unchanged};
use crate::inputs::Mode;
use crate::outcome::{Known, Run, Signal, Stop, Unrecognised};
use crate::text::{Text, text};

impl Stop {
    /// What happened to a run that this step meant to stop, or not.
    pub(super) fn message(&self, Run { url, .. }: &Run) -> Text {
        match self {
            Self::NotSent => text!("It was left running ({url}).", "没有停止该运行，运行会继续（{url}）。"),
            Self::Unknown => text!(
                "The stop request was sent but not confirmed: check the run ({url}).",
                "已发出停止请求，但未得到确认：请查看（{url}）。"
            ),
            Self::Accepted => text!("The stop request was accepted ({url}).", "停止请求已受理（{url}）。"),
            Self::Ended(_) => text!("It had already ended ({url}).", "该运行此前已经结束（{url}）。"),
            Self::Refused(cause) => cause.sentence().then(&text!(
                "It could not be stopped: stop it yourself ({url}).",
                "因此未能停止：请手动停止（{url}）。"
            )),
        }
    }
}

impl Known {
    pub(super) fn message(&self, signal: Signal, mode: &Mode) -> Text {
        let name = signal.name();
        let message = text!("The step was cancelled by {name}.", "收到 {name}，本步骤已取消。");
        message.then(&match self {
            Self::Nothing => unchanged(mode),
            Self::Untouched(Run { id, url }) => {
                text!("This step changed nothing in run {id}: {url}", "本步骤没有对运行 {id} 做任何更改：{url}")
            }
            Self::Rejected(Run { id, url }) => {
                text!("Run {id} had been rejected before that: {url}", "在此之前已拒绝运行 {id}：{url}")
            }
            Self::MayHaveActed(Run { id, url }) => {
                let what = deed(mode);
                text!(
                    "The {what} of run {id} was sent but not confirmed: check {url}",
                    "运行 {id} 的{what}已发出，但未得到确认：请查看 {url}",
                    what
                )
            }
            Self::MayHaveStarted(unrecognised) => text!(
                "The request may have started a run, or may still start one. The run could not be identified in the \
                 time left.",
                "请求可能已经触发了一次运行，也可能稍后才触发；在剩余时间内未能识别出对应的运行。"
            )
            .then(&unrecognised.advice()),
            Self::Run { run: Run { id, url }, stop, is_left } => match (stop, is_left) {
                (Stop::Accepted, _) => {
                    text!("The request to stop run {id} was accepted: {url}", "停止运行 {id} 的请求已受理：{url}")
                }
                (Stop::Ended(_), _) => text!("Run {id} had already ended: {url}", "运行 {id} 此前已经结束：{url}"),
                (Stop::Unknown, _) => text!(
                    "The request to stop run {id} was sent but not confirmed: check {url}",
                    "停止运行 {id} 的请求已发出，但未得到确认：请查看 {url}"
                ),
                (Stop::Refused(cause), _) => cause.sentence().then(&text!(
                    "Run {id} could not be stopped: stop it at {url}",
                    "运行 {id} 未能停止：请到 {url} 手动停止"
                )),
                (Stop::NotSent, true) => text!(
                    "Run {id} keeps running, because `on-cancel` is `leave`: {url}",
                    "因为 `on-cancel` 为 `leave`，运行 {id} 会继续：{url}"
                ),
                (Stop::NotSent, false) => text!(
                    "Run {id} could not be stopped in time: stop it at {url}",
                    "运行 {id} 未能及时停止：请到 {url} 手动停止"
                ),
            },
        })
    }
}

impl Unrecognised {
    pub(super) fn advice(&self) -> Text {
        let Self { marker, runs_url, candidates } = self;
        let advice = text!(
            "Before you run this step again, search {runs_url} for a run whose remark (运行备注) contains {marker}.",
            "再次执行本步骤之前，请在 {runs_url} 中查找运行备注含有 {marker} 的运行。"
        );
        if candidates.is_empty() {
            return advice;
        }
        let (count, list) = (candidates.len(), list(candidates));
        advice.then(&text!(
            "Recent runs that may be this step's ({count}):{list}",
            "最近的运行中，有 {count} 个可能是本步骤触发的：{list}"
        ))
    }
}
