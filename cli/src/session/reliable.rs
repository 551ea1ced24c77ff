//! What reliable routes did, and what waits.

use super::outcome::Outcome;
use crate::text::{duration, thousands};
use pitlane::topology::{CourierReport, Report};
use serde_json::{Value, json};
use std::time::Duration;

fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A route per entry.
pub(super) fn couriers(report: &Report) -> Value {
    report.couriers.iter().map(courier).collect()
}

fn courier(courier: &CourierReport) -> Value {
    let account = &courier.account;
    let breakers = courier.steps.iter().zip(&account.breakers).map(|(step, breaker)| {
        json!({
            "stage": step,
            "state": breaker.state.name(),
            "failures": breaker.failures,
            "opened": breaker.opened,
        })
    });
    json!({
        "name": courier.name,
        "streams": courier.streams,
        "stages": courier.steps,
        "accepted": account.accepted,
        "recovered": account.recovered,
        "delivered": account.done,
        "annihilated": account.annihilated,
        "dead": account.dead,
        "expired": account.expired,
        "attempts": account.attempts,
        "retries": account.retries,
        "failures": account.failures,
        "waiting": courier.waiting(),
        "waiting_in_memory": account.waiting,
        "oldest_ns": nanos(account.oldest),
        "longest_wait_ns": nanos(account.longest),
        "breakers": breakers.collect::<Value>(),
    })
}

/// A line per route; nothing where there is none.
pub(super) fn lines(report: &Report) -> String {
    report.couriers.iter().map(line).collect()
}

fn line(courier: &CourierReport) -> String {
    let account = &courier.account;
    let mut words = vec![format!("{} delivered", thousands(account.done))];
    for (count, word) in [
        (account.recovered, "of earlier runs"),
        (account.retries, "retries"),
        (account.annihilated, "annihilated"),
        (account.dead, "dead letters"),
    ] {
        if count > 0 {
            words.push(format!("{} {word}", thousands(count)));
        }
    }
    match courier.waiting() {
        0 => {}
        waiting => {
            let oldest = duration(nanos(account.oldest));
            words.push(format!("{} waiting, the oldest for {oldest}", thousands(waiting)));
        }
    }
    let open = courier.steps.iter().zip(&account.breakers);
    for (step, breaker) in open.filter(|(_, breaker)| breaker.opened > 0) {
        words.push(format!("breaker of {step} {}", breaker.state.name()));
    }
    let name = courier.name.strip_suffix(".courier").unwrap_or(&courier.name);
    format!("reliable  {name}: {}\n", words.join(", "))
}

/// Where deliveries wait when a run has ended: told, since they are neither delivered nor lost.
pub(super) fn note(outcome: &Outcome, journal: &std::path::Path) -> Option<String> {
    let waiting: u64 = outcome.report.couriers.iter().map(CourierReport::waiting).sum();
    (waiting > 0).then(|| {
        format!(
            "note: {} deliveries wait in {}; the next start with this journal delivers them",
            thousands(waiting),
            journal.display()
        )
    })
}
