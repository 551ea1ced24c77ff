//! Keys of others, stages in two places, names and sizes that nobody would choose.

use super::super::*;
use crate::ingress::{IngressError, IngressOptions};
use crate::ring::MAX_CAPACITY;
use crate::route::{OnFull, on_full};
use crate::source::SourceError;
use crate::topology::memory::of_machine;

fn to_a_sink(sources: &[&str]) -> Checked {
    let mut plan = Plan::new();
    plan.component("sink", Recorder::<MarketData>::new().sink()).lanes(Lanes::Fused);
    for source in sources {
        plan.route::<MarketData>(source, Tier::FAST, "sink");
    }
    plan.check().expect("no mistakes")
}

/// Events went to whatever source had the same number in the other topology.
#[test]
fn a_port_of_another_topology_is_refused() {
    let one = to_a_sink(&["feed", "other"]).start().expect("it starts");
    let mut two = to_a_sink(&["other", "feed"]).start().expect("it starts");
    let feed = one.port::<MarketData>("feed").expect("it is there");
    let refused = two.publish_to(feed, &[trade(1)]).expect_err("it is the other's");
    assert_eq!(refused, RunError::WrongPort(MarketData::TYPE));
    assert!(two.publish_to(Port::new(0), &[trade(1)]).is_err(), "made up");
    assert_eq!(two.stop().events, 0);
    drop(one);
}

/// An input that keeps its port over the topology it got it from.
struct Keeps(Option<Port>);

impl Input for Keeps {
    fn poll(&mut self, entry: &mut dyn Entry) -> Result<Flow, SourceError> {
        let found = entry.port("feed", MarketData::TYPE).expect("it is there");
        let port = *self.0.get_or_insert(found);
        entry.enter(port, &[crate::event::Slot::from_event(trade(1))]);
        Ok(Flow::Done)
    }
}

#[test]
fn an_input_that_enters_by_a_port_of_another_topology_ends_the_run_and_says_why() {
    let mut input = Keeps(None);
    assert!(to_a_sink(&["feed"]).run(&mut input).expect("it starts").is_complete());
    let report = to_a_sink(&["feed"]).run(&mut input).expect("it starts");
    let error = report.input_error.expect("it kept the port").to_string();
    assert!(error.contains("is of another topology"), "{error}");
    assert_eq!(report.events, 0);
}

fn mistake(plan: Plan) -> Problem {
    let problems = plan.check().expect_err("it cannot run");
    let errors = problems.into_iter().filter(|problem| problem.severity == Severity::Error);
    let [mistake] = <[Problem; 1]>::try_from(errors.collect::<Vec<_>>()).expect("one mistake");
    mistake
}

/// It was called a circle of events, which sent people looking for one.
#[test]
fn a_component_that_stands_twice_in_a_pipeline_is_told_so() {
    let routes: [Route; 4] = [
        pipeline(["s", "s"]),
        pipeline(["s", "t", "s"]),
        pipeline([broadcast(["s", "t"]), "s".into()]),
        on_full(OnFull::DropNewest, pipeline(["s", "s"])),
    ];
    for route in routes {
        let mut plan = Plan::new();
        plan.component("s", echo()).component("t", echo());
        plan.route::<MarketData>("feed", Tier::FAST, route);
        let mistake = mistake(plan);
        assert_eq!(mistake.code, "PL-TOPOLOGY-035");
        assert!(mistake.message.starts_with("`s` stands twice in one pipeline"), "{mistake}");
    }
}

/// It was promised at the start and the process was killed when it was touched.
#[test]
fn rings_beyond_the_memory_are_refused_with_their_bytes() {
    let ring = (MAX_CAPACITY * 64) as u64;
    let count = of_machine() / ring + 1;
    let mut plan = Plan::new();
    plan.capacity(MAX_CAPACITY);
    for number in 0..count {
        let name = format!("sink-{number}");
        plan.component(&name, Recorder::<MarketData>::new().sink());
        plan.route::<MarketData>(&format!("feed-{number}"), Tier::FAST, name.as_str());
    }
    let mistake = mistake(plan);
    assert_eq!(mistake.code, "PL-TOPOLOGY-034");
    assert!(mistake.message.contains(&format!("take {} bytes", count * ring)), "{mistake}");
    assert!(mistake.help.contains("`feed-"), "{mistake}");
}

#[test]
fn an_ingress_beyond_the_memory_is_refused_with_its_bytes() {
    let ring = (MAX_CAPACITY * 64) as u64;
    let producers = usize::try_from(of_machine() / ring + 1).expect("a machine of today");
    let mut checked = to_a_sink(&["feed"]);
    let options = IngressOptions {
        max_producers: producers,
        capacity: MAX_CAPACITY,
        ..IngressOptions::default()
    };
    match checked.ingress::<MarketData>("feed", options) {
        Err(IngressError::Memory { bytes, .. }) => assert_eq!(bytes, producers as u64 * ring),
        // More than 4 TiB.
        Err(IngressError::Producers(_)) => {}
        other => panic!("{other:?}"),
    }
}

#[test]
fn names_may_be_of_any_characters_and_length() {
    let names = ["\0", "a\0b", "über\u{202e}", " ", "x/y.z>w", &"long".repeat(10_000)];
    for (name, lossy) in names.iter().flat_map(|name| OnFull::ALL.map(|lossy| (name, lossy))) {
        let seen = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.component(name, seen.sink());
        let lane = LaneSpec {
            name: name.to_string(),
            stages: vec![name.to_string()],
            ..LaneSpec::default()
        };
        plan.lanes(Lanes::List(vec![lane])).watchdog(None).capacity(64);
        plan.route::<MarketData>(&format!("{name}-feed"), Tier::FAST, on_full(lossy, *name));
        let mut running = plan.check().expect("no mistakes").start().expect("it starts");
        for price in 1..=9 {
            running.publish(&format!("{name}-feed"), &trade(price)).expect("it runs");
        }
        let report = running.stop();
        assert!(report.is_complete(), "{name:?}");
        let lost: u64 = report.links.iter().map(LinkReport::lost).sum();
        assert_eq!(seen.events().len() as u64 + lost, 9, "{name:?}");
    }
}

#[test]
fn a_stage_that_declares_no_emissions_may_make_none() {
    let emits = each(|event: &MarketData, out: &mut Outbox| {
        if event.header.root == 2 {
            out.emit(Signal::new(Action::Buy, 1.0, 1));
        }
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("none", emits.emits::<Signal>().max_emissions(0));
    plan.route::<MarketData>("feed", Tier::FAST, "none");
    let report = run(plan, Lanes::Fused, &mut trades(3));
    let [fault] = report.faults.as_slice() else { panic!("{report:?}") };
    assert_eq!((fault.root, fault.fault.kind()), (2, crate::stage::FaultKind::TooManyEmissions));
    assert_eq!(report.stream("none").map(|stream| stream.count), Some(0));
}
