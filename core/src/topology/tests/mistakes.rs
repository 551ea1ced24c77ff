//! Plans that cannot run, and what is said of them.

use super::*;

#[test]
fn a_core_that_is_not_there_is_refused_at_start() {
    let mut plan = Plan::new();
    plan.component("echo", echo());
    plan.route::<MarketData>("feed", Tier::FAST, "echo");
    let lane = LaneSpec {
        name: "far".into(),
        cpu: Some(5000),
        stages: vec!["echo".into()],
        ..LaneSpec::default()
    };
    plan.lanes(Lanes::List(vec![lane]));
    let error = plan.check().expect("no mistakes").start().expect_err("no such core").to_string();
    assert!(error.contains("far") && error.contains("5000"), "{error}");
}

#[test]
fn all_mistakes_of_a_plan_are_found_at_once() {
    let mut plan = Plan::new();
    plan.component("echo", echo()).component("idle", echo());
    plan.route::<MarketData>("feed", Tier::FAST, broadcast(["ecko", "echo"]));
    plan.route::<Signal>("echo", Tier::Standard, "echo");
    plan.route::<Order>("echo", Tier::Standard, "idle");
    plan.capacity(3).stream_capacity("fead", 8).batch_limit(0);
    let problems = plan.check().expect_err("many mistakes");
    let text = problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n");
    for part in [
        "did you mean `echo`?",
        "`echo` does not take Signal",
        "nothing under `echo` emits Order",
        "3 is no capacity",
        "did you mean `feed`?",
        "a batch of 0",
    ] {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
    assert!(!text.contains("no events reach"), "this follows from the others:\n{text}");
}

#[test]
fn a_stage_that_no_events_reach_is_warned_of() {
    let mut plan = Plan::new();
    plan.component("echo", echo()).component("idle", echo());
    plan.route::<MarketData>("feed", Tier::FAST, "echo");
    let checked = plan.check().expect("a warning is no mistake");
    let text: String = checked.warnings().iter().map(ToString::to_string).collect();
    assert!(text.contains("no events reach `idle`"), "{text}");
}

#[test]
fn a_mistake_in_a_condition_is_found_even_where_nothing_follows_the_filter() {
    let mut plan = Plan::new();
    plan.component("echo", echo());
    let route = pipeline([Route::from("echo"), filter("prise > 5")]);
    plan.route::<MarketData>("feed", Tier::FAST, route);
    let problems = plan.check().expect_err("a misspelt field");
    let at = "routing.feed.MarketData.routes[0].steps[1].condition";
    let problem = problems.iter().find(|problem| problem.at == at).expect("at its place");
    assert_eq!((problem.code, problem.span.clone()), ("PL-CONDITION-001", Some(0..5)));
    assert!(problems.iter().any(|problem| problem.message.contains("nothing follows")));
}

#[test]
fn a_circle_is_refused_with_its_path() {
    let forward = || {
        each(|signal: &Signal, out: &mut Outbox| {
            out.emit(*signal);
            Ok(())
        })
        .emits::<Signal>()
    };
    let mut plan = Plan::new();
    plan.component("a", forward()).component("b", forward());
    plan.route::<Signal>("a", Tier::FAST, "b");
    plan.route::<Signal>("b", Tier::FAST, "a");
    let problems = plan.check().expect_err("a circle");
    let circle = problems.iter().find(|problem| problem.code == "PL-TOPOLOGY-011");
    assert!(circle.expect("found").message.contains("a -> b -> a"), "{problems:?}");
}

#[test]
fn two_event_types_of_one_number_are_refused() {
    use crate::event::{EventType, Header};
    use bytemuck::{Pod, Zeroable};
    #[repr(C, align(64))]
    #[derive(Clone, Copy, Pod, Zeroable)]
    struct Other {
        header: Header,
        words: [u64; 4],
    }
    impl Event for Other {
        const TYPE: EventType = EventType { id: MarketData::TYPE.id, name: "Other" };
        const HEADER_AT: usize = std::mem::offset_of!(Other, header);
    }
    let mut plan = Plan::new();
    let other = each(|_: &MarketData, out: &mut Outbox| {
        out.emit(Other::zeroed());
        Ok(())
    });
    plan.component("other", other.emits::<Other>());
    plan.route::<MarketData>("feed", Tier::FAST, "other");
    let problems = plan.check().expect_err("the same number");
    assert!(problems[0].message.contains("`Other`"), "{problems:?}");
}

#[test]
fn event_types_have_distinct_numbers() {
    assert_ne!(MarketData::TYPE, Signal::TYPE);
    assert_ne!(Signal::TYPE, Order::TYPE);
}
