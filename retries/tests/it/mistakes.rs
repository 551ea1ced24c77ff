//! Reliable routes that cannot be, and what is said of them.

use crate::kit::{Gateway, plan, quick};
use pitlane::Tier;
use pitlane::event::Order;
use pitlane::route::{OnFull, on_full, transform};
use pitlane::stage::{OnError, Outbox, Retry, each, restartable};
use pitlane::topology::{Plan, Problem, RunError};
use std::time::Duration;

fn codes(plan: Plan) -> Vec<&'static str> {
    let problems = plan.check().expect_err("it has mistakes");
    assert!(problems.iter().all(|problem: &Problem| !problem.help.is_empty()));
    problems.iter().map(|problem| problem.code).collect()
}

fn pass() -> impl Into<pitlane::stage::Component> {
    each(|_: &Order, _: &mut Outbox| Ok(()))
}

#[test]
fn routes_that_cannot_be_delivered_are_refused_with_a_way_out() {
    let mut transforms = plan(&Gateway::default(), quick());
    transforms.component("change", each(|_: &Order, _: &mut Outbox| Ok(())).emits::<Order>());
    transforms.reliable::<Order>("other", quick(), transform("change"));
    assert!(codes(transforms).contains(&"PL-TOPOLOGY-041"));

    let mut restarts = Plan::new();
    let component = restartable(|| each(|_: &Order, _: &mut Outbox| Ok(())));
    restarts.component("a", component.on_error(OnError::Restart { limit: 1 }));
    restarts.reliable::<Order>("orders", quick(), "a");
    assert_eq!(codes(restarts), ["PL-TOPOLOGY-045"]);

    let mut retries = Plan::new();
    let retry = Retry { attempts: 2, delay: Duration::ZERO };
    retries.component("a", pass().into().retry(retry));
    retries.reliable::<Order>("orders", quick(), "a");
    assert_eq!(codes(retries), ["PL-TOPOLOGY-046"]);

    let mut loses = Plan::new();
    loses.component("a", pass());
    loses.reliable::<Order>("orders", quick(), on_full(OnFull::Conflate, "a"));
    assert!(!codes(loses).is_empty());

    let mut differ = plan(&Gateway::default(), quick());
    let terms = pitlane::delivery::Terms { window: 3, ..quick() };
    differ.reliable::<Order>("more", terms, "gateway");
    assert_eq!(codes(differ), ["PL-TOPOLOGY-043"]);

    let mut twice = plan(&Gateway::default(), quick());
    twice.route::<Order>("more", Tier::Standard, "gateway");
    assert_eq!(codes(twice), ["PL-TOPOLOGY-007"]);
}

#[test]
fn a_topology_with_reliable_routes_does_not_start_without_couriers() {
    let checked = plan(&Gateway::default(), quick()).check().unwrap();
    assert!(checked.is_reliable());
    let error = checked.start().map(|_| ()).unwrap_err();
    assert!(matches!(error, RunError::NoJournal(_)), "{error}");
}
