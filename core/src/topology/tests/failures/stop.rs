//! Stages that sleep or never return; stopping, and starting again.

use super::super::*;
use super::kit::*;
use std::sync::mpsc::{Receiver, Sender, channel};

/// A stage that stands still on one root until the test lets it go, or for ever.
fn stuck(at: u64) -> (Component, Sender<()>, Receiver<()>) {
    let (let_go, waits) = channel();
    let (stands, is_stuck) = channel();
    let waits: std::sync::Mutex<Receiver<()>> = waits.into();
    let it = each(move |event: &MarketData, _: &mut Outbox| {
        if event.header.root == at {
            let _ = stands.send(());
            let _ = waits.lock().expect("nobody panics with it").recv();
        }
        Ok(())
    });
    (it.into(), let_go, is_stuck)
}

fn on_lanes(names: &[&str]) -> Lanes {
    let lane = |name: &&str| LaneSpec {
        name: format!("lane of {name}"),
        stages: vec![(*name).to_owned()],
        wait: Some(Wait::Park),
        ..LaneSpec::default()
    };
    Lanes::List(names.iter().map(lane).collect())
}

#[test]
fn a_stage_that_never_returns_is_left_behind_with_its_lane_wherever_it_stands() {
    within(60, |note| {
        const STEPS: [&str; 3] = ["a", "b", "c"];
        for (place, name) in STEPS.iter().enumerate() {
            note((*name).to_owned());
            let (it, _never, is_stuck) = stuck(3);
            let logs = [Log::default(), Log::default(), Log::default()];
            let mut plan = Plan::new();
            let mut it = Some(it);
            for (other, step) in STEPS.iter().enumerate() {
                let fine = worker(&logs[other], 1, false, None, crate::stage::OnError::Halt);
                plan.component(step, if other == place { it.take().unwrap_or(fine) } else { fine });
            }
            // One event at a time: then the very one is named.
            plan.lanes(on_lanes(&STEPS)).batch_limit(1);
            plan.route::<MarketData>("feed", Tier::FAST, pipeline(STEPS));
            let mut running = plan.check().expect("no mistakes").start().expect("it starts");
            for price in 1..=9 {
                running.publish("feed", &trade(price)).expect("it runs");
            }
            is_stuck.recv().expect("it gets there");
            let report = running.stop_within(Duration::from_millis(100));
            assert!(!report.is_complete());
            // On a busy machine another lane may be late as well.
            let lane = format!("lane of {name}");
            let left = report.left_behind.iter().find(|left| left.lane == lane);
            assert_eq!(left.expect("it is named").on, Some(((*name).to_owned(), 3)));
            for (other, log) in logs.iter().enumerate().filter(|(other, _)| *other != place) {
                // The third event was never let go; nor were those of its batch before it.
                let handled = log.prices();
                let want = if other < place { 9 } else { 2 };
                assert!((1..=want).collect::<Vec<_>>().starts_with(&handled), "{handled:?}");
            }
        }
    });
}

#[test]
fn a_stage_that_only_sleeps_is_waited_for() {
    within(60, |_| {
        everywhere(|lanes| {
            let it = each(|_: &MarketData, _: &mut Outbox| {
                std::thread::sleep(Duration::from_millis(1));
                Ok(())
            });
            let mut plan = Plan::new();
            plan.component("it", it).lanes(lanes).capacity(4);
            plan.route::<MarketData>("feed", Tier::FAST, "it");
            let mut running = plan.check().expect("no mistakes").start().expect("it starts");
            for price in 1..=20 {
                running.publish("feed", &trade(price)).expect("it runs");
            }
            let report = running.stop_within(Duration::from_secs(50));
            assert!(report.is_complete());
            assert_eq!(report.stage("it").map(|it| it.events_in), Some(20));
        });
    });
}

/// A publish that gave up once wedged the bus: nothing was delivered after stop and start.
#[test]
fn a_publisher_that_was_turned_away_at_a_full_ring_harms_no_later_run() {
    within(60, |_| {
        let (it, let_go, is_stuck) = stuck(1);
        let mut plan = Plan::new();
        plan.component("it", it).lanes(on_lanes(&["it"])).capacity(4);
        plan.route::<MarketData>("feed", Tier::FAST, "it");
        let mut running = plan.check().expect("no mistakes").start().expect("it starts");
        let monitor = running.monitor();
        let giving_up = std::thread::spawn(move || {
            is_stuck.recv().expect("it gets there");
            while monitor.entered() < 4 {
                std::thread::yield_now();
            }
            monitor.halt();
        });
        let events: Vec<_> = (1..=9).map(trade).collect();
        let port = running.port::<MarketData>("feed").expect("it is there");
        assert_eq!(running.publish_to(port, &events), Err(RunError::Stopped));
        giving_up.join().expect("no panic");
        let report = running.stop_within(Duration::from_millis(20));
        assert_eq!(report.left_behind[0].lane, "lane of it");
        starts_and_delivers();
        drop(let_go);
        starts_and_delivers();
    });
}

fn starts_and_delivers() {
    let seen = Recorder::<MarketData>::new();
    let mut plan = Plan::new();
    plan.component("it", seen.sink()).lanes(on_lanes(&["it"])).capacity(4);
    plan.route::<MarketData>("feed", Tier::FAST, "it");
    let report = plan.check().expect("no mistakes").run(&mut trades(100)).expect("it starts");
    assert!(report.is_complete());
    assert_eq!(seen.events().len(), 100);
}

#[test]
fn a_topology_starts_again_in_the_same_process_after_every_kind_of_end() {
    within(60, |_| {
        everywhere(|lanes| {
            for root in [1, 50, 100] {
                let it = each(move |event: &MarketData, _: &mut Outbox| {
                    assert!(event.header.root != root, "an end");
                    Ok(())
                });
                let mut plan = Plan::new();
                plan.component("it", it).lanes(lanes.clone()).capacity(8);
                plan.route::<MarketData>("feed", Tier::FAST, "it");
                let run = plan.check().expect("no mistakes").run(&mut trades(100));
                assert_eq!(run.expect("it starts").faults.len(), 1);
                starts_and_delivers();
            }
        });
    });
}
