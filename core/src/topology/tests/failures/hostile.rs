//! Failures that are hard to survive.

use super::super::*;
use super::kit::*;
use crate::condition::Predicates;
use crate::event::{EventType, Header};
use crate::stage::{FaultKind, On, OnError, Stage, component, restartable};
use bytemuck::{Pod, Zeroable};

/// Panics when it is dropped.
struct Bomb;

impl Drop for Bomb {
    fn drop(&mut self) {
        panic!("dropped");
    }
}

#[test]
fn a_panic_whose_payload_panics_is_a_failure_like_any_other() {
    everywhere(|lanes| {
        let it = each(|event: &MarketData, _: &mut Outbox| {
            if event.header.root == 5 {
                std::panic::panic_any(Bomb);
            }
            Ok(())
        });
        let mut plan = Plan::new();
        plan.component("it", it.on_error(OnError::Skip)).lanes(lanes);
        plan.route::<MarketData>("feed", Tier::FAST, "it");
        let report = plan.check().expect("no mistakes").run(&mut trades(9)).expect("it starts");
        assert!(report.is_complete());
        let reason = report.dead_letters.letters[0].reason();
        assert_eq!(
            (reason.kind(), reason.to_string().as_str()),
            (FaultKind::Panic, "panicked: no message")
        );
        assert_eq!(report.stage("it").map(|it| it.events_in), Some(8));
    });
}

/// Two such stages on one lane once ended the process: the second panic met the first one's.
#[test]
fn stages_that_panic_when_dropped_harm_nobody_at_a_restart_or_at_the_end() {
    struct Fused(#[allow(dead_code, reason = "it is there to be dropped")] Bomb);
    impl Stage for Fused {}
    impl On<MarketData> for Fused {
        fn on(&mut self, event: &MarketData, _: &mut Outbox) -> Result<(), Fault> {
            assert!(event.header.root != 5, "five");
            Ok(())
        }
    }
    everywhere(|lanes| {
        let make = || {
            let make = || component(Fused(Bomb)).on::<MarketData>();
            restartable(make).on_error(OnError::Restart { limit: 1 })
        };
        let mut plan = Plan::new();
        plan.component("a", make()).component("b", make()).lanes(lanes);
        plan.route::<MarketData>("feed", Tier::FAST, broadcast(["a", "b"]));
        let report = plan.check().expect("no mistakes").run(&mut trades(9)).expect("it starts");
        assert!(report.is_complete());
        for name in ["a", "b"] {
            let stage = report.stage(name).expect("it ran");
            assert_eq!((stage.events_in, stage.skipped, stage.restarts), (8, 1, 1));
        }
    });
}

fn fragile() -> Predicates {
    let mut predicates = Predicates::default();
    predicates.add("fragile", "panics on every fifth event", |event: &MarketData| {
        assert!(!event.header.root.is_multiple_of(5), "a fifth");
        event.header.root.is_multiple_of(2)
    });
    predicates
}

/// It was once reported with the root of the event before.
#[test]
fn a_condition_that_panics_is_a_failure_of_the_stage_behind_it_on_that_event() {
    for (on_error, lanes) in [OnError::Halt, OnError::Skip, OnError::Restart { limit: 4 }]
        .into_iter()
        .flat_map(|on_error| [Lanes::Fused, Lanes::Count(2)].map(|lanes| (on_error, lanes)))
    {
        let (log, after) = (Log::default(), Recorder::<MarketData>::new());
        let mut plan = Plan::new();
        plan.predicates(fragile()).batch_limit(8).lanes(lanes);
        plan.component("it", worker(&log, 1, false, None, on_error));
        plan.component("after", after.sink());
        let steps = pipeline([filter("fragile"), "it".into(), "after".into()]);
        plan.route::<MarketData>("feed", Tier::FAST, steps);
        let report = plan.check().expect("no mistakes").run(&mut trades(20)).expect("it starts");
        if on_error == OnError::Halt {
            assert_eq!((report.faults[0].stage.as_str(), report.faults[0].root), ("it", 5));
            assert_eq!(log.prices(), [2, 4]);
            continue;
        }
        assert!(report.is_complete(), "{:?}", report.faults);
        let want = [2, 4, 6, 8, 12, 14, 16, 18];
        assert_eq!(log.prices(), want);
        assert_eq!(after.events().iter().map(|e| e.header.root as i64).collect::<Vec<_>>(), want);
        let roots: Vec<_> = report.dead_letters.letters.iter().map(|dead| dead.root()).collect();
        assert_eq!(roots, [5, 10, 15, 20]);
        assert_eq!(accounted(&report, "it"), 20);
        assert_eq!(report.stage("it").map(|it| (it.events_in, it.filtered)), Some((8, 8)));
    }
}

/// Events of one root that fill the ring of a merge are kept aside, and fail from there.
#[test]
fn an_event_that_was_kept_aside_fails_like_any_other() {
    within(60, |note| {
        for at in [11, 14, 18, 21, 25, 28] {
            for on_error in [OnError::Skip, OnError::Restart { limit: 1 }] {
                everywhere(|lanes| {
                    note(format!("{at}, {on_error:?}, {lanes:?}"));
                    let many = |first: i64| {
                        each(move |event: &MarketData, out: &mut Outbox| {
                            let first = event.header.root as i64 * 100 + first;
                            let signal = |i| Signal::new(Action::Buy, 1.0, first + i);
                            (0..9).for_each(|i| out.emit(signal(i)));
                            Ok(())
                        })
                    };
                    let log = Log::default();
                    let mut plan = Plan::new();
                    plan.component("a", many(10).emits::<Signal>().emits_under("s"));
                    plan.component("b", many(20).emits::<Signal>().emits_under("s"));
                    let fails = Some((How::Panics, 200 + at));
                    plan.component("merge", worker(&log, 1, true, fails, on_error));
                    plan.capacity(2).lanes(lanes);
                    plan.route::<MarketData>("feed", Tier::FAST, broadcast(["a", "b"]));
                    plan.route::<Signal>("s", Tier::FAST, "merge");
                    let report = plan.check().expect("no mistakes").run(&mut trades(3));
                    let report = report.expect("it starts");
                    assert!(report.is_complete(), "{:?}", report.faults);
                    let all = (1..=3).flat_map(|root| (10..29).map(move |i| root * 100 + i));
                    let want: Vec<_> = all.filter(|p| p % 100 != 19 && *p != 200 + at).collect();
                    assert_eq!(log.prices(), want);
                    assert_eq!(report.stream("merge").map(|s| s.count), Some(want.len() as u64));
                });
            }
        }
    });
}

/// The merge takes a root's nine signals of `many` before those of `each`, which fill their ring meanwhile.
/// `each` goes on only when both steps that read it, not the merge alone, keep aside what lies there.
#[test]
fn a_step_behind_a_merge_keeps_aside_what_the_merge_does() {
    within(60, |note| {
        for capacity in [1, 2, 8] {
            everywhere(|lanes| {
                note(format!("{capacity}, {lanes:?}"));
                let signal = |price| Signal::new(Action::Buy, 1.0, price);
                let many = each(move |_: &MarketData, out: &mut Outbox| {
                    (0..9).for_each(|price| out.emit(signal(price)));
                    Ok(())
                });
                let again = each(move |event: &Signal, out: &mut Outbox| {
                    out.emit(signal(event.price + 10));
                    Ok(())
                });
                let (log, after) = (Log::default(), Recorder::<Signal>::new());
                let mut plan = Plan::new();
                plan.component("many", many.emits::<Signal>());
                plan.component("each", again.emits::<Signal>());
                plan.component("merge", worker(&log, 1, false, None, OnError::Halt));
                plan.component("after", after.sink()).capacity(capacity).lanes(lanes);
                plan.route::<MarketData>("feed", Tier::FAST, "many");
                plan.route::<Signal>("many", Tier::FAST, pipeline(["each", "merge"]));
                plan.route::<Signal>("each", Tier::FAST, pipeline(["merge", "after"]));
                let report = plan.check().expect("no mistakes").run(&mut trades(20));
                assert!(report.expect("it starts").is_complete());
                let of_root = |_| (0..9).chain(10..19);
                assert_eq!(log.prices(), (1..=20).flat_map(of_root).collect::<Vec<_>>());
                assert_eq!(after.events().len(), 20 * 9);
            });
        }
    });
}

/// An event type of a user's whose stamp panics: the event is half written then.
#[repr(C, align(64))]
#[derive(Clone, Copy, Debug, Pod, Zeroable)]
struct Fragile {
    header: Header,
    words: [u64; 4],
}

impl Event for Fragile {
    const TYPE: EventType = EventType { id: 99, name: "Fragile" };
    const HEADER_AT: usize = std::mem::offset_of!(Fragile, header);

    fn stamp(&mut self, _: u16) {
        assert!(self.words[0] != 5, "five");
    }
}

#[test]
fn an_event_type_that_panics_while_it_is_emitted_takes_nothing_of_others_with_it() {
    for capacity in [1, 2, 64] {
        let it = each(|event: &MarketData, out: &mut Outbox| {
            for words in [[0; 4], [event.header.root; 4]] {
                out.emit(Fragile { header: Header::default(), words });
            }
            Ok(())
        });
        let seen = Recorder::<Fragile>::new();
        let mut plan = Plan::new();
        plan.component("it", it.emits::<Fragile>().on_error(OnError::Skip));
        plan.component("seen", seen.sink()).capacity(capacity).lanes(Lanes::Fused);
        plan.route::<MarketData>("feed", Tier::FAST, "it");
        plan.route::<Fragile>("it", Tier::FAST, "seen");
        let report = plan.check().expect("no mistakes").run(&mut trades(9)).expect("it starts");
        assert!(report.is_complete(), "{:?}", report.faults);
        let roots: Vec<_> = seen.events().iter().map(|event| event.words[0]).collect();
        assert_eq!(roots, [0, 1, 0, 2, 0, 3, 0, 4, 0, 6, 0, 7, 0, 8, 0, 9]);
    }
}
