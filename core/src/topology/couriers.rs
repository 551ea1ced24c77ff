//! Couriers of a checked topology: how they are built, and what is told of them.

use super::build::{Spot, outbox};
use super::checked::Checked;
use super::graph::{Graph, Link, Stage};
use super::reliable::CourierSpec;
use super::rings::Ends;
use super::{Monitor, RunError, Shared};
use crate::delivery::{Account, Couriers, Terms};
use crate::durable::{Durable, LogError};
use crate::lane::{
    AnyReader, Courier, CourierParts, From, Intake, Recovered, Step, StepLink, recover,
};
use crate::metrics::{LinkWord, Words};
use crate::stage::Outbox;
use crate::sync::Mutex;
use std::sync::PoisonError;

/// What a courier has done, and what waits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CourierReport {
    /// Its name: `risk.Order.courier`.
    pub name: String,
    /// The streams it delivers.
    pub streams: Vec<String>,
    /// The stages it calls, in their order; [`Account::breakers`] are theirs.
    pub steps: Vec<String>,
    /// Numbers of this run.
    pub account: Account,
    /// Durable deliveries that wait in the journal and are not in memory.
    pub beyond: u64,
}

impl CourierReport {
    /// Deliveries that are not settled.
    #[must_use]
    pub fn waiting(&self) -> u64 {
        self.account.waiting + self.beyond
    }
}

/// What couriers tell. A lock, taken once per duty cycle in which something was delivered, and by whoever
/// looks.
#[derive(Debug, Default)]
pub(crate) struct Board(Vec<Mutex<CourierReport>>);

impl Board {
    pub(super) fn new(reports: Vec<CourierReport>) -> Self {
        Self(reports.into_iter().map(Mutex::new).collect())
    }

    pub(super) fn look(&self) -> Vec<CourierReport> {
        let look =
            |one: &Mutex<CourierReport>| one.lock().unwrap_or_else(PoisonError::into_inner).clone();
        self.0.iter().map(look).collect()
    }
}

impl Shared {
    pub(crate) fn show_courier(&self, number: usize, account: Account, beyond: u64) {
        let Some(own) = self.couriers.0.get(number) else { return };
        let mut own = own.lock().unwrap_or_else(PoisonError::into_inner);
        (own.account, own.beyond) = (account, beyond);
    }
}

impl Monitor {
    /// What the couriers of reliable routes have done so far, and what waits.
    #[must_use]
    pub fn couriers(&self) -> Vec<CourierReport> {
        self.0.couriers.look()
    }
}

/// What the graph says of couriers, before any of them runs.
pub(super) fn board(graph: &Graph, order: &[usize]) -> Board {
    let stage = |&index: &usize| graph.stages[index].name.clone();
    let stream = |&index: &usize| graph.streams[index].name.clone();
    let report = |spec: &CourierSpec| {
        let steps = order.iter().filter(|stage| spec.members.contains(stage));
        CourierReport {
            name: stage(&spec.stage),
            streams: spec.streams.iter().map(stream).collect(),
            steps: steps.map(stage).collect(),
            ..CourierReport::default()
        }
    };
    Board::new(graph.couriers.iter().map(report).collect())
}

impl Checked {
    /// Whether it has reliable routes: it needs [`Checked::couriers`] then.
    #[must_use]
    pub fn is_reliable(&self) -> bool {
        !self.graph.couriers.is_empty()
    }

    /// What each reliable route says about its deliveries; those that share components together.
    #[must_use]
    pub fn terms(&self) -> Vec<&Terms> {
        self.graph.couriers.iter().map(|courier| &courier.terms).collect()
    }

    /// Gives it what its reliable routes need from outside, beside the journal.
    pub fn couriers(&mut self, couriers: Couriers) {
        self.couriers = Some(couriers);
    }

    pub(super) fn check_couriers(&self) -> Result<(), RunError> {
        if self.is_reliable() && self.couriers.is_none() {
            return Err(RunError::NoCouriers);
        }
        Ok(())
    }
}

/// Reads what earlier runs left, and puts a courier together of the stage that stands for it and those
/// that it calls, in topological order. Gives its place, too.
pub(super) fn courier(
    checked: &mut Checked,
    number: usize,
    parts: Vec<(Stage, Spot)>,
    rings: &mut [Ends],
) -> Result<(usize, Courier), RunError> {
    let own = checked.graph.couriers[number].stage;
    let (own, members): (Vec<_>, Vec<_>) = parts.into_iter().partition(|part| part.1.index == own);
    let (own, spot) = own.into_iter().next().expect("a courier that runs has a stage");
    let out = outbox(checked, &own, &spot, rings, None);
    let indices: Vec<_> = members.iter().map(|(_, spot)| spot.index).collect();
    let step = |(stage, spot)| step(checked, number, &indices, stage, spot, rings);
    let steps = members.into_iter().map(step).collect();
    let readers = own.links.iter().enumerate().map(|(link, read)| {
        let counters = || checked.shared.counters.link(spot.first_link + link);
        let counters = checked.counters.then(counters);
        let reader = rings[read.stream].take_reader(spot.index, link);
        (reader.expect("a courier is in no group"), counters)
    });
    let readers = readers.collect();
    let courier = with_journal(checked, number, &spot, readers, own.name, out, steps)?;
    Ok((spot.place, courier))
}

/// A stage that a courier calls; `members` are the stages it calls, in their order.
fn step(
    checked: &mut Checked,
    number: usize,
    members: &[usize],
    stage: Stage,
    spot: Spot,
    rings: &mut [Ends],
) -> Step {
    let out = outbox(checked, &stage, &spot, rings, None);
    let conditions = std::mem::take(&mut checked.conditions[spot.index]);
    let spec = &checked.graph.couriers[number];
    let link = |((number, link), when): ((usize, &Link), _)| {
        let from = match spec.streams.iter().position(|stream| *stream == link.stream) {
            Some(stream) => From::Stream(stream),
            None => {
                let writer = checked.graph.streams[link.stream].writer;
                let step = members.iter().position(|member| Some(*member) == writer);
                From::Passed(step.expect("a member reads the route's streams, or a member's"))
            }
        };
        let counters = || checked.shared.counters.link(spot.first_link + number);
        StepLink { from, when, counters: checked.counters.then(counters) }
    };
    let links = stage.links.iter().enumerate().zip(conditions).map(link).collect();
    let handler = stage.component.inputs.iter().position(|input| *input == spec.event);
    Step {
        name: stage.name,
        index: spot.place,
        handler: handler.expect("input types were checked"),
        stage: stage.component.stage,
        out,
        links,
        counters: checked.counters.then(|| checked.shared.counters.stage(spot.place)),
        calls: 0,
        called: false,
    }
}

type Readers = Vec<(AnyReader, Option<Words<LinkWord>>)>;

fn with_journal(
    checked: &Checked,
    number: usize,
    spot: &Spot,
    readers: Readers,
    name: String,
    out: Outbox,
    steps: Vec<Step>,
) -> Result<Courier, RunError> {
    let unreadable = |error: LogError| RunError::Unreadable(error.to_string());
    let spec = &checked.graph.couriers[number];
    let couriers = checked.couriers.as_ref().ok_or(RunError::NoCouriers)?;
    let durable = checked.shared.durable.get().ok_or(RunError::NoCouriers)?.clone();
    let name_of = |stream: usize| checked.graph.streams[stream].name.clone();
    let streams: Vec<_> = spec.streams.iter().map(|&stream| name_of(stream)).collect();
    let recorded = durable.report().streams;
    let of = |name: &str| recorded.iter().find(|own| own.stream == name);
    let tag = |name: &str| of(name).map_or(0, |own| own.tag);
    let tags: Vec<_> = streams.iter().map(|name| tag(name)).collect();
    let sync = streams.first().and_then(|name| of(name)).map(|own| own.sync).unwrap_or_default();
    let recovered = recovered(couriers, &durable, &tags, tag(&name_of(spec.settled)));
    let recovered = recovered.map_err(unreadable)?;
    if recovered.waiting > 0 {
        tracing::info!(
            courier = name,
            deliveries = recovered.waiting,
            "earlier runs left deliveries"
        );
    }
    let reader = (couriers.read)(recovered.begin()).map_err(unreadable)?;
    let intakes = readers.into_iter().zip(&tags);
    let intakes = intakes.map(|((reader, counters), tag)| Intake::new(reader, *tag, counters));
    Ok(Courier::new(CourierParts {
        name,
        number,
        index: spot.place,
        deliveries: (couriers.decide)(&spec.terms, steps.len()),
        steps,
        intakes: intakes.collect(),
        streams,
        event: spec.event,
        out,
        reader,
        recovered,
        durable,
        sync,
        terms: spec.terms.clone(),
        clock: checked.clock.clone(),
        counters: checked.counters.then(|| checked.shared.counters.stage(spot.place)),
        limit: checked.batch_limit,
        shared: checked.shared.clone(),
    }))
}

fn recovered(
    couriers: &Couriers,
    durable: &Durable,
    tags: &[u32],
    settlements: u32,
) -> Result<Recovered, LogError> {
    let mut reader = (couriers.read)(0)?;
    recover(&mut *reader, tags, settlements, durable.durable())
}
