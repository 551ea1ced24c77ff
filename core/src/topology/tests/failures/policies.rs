//! What skip and restart do, one thing at a time.

use super::super::*;
use crate::stage::{Builder, FaultKind, On, OnError, Stage, component, restartable};

type Outcome = Result<(), Fault>;

/// Counts what it sees; does what the test says at its start, on an event, after a batch, at its stop.
#[derive(Clone, Default)]
struct Scripted {
    seen: u64,
    at_start: Option<fn(&mut Outbox) -> Outcome>,
    on_event: Option<fn(u64, &mut Outbox) -> Outcome>,
    after_batch: Option<fn(u64) -> Outcome>,
    at_stop: Option<fn() -> Outcome>,
}

impl Stage for Scripted {
    fn on_start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        self.at_start.map_or(Ok(()), |act| act(out))
    }

    fn on_batch_end(&mut self) -> Result<(), Fault> {
        self.after_batch.map_or(Ok(()), |act| act(self.seen))
    }

    fn on_stop(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        self.at_stop.map_or(Ok(()), |act| act())
    }
}

impl On<MarketData> for Scripted {
    fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
        self.seen += 1;
        self.on_event.map_or(Ok(()), |act| act(event.header.root, out))
    }
}

impl Scripted {
    fn component(self) -> Builder<Self> {
        component(self).on::<MarketData>().emits::<Signal>()
    }

    fn restartable(self, limit: u32) -> Component {
        let make = move || self.clone().component();
        restartable(make).on_error(OnError::Restart { limit })
    }
}

/// A signal whose quantity is what a stage has seen, so that its state shows.
fn signal(price: i64) -> Signal {
    Signal::new(Action::Buy, 1.0, price)
}

/// One stage, `it`, fed with so many events in batches of 4; and what it emitted.
fn run_it(it: impl Into<Component>, lanes: Lanes, events: i64) -> (Report, Vec<Signal>) {
    let seen = Recorder::<Signal>::new();
    let mut plan = Plan::new();
    plan.component("it", it).component("seen", seen.sink());
    plan.batch_limit(4).capacity(8).lanes(lanes);
    plan.route::<MarketData>("feed", Tier::FAST, "it");
    plan.route::<Signal>("it", Tier::Standard, "seen");
    let mut script = trades(events);
    let report = plan.check().expect("no mistakes").run(script.per_poll(4)).expect("it starts");
    (report, seen.events())
}

#[test]
fn an_order_on_which_the_check_fails_is_never_executed() {
    everywhere(|lanes| {
        let executed = Recorder::<Order>::new();
        let orders = each(|event: &MarketData, out: &mut Outbox| {
            out.emit(Order::new(event.header.root, Side::Bid, 1, 1));
            Ok(())
        });
        let check = each(|order: &Order, _: &mut Outbox| {
            assert!(!order.client_order_id.is_multiple_of(7), "no multiples of seven");
            if order.client_order_id.is_multiple_of(5) { Err("nor of five".into()) } else { Ok(()) }
        });
        let mut plan = Plan::new();
        plan.component("orders", orders.emits::<Order>());
        plan.component("check", check.on_error(OnError::Skip));
        plan.component("execution", executed.sink().gateway()).capacity(8).lanes(lanes);
        plan.route::<MarketData>("feed", Tier::FAST, "orders");
        plan.route::<Order>("orders", Tier::FAST, pipeline(["check", "execution"]));
        let report = plan.check().expect("no mistakes").run(&mut trades(700)).expect("it starts");
        assert!(report.is_complete(), "{:?}", report.faults);
        let ids: Vec<_> = executed.events().iter().map(|order| order.client_order_id).collect();
        let fine = |id: &u64| !id.is_multiple_of(7) && !id.is_multiple_of(5);
        assert_eq!(ids, (1..=700).filter(fine).collect::<Vec<_>>());
        assert_eq!(report.dead_letters.count, 700 - ids.len() as u64);
        assert_eq!(report.stage("check").expect("it ran").skipped, report.dead_letters.count);
    });
}

#[test]
fn a_dead_letter_says_what_failed_where_and_why_while_it_still_runs() {
    let it = Scripted {
        on_event: Some(|root, _| if root == 3 { Err("three".into()) } else { Ok(()) }),
        ..Scripted::default()
    };
    let mut plan = Plan::new();
    plan.component("it", it.component().on_error(OnError::Skip)).lanes(Lanes::Fused);
    plan.route::<MarketData>("feed", Tier::FAST, "it");
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    for price in 11..=15 {
        running.publish("feed", &trade(price)).expect("it runs");
    }
    while running.poll() {}
    let dead = running.monitor().dead_letters();
    let [letter] = dead.letters.as_slice() else { panic!("{dead:?}") };
    assert_eq!((letter.stage.as_str(), letter.root()), ("it", 3));
    assert_eq!((letter.event.stream.as_str(), letter.event.sequence), ("feed", 2));
    assert_eq!(letter.event.slot.view::<MarketData>().as_trade().map(|t| t.price()), Some(13));
    assert_eq!((letter.reason().to_string().as_str(), letter.attempts.len()), ("three", 1));
    let event = letter.event.to_string();
    assert!(event.starts_with("MarketData 2 of `feed`") && event.contains("root: 3"), "{event}");
    assert_eq!(running.stop().dead_letters, dead);
}

#[test]
fn the_first_thousand_dead_letters_are_kept_and_all_are_counted() {
    everywhere(|lanes| {
        let it = Scripted { on_event: Some(|_, _| Err("always".into())), ..Scripted::default() };
        let (report, _) = run_it(it.component().on_error(OnError::Skip), lanes, 2500);
        assert!(report.is_complete());
        let dead = &report.dead_letters;
        assert_eq!((dead.letters.len(), dead.count, dead.not_kept()), (1000, 2500, 1500));
        assert!(dead.letters.iter().zip(1..).all(|(letter, root)| letter.root() == root));
        assert_eq!(report.stage("it").map(|it| (it.events_in, it.skipped)), Some((0, 2500)));
    });
}

/// Emits what it has seen, its own state.
fn counting(limit: Option<u32>) -> Component {
    struct Counting(i64);
    impl Stage for Counting {}
    impl On<MarketData> for Counting {
        fn on(&mut self, event: &MarketData, out: &mut Outbox) -> Result<(), Fault> {
            self.0 += 1;
            assert!(event.header.root != 3, "three");
            out.emit(signal(self.0));
            Ok(())
        }
    }
    let make = || component(Counting(0)).on::<MarketData>().emits::<Signal>();
    match limit {
        None => make().on_error(OnError::Skip).into(),
        Some(limit) => restartable(make).on_error(OnError::Restart { limit }),
    }
}

#[test]
fn a_skipping_stage_goes_on_as_it_is_and_a_restarted_one_begins_anew() {
    everywhere(|lanes| {
        let states = |it| {
            let (report, signals) = run_it(it, lanes.clone(), 5);
            assert!(report.is_complete(), "{:?}", report.faults);
            signals.iter().map(|signal| signal.price).collect::<Vec<_>>()
        };
        assert_eq!(states(counting(None)), [1, 2, 4, 5]);
        assert_eq!(states(counting(Some(1))), [1, 2, 1, 2]);
    });
}

#[test]
fn what_a_fresh_stage_emits_at_its_start_carries_the_root_of_the_failed_event() {
    everywhere(|lanes| {
        let it = Scripted {
            at_start: Some(|out| {
                (0..16).for_each(|i| out.emit(signal(100 + i)));
                Ok(())
            }),
            on_event: Some(|root, out| {
                out.emit(signal(root as i64));
                if root == 3 { Err("three".into()) } else { Ok(()) }
            }),
            ..Scripted::default()
        };
        let (report, signals) = run_it(it.restartable(1), lanes, 5);
        assert!(report.is_complete(), "{:?}", report.faults);
        let roots: Vec<_> = signals.iter().map(|signal| signal.header.root).collect();
        let want = [[0; 16].as_slice(), &[1, 2], &[3; 16], &[4, 5]].concat();
        assert_eq!(roots, want);
    });
}

#[test]
fn one_restart_too_many_stops_the_topology_and_says_so() {
    everywhere(|lanes| {
        let it = Scripted { on_event: Some(|_, _| Err("always".into())), ..Scripted::default() };
        let (report, _) = run_it(it.restartable(2), lanes, 9);
        let fault = &report.faults[0];
        assert_eq!(fault.root, 3);
        assert_eq!(fault.event.as_ref().map(|event| event.sequence), Some(2));
        let said = "always; it was restarted 2 times before, which is its limit";
        assert_eq!(fault.fault.to_string(), said);
        assert_eq!(report.dead_letters.count, 2);
        assert_eq!(report.stage("it").map(|it| (it.skipped, it.restarts)), Some((2, 2)));
    });
}

#[test]
fn a_fresh_stage_that_does_not_start_counts_as_one_restart_more() {
    let it = |limit| {
        let mut made = 0;
        let made = std::sync::Mutex::new(move || {
            made += 1;
            made
        });
        let make = move || {
            let number = (made.lock().expect("no panic while counting"))();
            Scripted {
                // The first one and the third start.
                at_start: match number {
                    2 => Some(|_| panic!("not yet")),
                    _ => None,
                },
                on_event: Some(|root, _| if root == 3 { Err("three".into()) } else { Ok(()) }),
                ..Scripted::default()
            }
            .component()
        };
        restartable(make).on_error(OnError::Restart { limit })
    };
    let (report, _) = run_it(it(2), Lanes::Fused, 5);
    assert!(report.is_complete(), "{:?}", report.faults);
    assert_eq!(report.stage("it").map(|it| (it.events_in, it.restarts)), Some((4, 2)));
    assert_eq!(report.survived[0].fault.to_string(), "panicked: not yet");
    let (report, _) = run_it(it(1), Lanes::Fused, 5);
    let said = "panicked: not yet; it was restarted once before, which is its limit";
    assert_eq!(report.faults[0].fault.to_string(), said);
}

#[test]
fn a_factory_that_makes_nothing_or_something_else_stops_the_topology() {
    type Make = fn() -> Result<Component, Fault>;
    let makes: [(Make, &str); 3] = [
        (|| panic!("no parts"), "no parts"),
        (|| Err("no license".into()), "no license"),
        (|| Ok(Recorder::<Signal>::new().sink().into()), "takes other events"),
    ];
    for (make, said) in makes {
        let it = Scripted { on_event: Some(|_, _| Err("always".into())), ..Scripted::default() };
        let it = Component::from(it.component()).rebuilt_by(make);
        let it = it.on_error(OnError::Restart { limit: 3 });
        let (report, _) = run_it(it, Lanes::Fused, 5);
        assert!(report.faults[0].fault.to_string().contains(said), "{:?}", report.faults);
        assert_eq!(report.stage("it").map(|it| it.restarts), Some(3));
    }
}

#[test]
fn a_fault_after_a_batch_costs_no_event() {
    everywhere(|lanes| {
        let it = || Scripted {
            on_event: Some(|root, out| {
                out.emit(signal(root as i64));
                Ok(())
            }),
            after_batch: Some(|seen| if seen == 4 { panic!("four") } else { Ok(()) }),
            ..Scripted::default()
        };
        let fused = lanes == Lanes::Fused;
        let skip = it().component().on_error(OnError::Skip);
        for (it, restarts) in [(skip.into(), 0), (it().restartable(100), 1)] {
            let (report, signals) = run_it(it, lanes.clone(), 8);
            assert!(report.is_complete(), "{:?}", report.faults);
            assert_eq!(signals.len(), 8);
            assert_eq!(report.dead_letters.count, 0);
            // How many batches end at four events only a lane that is fed four at a time knows.
            if fused {
                assert_eq!(report.survived[0].fault.kind(), FaultKind::Panic);
                assert_eq!(report.survived[0].event, None);
                let it = report.stage("it").expect("it ran");
                assert_eq!((it.events_in, it.restarts > 0), (8, restarts > 0));
            }
        }
        if fused {
            let (report, _) = run_it(it().component(), lanes, 8);
            assert_eq!(report.faults[0].fault.to_string(), "panicked: four");
            let (report, _) = run_it(it().restartable(0), Lanes::Fused, 8);
            assert!(report.faults[0].fault.to_string().contains("its limit"));
        }
    });
}

/// Emits at its start; fails after its second batch.
struct FailsAfterTwo(u32);

impl Stage for FailsAfterTwo {
    fn on_start(&mut self, out: &mut Outbox) -> Result<(), Fault> {
        out.emit(signal(0));
        Ok(())
    }

    fn on_batch_end(&mut self) -> Result<(), Fault> {
        self.0 += 1;
        if self.0 == 2 { Err("two batches".into()) } else { Ok(()) }
    }
}

impl On<MarketData> for FailsAfterTwo {
    fn on(&mut self, _: &MarketData, _: &mut Outbox) -> Result<(), Fault> {
        Ok(())
    }
}

/// The last event it handled has root 4, but after events that were filtered more was promised.
#[test]
fn a_restart_after_a_batch_that_was_filtered_breaks_no_promise() {
    let make = || component(FailsAfterTwo(0)).on::<MarketData>().emits::<Signal>();
    let it = restartable(make).on_error(OnError::Restart { limit: 1 });
    let seen = Recorder::<Signal>::new();
    let mut plan = Plan::new();
    plan.component("it", it).component("seen", seen.sink());
    plan.batch_limit(4).lanes(Lanes::Fused);
    plan.route::<MarketData>("feed", Tier::FAST, filter_to("price <= 0.000000004", "it"));
    plan.route::<Signal>("it", Tier::FAST, "seen");
    let mut script = trades(8);
    let report = plan.check().expect("no mistakes").run(script.per_poll(4)).expect("it starts");
    assert!(report.is_complete(), "{:?}", report.faults);
    let roots: Vec<_> = seen.events().iter().map(|signal| signal.header.root).collect();
    assert_eq!(roots, [0, 5]);
}

#[test]
fn a_stage_that_fails_at_its_first_start_keeps_the_topology_from_starting_whatever_its_policy() {
    everywhere(|lanes| {
        let it = Scripted { at_start: Some(|_| panic!("never")), ..Scripted::default() };
        for it in [it.clone().component().on_error(OnError::Skip).into(), it.restartable(3)] {
            let mut plan = Plan::new();
            plan.component("it", it).lanes(lanes.clone());
            plan.route::<MarketData>("feed", Tier::FAST, "it");
            let error = plan.check().expect("no mistakes").start().expect_err("it does not start");
            assert_eq!(error.to_string(), "stage `it` failed to start: panicked: never");
        }
    });
}

#[test]
fn a_stage_that_fails_at_its_stop_is_noted_whatever_its_policy() {
    everywhere(|lanes| {
        let it = Scripted { at_stop: Some(|| panic!("at last")), ..Scripted::default() };
        for it in [it.clone().component().on_error(OnError::Skip).into(), it.restartable(3)] {
            let (report, _) = run_it(it, lanes.clone(), 5);
            assert_eq!(report.faults[0].fault.to_string(), "panicked: at last");
            assert_eq!(report.stage("it").map(|it| (it.events_in, it.restarts)), Some((5, 0)));
        }
    });
}

#[test]
fn emissions_of_earlier_events_stand_however_small_the_rings_are() {
    for (capacity, batch) in [(1, 1), (1, 8), (2, 8), (4, 3), (64, 8)] {
        everywhere(|lanes| {
            let it = each(|event: &MarketData, out: &mut Outbox| {
                (0..3).for_each(|i| out.emit(signal(event.header.root as i64 * 10 + i)));
                assert!(!event.header.root.is_multiple_of(4), "fours");
                Ok(())
            });
            let seen = Recorder::<Signal>::new();
            let mut plan = Plan::new();
            plan.component("it", it.emits::<Signal>().on_error(OnError::Skip));
            plan.component("seen", seen.sink());
            plan.capacity(capacity).batch_limit(batch).lanes(lanes);
            plan.route::<MarketData>("feed", Tier::FAST, pipeline(["it", "after"]));
            let after = Recorder::<MarketData>::new();
            plan.component("after", after.sink());
            plan.route::<Signal>("it", Tier::Standard, "seen");
            let report = plan.check().expect("no mistakes").run(&mut trades(40));
            let report = report.expect("it starts");
            assert!(report.is_complete());
            let fine = (1..=40).filter(|root| root % 4 != 0);
            let want: Vec<_> =
                fine.clone().flat_map(|root| (0..3).map(move |i| root * 10 + i)).collect();
            assert_eq!(seen.events().iter().map(|s| s.price).collect::<Vec<_>>(), want);
            let after: Vec<_> = after.events().iter().map(|e| e.header.root as i64).collect();
            assert_eq!(after, fine.collect::<Vec<_>>());
        });
    }
}

#[test]
fn policies_that_cannot_be_kept_are_problems_with_a_way_out() {
    use crate::stage::Retry;
    let none = || each(|_: &MarketData, _: &mut Outbox| Ok(()));
    let retry = |attempts| Retry { attempts, delay: Duration::ZERO };
    let cases = [
        (none().on_error(OnError::Restart { limit: 3 }), Tier::Standard, "PL-TOPOLOGY-030"),
        (
            none().never_restarted("it forgets").on_error(OnError::Restart { limit: 3 }),
            Tier::Standard,
            "PL-TOPOLOGY-030",
        ),
        (none().retry(retry(0)), Tier::Standard, "PL-TOPOLOGY-031"),
        (none().retry(retry(1001)), Tier::Standard, "PL-TOPOLOGY-031"),
        (none().retry(retry(3)), Tier::FAST, "PL-TOPOLOGY-032"),
    ];
    for (component, tier, code) in cases {
        let mut plan = Plan::new();
        plan.component("it", component).route::<MarketData>("feed", tier, "it");
        let problems = plan.check().expect_err("a problem");
        assert_eq!(problems.iter().map(|p| p.code).collect::<Vec<_>>(), [code]);
        assert!(!problems[0].help.is_empty());
    }
}

#[test]
fn a_skipping_target_beside_a_pipeline_is_warned_of() {
    let codes = |on_error| {
        let none = || each(|_: &MarketData, _: &mut Outbox| Ok(()));
        let mut plan = Plan::new();
        plan.component("check", none().on_error(on_error)).component("send", none());
        plan.component("audit", none());
        let steps = pipeline([broadcast(["check", "audit"]), "send".into()]);
        plan.route::<MarketData>("feed", Tier::FAST, steps);
        let checked = plan.check().expect("no mistakes");
        checked.warnings().iter().map(|warning| warning.code).collect::<Vec<_>>()
    };
    assert_eq!(codes(OnError::Skip), ["PL-TOPOLOGY-033"]);
    assert!(codes(OnError::Halt).is_empty());
}
