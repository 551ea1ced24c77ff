//! Links that may lose events: what they lose, what they never lose, and that it adds up.

use super::*;
use crate::metrics::Counter;
use crate::route::{OnFull, on_full};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Instant;

const LOSSY: [OnFull; 3] = [OnFull::DropNewest, OnFull::DropOldest, OnFull::Conflate];

/// An event of a script: every fourth one of instrument 1, the others of 50 instruments in turns.
fn tick(number: u64) -> MarketData {
    let instrument = if number.is_multiple_of(4) { 1 } else { 2 + (number % 50) as u32 };
    MarketData::trade(instrument, number, number as i64, 1, Side::Bid)
}

fn ticks(count: u64) -> Script {
    let mut script = Script::new();
    (1..=count).for_each(|number| {
        script.event("feed", tick(number));
    });
    script
}

/// What a link did, of the stage of that name.
fn link(report: &Report, stage: &str) -> LinkReport {
    let links = report.links.iter().filter(|link| link.stage == stage);
    let [link] = links.collect::<Vec<_>>()[..] else { panic!("not one link of {stage}") };
    link.clone()
}

/// Checks that after a stop each link's account is closed.
fn adds_up(report: &Report) {
    assert!(report.is_complete(), "{report:?}");
    for link in &report.links {
        assert_eq!(link.left(), 0, "{link:?}");
        assert_eq!(link.published, link.done, "{link:?}");
        assert_eq!(
            link.done,
            link.handled() + link.filtered + link.skipped + link.dropped + link.conflated,
            "{link:?}"
        );
    }
}

fn roots<E: Event>(seen: &Recorder<E>) -> Vec<u64> {
    seen.events().iter().map(|event| event.header().root).collect()
}

#[test]
fn a_slow_lossy_reader_never_holds_the_writer_back() {
    const EVENTS: u64 = 20_000;
    for lossy in LOSSY {
        let handled = Arc::new(Counter::default());
        let fast = {
            let handled = handled.clone();
            each(move |event: &MarketData, _: &mut Outbox| {
                handled.set(event.header.root);
                Ok(())
            })
        };
        // Holds its lane on its first event until the other has handled all of them.
        let slow = each(move |_: &MarketData, _: &mut Outbox| {
            let start = Instant::now();
            while handled.get() < EVENTS {
                if start.elapsed() > Duration::from_secs(30) {
                    return Err(Fault::new("the writer waits for this stage"));
                }
                std::thread::yield_now();
            }
            Ok(())
        });
        let mut plan = Plan::new();
        plan.component("fast", fast).component("slow", slow).capacity(16).watchdog(None);
        let route = broadcast([Route::from("fast"), on_full(lossy, "slow")]);
        plan.route::<MarketData>("feed", Tier::FAST, route);
        let lane = |stage: &str| LaneSpec {
            name: format!("lane of {stage}"),
            stages: vec![stage.into()],
            ..LaneSpec::default()
        };
        let lanes = Lanes::List(vec![lane("fast"), lane("slow")]);
        let report = run(plan, lanes, &mut ticks(EVENTS));
        adds_up(&report);
        assert_eq!(link(&report, "fast").handled(), EVENTS);
        let slow = link(&report, "slow");
        assert!(slow.lost() > EVENTS / 2, "{slow:?}");
        assert_eq!(slow.on_full, lossy);
    }
}

#[test]
fn every_gap_is_counted_exactly() {
    everywhere(|lanes| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.component("seen", seen.sink()).capacity(8).batch_limit(4);
        plan.route::<MarketData>("feed", Tier::FAST, on_full(OnFull::DropOldest, "seen"));
        let report = run(plan, lanes, &mut ticks(5000));
        adds_up(&report);
        let (mut gaps, mut lost, mut before) = (0, 0, 0);
        for root in roots(&seen) {
            gaps += u64::from(root > before + 1);
            lost += root - before - 1;
            before = root;
        }
        assert_eq!(before, 5000, "the last event is never overwritten");
        let link = link(&report, "seen");
        assert_eq!((link.gaps, link.dropped), (gaps, lost));
    });
}

#[test]
fn on_one_thread_nothing_that_enters_is_lost_for_want_of_a_call() {
    for lossy in LOSSY {
        for capacity in [1, 4, 1024] {
            let mut plan = Plan::new();
            plan.component("echo", echo()).capacity(capacity);
            plan.route::<MarketData>("feed", Tier::FAST, on_full(lossy, "echo"));
            let report = run(plan, Lanes::Fused, &mut ticks(3000));
            adds_up(&report);
            assert_eq!(link(&report, "echo").lost(), 0, "{lossy} {capacity}");
        }
    }
}

#[test]
fn what_a_stage_emits_beyond_the_room_is_dropped_on_one_thread_too() {
    for lanes in [Lanes::Fused, Lanes::Count(1)] {
        let seen = Recorder::<Signal>::new();
        let burst = each(|event: &MarketData, out: &mut Outbox| {
            (0..16).for_each(|_| out.emit(Signal::new(Action::Buy, 1.0, event.header.root as i64)));
            Ok(())
        });
        let mut plan = Plan::new();
        plan.component("burst", burst.emits::<Signal>()).component("seen", seen.sink());
        plan.batch_limit(1).stream_capacity("burst>seen", 4);
        plan.route::<MarketData>("feed", Tier::FAST, "burst");
        plan.route::<Signal>("burst", Tier::FAST, on_full(OnFull::DropNewest, "seen"));
        let report = run(plan, lanes, &mut ticks(10));
        adds_up(&report);
        let link = link(&report, "seen");
        assert_eq!(link.published, 160);
        // One signal is handled per poll; of each burst those find room that were handled since.
        assert_eq!(link.handled(), seen.events().len() as u64);
        assert!(link.dropped > 100, "{link:?}");
    }
}

#[test]
fn what_is_dropped_is_the_newest_and_counted() {
    everywhere(|lanes| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.component("seen", seen.sink()).stream_capacity("feed>seen", 2);
        plan.route::<MarketData>("feed", Tier::FAST, on_full(OnFull::DropNewest, "seen"));
        let report = run(plan, lanes, &mut ticks(5000));
        adds_up(&report);
        let roots = roots(&seen);
        assert_eq!(roots[..2], [1, 2], "the oldest are there");
        assert!(roots.is_sorted());
        let link = link(&report, "seen");
        assert_eq!((link.handled(), link.dropped), (roots.len() as u64, 5000 - roots.len() as u64));
        assert_eq!((link.gaps, link.conflated), (0, 0));
    });
}

#[test]
fn conflation_forgets_no_instrument() {
    everywhere(|lanes| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.component("seen", seen.sink()).stream_capacity("feed>seen", 2);
        plan.route::<MarketData>("feed", Tier::FAST, on_full(OnFull::Conflate, "seen"));
        // One that ticks once, then thousands of others.
        let mut script = Script::new();
        script.event("feed", MarketData::trade(777, 1, 1, 1, Side::Bid));
        (2..=5000).for_each(|number| {
            script.event("feed", tick(number));
        });
        let report = run(plan, lanes, &mut script);
        adds_up(&report);
        let mut last: HashMap<u32, u64> = HashMap::from([(777, 1)]);
        last.extend((2..=5000).map(|number| (tick(number).header.instrument, number)));
        let events = seen.events();
        assert!(roots(&seen).is_sorted(), "in order of root");
        let latest: HashMap<u32, u64> =
            events.iter().map(|event| (event.header.instrument, event.header.ts_event)).collect();
        assert_eq!(latest, last, "each instrument's last event came");
        // An event stands for those from its root up to its own time.
        assert!(events.iter().all(|event| event.header.root <= event.header.ts_event));
        let link = link(&report, "seen");
        assert_eq!(link.conflated, 5000 - events.len() as u64);
    });
}

#[test]
fn what_waits_in_a_conflating_link_is_delivered_at_the_stop() {
    everywhere(|lanes| {
        let (entering, emitted) = (Recorder::<MarketData>::new(), Recorder::<Signal>::new());
        let mut plan = Plan::new();
        plan.component("entering", entering.sink()).component("emitted", emitted.sink());
        plan.component("echo", echo());
        plan.stream_capacity("feed>entering", 2).stream_capacity("echo>emitted", 1).lanes(lanes);
        let route = broadcast([on_full(OnFull::Conflate, "entering"), "echo".into()]);
        plan.route::<MarketData>("feed", Tier::FAST, route);
        plan.route::<Signal>("echo", Tier::Standard, on_full(OnFull::Conflate, "emitted"));
        let mut running = plan.check().expect("no mistakes").start().expect("it starts");
        for instrument in 1..=100 {
            let event = MarketData::trade(instrument, 1, 1, 1, Side::Bid);
            running.publish("feed", &event).expect("it runs");
        }
        let report = running.stop();
        adds_up(&report);
        let all: Vec<u64> = (1..=100).collect();
        assert_eq!(roots(&entering), all, "each instrument ticked once");
        assert_eq!(roots(&emitted), all);
    });
}

#[test]
fn a_halt_does_not_wait_for_what_waits_in_a_conflating_link() {
    let mut plan = Plan::new();
    let stuck = each(|_: &MarketData, _: &mut Outbox| Err(Fault::new("enough")));
    plan.component("stuck", stuck).stream_capacity("feed>stuck", 1);
    plan.route::<MarketData>("feed", Tier::FAST, on_full(OnFull::Conflate, "stuck"));
    let report = run(plan, Lanes::Count(1), &mut ticks(500));
    assert_eq!(report.faults.len(), 1);
    let link = link(&report, "stuck");
    assert!(link.left() > 0 && link.published == link.done + link.left(), "{link:?}");
}

#[test]
fn the_steps_of_a_pipeline_that_loses_agree_on_what_is_lost() {
    for lossy in LOSSY {
        everywhere(|lanes| {
            let (first, then) = (Recorder::<MarketData>::new(), Recorder::<MarketData>::new());
            let mut plan = Plan::new();
            plan.component("first", first.sink()).component("then", then.sink());
            plan.capacity(8).batch_limit(4);
            plan.route::<MarketData>(
                "feed",
                Tier::FAST,
                on_full(lossy, pipeline(["first", "then"])),
            );
            let report = run(plan, lanes, &mut ticks(3000));
            adds_up(&report);
            assert_eq!(first.events(), then.events());
            let reader = if lossy == OnFull::DropOldest { "feed>first" } else { "first" };
            assert_eq!(link(&report, reader).handled(), first.events().len() as u64);
        });
    }
}

#[test]
fn steps_behind_a_lossy_one_see_every_event() {
    for lossy in LOSSY {
        everywhere(|lanes| {
            let (some, all) = (Recorder::<MarketData>::new(), Recorder::<MarketData>::new());
            let mut plan = Plan::new();
            plan.component("some", some.sink()).component("all", all.sink());
            plan.capacity(4).batch_limit(4);
            let route = pipeline([on_full(lossy, "some"), "all".into()]);
            plan.route::<MarketData>("feed", Tier::FAST, route);
            adds_up(&run(plan, lanes, &mut ticks(2000)));
            assert_eq!(all.events().len(), 2000);
            assert!(roots(&some).is_sorted());
        });
    }
}

#[test]
fn a_lossy_step_sees_an_event_after_the_steps_before_it() {
    for lossy in LOSSY {
        everywhere(|lanes| {
            let handled = Arc::new(Counter::default());
            let (writes, reads) = (handled.clone(), handled);
            let before = each(move |event: &MarketData, _: &mut Outbox| {
                writes.set(event.header.root);
                Ok(())
            });
            let then = each(move |event: &MarketData, _: &mut Outbox| {
                if reads.get() < event.header.root {
                    return Err(Fault::new("it came before the earlier step was done with it"));
                }
                Ok(())
            });
            let mut plan = Plan::new();
            plan.component("before", before).component("then", then).capacity(4).batch_limit(3);
            let route = pipeline([Route::from("before"), on_full(lossy, "then")]);
            plan.route::<MarketData>("feed", Tier::FAST, route);
            adds_up(&run(plan, lanes, &mut ticks(2000)));
        });
    }
}

#[test]
fn only_matching_events_take_part_in_conflation() {
    everywhere(|lanes| {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.component("seen", seen.sink()).stream_capacity("feed>seen", 1);
        // Prices are in units of 1e-9.
        let steps = pipeline([filter("price > 0.000001"), "seen".into()]);
        plan.route::<MarketData>("feed", Tier::FAST, on_full(OnFull::Conflate, steps));
        let report = run(plan, lanes, &mut ticks(3000));
        adds_up(&report);
        let link = link(&report, "seen");
        assert_eq!((link.filtered, link.handled() + link.conflated), (1000, 2000));
        assert!(roots(&seen).iter().all(|&root| root > 1000));
        assert_eq!(report.stage("seen").expect("it ran").filtered, 1000);
    });
}

#[test]
fn a_merge_with_a_lossy_input_is_in_order_and_waits_for_no_one_for_ever() {
    for lossy in LOSSY {
        everywhere(|lanes| {
            let seen = Arc::new(Mutex::new(Vec::new()));
            let note = seen.clone();
            let merge = each(move |event: &Signal, _: &mut Outbox| {
                note.lock().expect("no panic").push((event.header.root, event.strategy));
                Ok(())
            });
            let mut plan = Plan::new();
            plan.component("some", echo().emits_under("all"));
            plan.component("every", echo().emits_under("all")).component("merge", merge);
            plan.capacity(4).batch_limit(5);
            let route = broadcast([on_full(lossy, "some"), "every".into()]);
            plan.route::<MarketData>("feed", Tier::FAST, route);
            plan.route::<Signal>("all", Tier::FAST, "merge");
            plan.lanes(lanes);
            let checked = plan.check().expect("no mistakes");
            let every = checked.names().id("every").expect("named");
            adds_up(&checked.run(&mut ticks(2000)).expect("it starts"));
            let seen = seen.lock().expect("no panic");
            assert!(seen.is_sorted_by_key(|(root, _)| *root), "in order of root");
            let all: Vec<_> = seen.iter().filter(|s| s.1 == every).map(|s| s.0).collect();
            assert_eq!(all, (1..=2000).collect::<Vec<_>>());
        });
    }
}

#[test]
fn a_stream_may_have_readers_of_all_kinds() {
    everywhere(|lanes| {
        let seen: Vec<_> = (0..4).map(|_| Recorder::<MarketData>::new()).collect();
        let mut plan = Plan::new();
        plan.capacity(8).batch_limit(8);
        let targets = OnFull::ALL.into_iter().zip(&seen);
        let targets: Vec<Route> = targets.map(|(kind, seen)| on_full(kind, seen.sink())).collect();
        plan.route::<MarketData>("feed", Tier::FAST, broadcast(targets));
        let report = run(plan, lanes, &mut ticks(2000));
        adds_up(&report);
        assert_eq!(roots(&seen[0]), (1..=2000).collect::<Vec<_>>());
        assert!(seen.iter().all(|seen| roots(seen).is_sorted()));
    });
}

#[test]
fn the_checker_names_the_streams_that_differ_from_run_to_run() {
    let mut plan = Plan::new();
    let order = || each(|_: &Signal, _: &mut Outbox| Ok(())).emits::<Order>();
    plan.component("some", echo()).component("every", echo());
    plan.component("orders", order()).component("others", order());
    let route = broadcast([on_full(OnFull::Conflate, "some"), "every".into()]);
    plan.route::<MarketData>("feed", Tier::FAST, route);
    plan.route::<Signal>("some", Tier::FAST, "orders");
    plan.route::<Signal>("every", Tier::FAST, on_full(OnFull::Block, "others"));
    let checked = plan.check().expect("no mistakes");
    let warnings: Vec<_> =
        checked.warnings().iter().filter(|w| w.code == "PL-TOPOLOGY-027").collect();
    let [warning] = warnings[..] else { panic!("not one warning: {warnings:?}") };
    assert_eq!(warning.at, "routing.feed.MarketData.routes[0].targets[0]");
    assert_eq!(
        warning.message,
        "`some` may miss events here (conflate), so what goes through `some`, `orders` differs \
         from run to run"
    );
    let some = &checked.stages()[0].inputs[0];
    assert_eq!((some.stream.as_str(), some.on_full), ("feed", OnFull::Conflate));
    assert_eq!(some.relay.as_deref(), Some("feed>some"));
}
