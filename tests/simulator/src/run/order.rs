//! The order of a deployment to hosts: which machine is done when.

use std::time::SystemTime;

use crate::pipeline::{Deployment, Machine};

/// What was done to a deployment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum OrderDeed {
    /// It waits after the batch that is still running.
    Pause,
    Resume,
    /// The machine with this serial number fails.
    Fail(String),
}

/// A deployment that has begun: all that happens to it, as far as is known.
pub(super) struct Order<'a> {
    machines: Vec<MachineSpan<'a>>,
    batches: usize,
    /// From when to when it waits for someone.
    waits: Vec<(SystemTime, Option<SystemTime>)>,
    /// `None`: it waits for someone first.
    pub(super) end: Option<SystemTime>,
    pub(super) failed: bool,
}

struct MachineSpan<'a> {
    machine: &'a Machine,
    batch: usize,
    /// `None`: it does not begin.
    span: Option<(SystemTime, SystemTime, &'a str)>,
}

/// An order at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OrderProgress {
    pub(crate) id: u64,
    pub(crate) status: &'static str,
    /// The batch that is still running or comes next, from 1.
    pub(crate) batch: usize,
    pub(crate) batches: usize,
    pub(crate) machines: Vec<MachineProgress>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct MachineProgress {
    pub(crate) sn: String,
    pub(crate) batch: usize,
    pub(crate) status: String,
    pub(crate) started: Option<SystemTime>,
    pub(crate) log: String,
}

impl<'a> Order<'a> {
    pub(super) fn new(deployment: &'a Deployment, start: SystemTime, deeds: &[(SystemTime, OrderDeed)]) -> Self {
        let deeds: Vec<_> = deeds.iter().filter(|(at, _)| *at >= start).collect();
        let mut order = Self {
            machines: Vec::new(),
            batches: deployment.batches.len(),
            waits: Vec::new(),
            end: Some(start),
            failed: false,
        };
        for (index, batch) in deployment.batches.iter().enumerate() {
            if let Some(due) = order.end.filter(|_| index > 0 && !order.failed) {
                let told = deeds.iter().rev().find(|(at, deed)| *at <= due && !matches!(deed, OrderDeed::Fail(_)));
                if deployment.pauses || told.is_some_and(|(_, deed)| *deed == OrderDeed::Pause) {
                    let mut later = deeds.iter().filter(|(at, deed)| *at >= due && *deed == OrderDeed::Resume);
                    let until = later.next().map(|(at, _)| *at);
                    order.waits.push((due, until));
                    order.end = until;
                }
            }
            let begin = order.end.filter(|_| !order.failed);
            for machine in batch {
                let span = begin.map(|begin| machine_span(machine, begin, &deeds));
                order.machines.push(MachineSpan { machine, batch: index + 1, span });
                if let Some((_, end, result)) = span {
                    order.end = order.end.max(Some(end));
                    order.failed |= result == "Failed";
                }
            }
        }
        order
    }

    /// Where it is; cut off when it was stopped.
    pub(super) fn at(&self, now: SystemTime, id: u64, cut: Option<SystemTime>) -> OrderProgress {
        let over = self.end.filter(|end| *end <= now);
        let cut = cut.filter(|cut| *cut <= now && over.is_none_or(|end| *cut < end));
        let until = cut.unwrap_or(now);
        let waits = self.waits.iter().any(|(from, to)| *from <= now && to.is_none_or(|to| to > now));
        let status = match (cut, over) {
            (Some(_), _) => "Cancelled",
            // No document has a word for an order that failed.
            (None, Some(_)) => {
                if self.failed {
                    "Cancelled"
                } else {
                    "Success"
                }
            }
            (None, None) => {
                if waits {
                    "Waiting"
                } else {
                    "Running"
                }
            }
        };
        let machines: Vec<_> = self.machines.iter().map(|span| span.at(until, cut.or(over).is_some())).collect();
        let open = machines.iter().find(|machine| ["Running", "Pending"].contains(&machine.status.as_str()));
        let batch = open.map_or(self.batches, |machine| machine.batch);
        OrderProgress { id, status, batch, batches: self.batches, machines }
    }
}

fn machine_span<'a>(
    machine: &'a Machine,
    begin: SystemTime,
    deeds: &[&(SystemTime, OrderDeed)],
) -> (SystemTime, SystemTime, &'a str) {
    let end = begin + machine.duration;
    let failed = deeds.iter().find(|(_, deed)| matches!(deed, OrderDeed::Fail(sn) if *sn == machine.sn));
    match failed.map(|(at, _)| *at).filter(|at| *at < end) {
        Some(at) => (begin, at.max(begin), "Failed"),
        None => (begin, end, &machine.result),
    }
}

impl MachineSpan<'_> {
    /// Where it is, when its order is running or is over.
    fn at(&self, now: SystemTime, order_is_over: bool) -> MachineProgress {
        let begun = self.span.filter(|(begin, ..)| *begin <= now);
        let status = match begun {
            Some((_, end, result)) if end <= now => result,
            _ if order_is_over => "Cancelled",
            Some(_) => "Running",
            None => "Pending",
        };
        let until = begun.map(|(begin, end, _)| (begin, end.min(now)));
        let lines = self.machine.log.iter();
        let written = lines.filter(|line| until.is_some_and(|(begin, end)| begin + line.after <= end));
        MachineProgress {
            sn: self.machine.sn.clone(),
            batch: self.batch,
            status: status.into(),
            started: begun.map(|(begin, ..)| begin),
            log: written.flat_map(|line| [line.text.as_str(), "\n"]).collect(),
        }
    }
}
