//! Reliable routes: retries, breakers, order.

use super::Desk;
use super::journal::sync;
use crate::codes;
use crate::raw::{
    self, Breaker, DeliveryRetry, FailureWord, JitterWord, LongTopic, OnJournalFullWord,
    OrderingWord, TierWord,
};
use pitlane::delivery::{BreakerTerms, Jitter, Ordering, RetryTerms, Terms, Transient};
use pitlane::durable::OnJournalFull;

/// Most attempts: each is kept in the delivery's history.
const MOST_ATTEMPTS: u32 = 1000;

/// What a topic says about its deliveries; keys that say nothing on its tier are mistakes.
pub(super) fn terms(topic: &raw::Topic, path: &str, desk: &mut Desk<'_>) -> Terms {
    let raw::Topic::Long(long) = topic else { return Terms::default() };
    if long.tier != TierWord::Reliable {
        refuse_keys(long, path, desk);
        return Terms::default();
    }
    let retry = long.retry.clone().unwrap_or_default();
    check(&retry, long, path, desk);
    Terms {
        retry: retry_terms(&retry),
        breaker: breaker_terms(long.breaker.unwrap_or_default()),
        expire_after: long.expire_after.map(|limit| limit.0),
        ordering: match long.ordering.unwrap_or_default() {
            OrderingWord::Instrument => Ordering::Instrument,
            OrderingWord::None => Ordering::None,
        },
        sync: long.sync.map(sync),
        window: long.window.unwrap_or(Terms::default().window),
    }
}

fn refuse_keys(long: &LongTopic, path: &str, desk: &mut Desk<'_>) {
    for (key, given) in [
        ("sync", long.sync.is_some()),
        ("retry", long.retry.is_some()),
        ("breaker", long.breaker.is_some()),
        ("expire_after", long.expire_after.is_some()),
        ("ordering", long.ordering.is_some()),
        ("on_journal_full", long.on_journal_full.is_some()),
        ("window", long.window.is_some()),
    ] {
        if given {
            let message = format!("`{key}` belongs to the reliable tier");
            let help = format!("write `tier: reliable`, or remove `{key}`");
            desk.blame(codes::TIER_NOT_HERE, &format!("{path}.{key}"), message, help);
        }
    }
}

fn check(retry: &DeliveryRetry, long: &LongTopic, path: &str, desk: &mut Desk<'_>) {
    let mut blame = |key: &str, message: String, help: &str| {
        desk.blame(codes::BAD_VALUE, &format!("{path}.{key}"), message, help.into());
    };
    if !(1..=MOST_ATTEMPTS).contains(&retry.attempts) {
        let message = format!("a delivery is attempted {} times", retry.attempts);
        blame("retry.attempts", message, "let it be 1 to 1000, the first time counted");
    }
    if let Some(budget) = retry.budget
        && !(0.0..=1000.0).contains(&budget)
    {
        let message = format!("a budget of {budget}");
        blame("retry.budget", message, "it is a share of deliveries: 0.2 allows one retry in five");
    }
    if retry.delay.0 > retry.max_delay.0 {
        let message = "`delay` is longer than `max_delay`".to_owned();
        blame("retry.delay", message, "let `max_delay` be at least as long");
    }
    if long.breaker.is_some_and(|breaker| breaker.probes == 0) {
        let message = "a breaker without probes would never close again".to_owned();
        blame("breaker.probes", message, "the least is 1");
    }
    if long.window == Some(0) {
        let message = "`window` is 0, so nothing would be delivered".to_owned();
        blame("window", message, "the least is 1");
    }
}

fn retry_terms(retry: &DeliveryRetry) -> RetryTerms {
    let on = |word| retry.on.contains(&word);
    RetryTerms {
        attempts: retry.attempts,
        delay: retry.delay.0,
        max_delay: retry.max_delay.0,
        elapsed: retry.elapsed.map(|elapsed| elapsed.0),
        jitter: match retry.jitter {
            JitterWord::Full => Jitter::Full,
            JitterWord::None => Jitter::None,
        },
        seed: retry.seed,
        budget: retry.budget,
        transient: Transient {
            faults: on(FailureWord::Fault),
            panics: on(FailureWord::Panic),
            unknown: on(FailureWord::Unknown),
        },
    }
}

fn breaker_terms(Breaker { failures, open_for, probes }: Breaker) -> BreakerTerms {
    BreakerTerms { failures, open_for: open_for.0, probes }
}

/// Whether any topic is to be delivered reliably.
pub(super) fn is_any(config: &raw::Config, desk: &Desk<'_>) -> bool {
    let reliable = |topic: &raw::Topic| matches!(topic, raw::Topic::Long(long) if long.tier == TierWord::Reliable);
    let mut topics = config.routing.values().flat_map(|topics| topics.values());
    desk.options.reliable_as.is_none() && topics.any(reliable)
}

/// What reliable topics say happens while the journal has no room: the journal is one for all.
pub(super) fn on_journal_full(config: &raw::Config, desk: &mut Desk<'_>) -> Option<OnJournalFull> {
    let mut said: Option<OnJournalFullWord> = None;
    for (source, topics) in &config.routing {
        for (event, topic) in topics {
            let raw::Topic::Long(long) = topic else { continue };
            let Some(word) = long.on_journal_full else { continue };
            if said.is_some_and(|other| other != word) {
                let path = format!("routing.{source}.{event}.on_journal_full");
                let message = "another reliable topic says something else here".to_owned();
                let help = "say the same: all streams go to one journal".to_owned();
                desk.blame(codes::BAD_VALUE, &path, message, help);
            }
            said = Some(word);
        }
    }
    said.map(|word| match word {
        OnJournalFullWord::Halt => OnJournalFull::Halt,
        OnJournalFullWord::Block => OnJournalFull::Block,
    })
}
