//! Patterns against the plainest matcher there is, and subscriptions against patterns.

use super::*;
use crate::condition::Fields;
use crate::event::{Action, EventType, MarketData, MarketDataKind, Order, Side, Signal, Slot};
use crate::stage::{Outbox, each};
use crate::testing::Recorder;
use crate::topology::{Lanes, Plan, Problem};
use crate::{Instruments, Tier};
use proptest::prelude::*;

const SYMBOLS: [&str; 4] = ["AAPL.XNAS", "BRK.B.XNYS", "IBM", "ES.Z6"];
const SOURCES: [&str; 2] = ["feed", "other"];
const KINDS: [(&str, MarketDataKind); 2] =
    [("trade", MarketDataKind::Trade), ("quote", MarketDataKind::Quote)];

/// Level by level, the last level of a topic being all that is left of it.
fn plainly_matches(pattern: &str, topic: &[&str]) -> bool {
    let mut left = pattern;
    for (at, level) in topic.iter().enumerate() {
        if left == ">" {
            return true;
        }
        let last = at + 1 == topic.len();
        let (wanted, rest) = match left.split_once('.') {
            Some(parts) if !last => parts,
            _ => (left, ""),
        };
        if (wanted != "*" && wanted != *level) || (rest.is_empty() && !last) {
            return false;
        }
        left = rest;
    }
    true
}

fn patterns() -> impl Strategy<Value = String> {
    let word = |words: &'static [&'static str]| prop::sample::select(words);
    let md = (
        word(&["md", "md", "*"]),
        word(&["feed", "other", "*"]),
        word(&["trade", "quote", "*"]),
        word(&["AAPL.XNAS", "BRK.B.XNYS", "IBM", "ES.Z6", "AAPL", "*", ">"]),
    )
        .prop_map(|(a, b, c, d)| format!("{a}.{b}.{c}.{d}"));
    let signal = (word(&["signal", "*"]), word(&["feed", "*"]), word(&["IBM", "*", ">"]))
        .prop_map(|(a, b, c)| format!("{a}.{b}.{c}"));
    prop_oneof![8 => md, 2 => signal, 1 => Just(">".into()), 1 => Just("md.>".into()), 1 => Just("md.feed.>".into())]
}

fn event(kind: usize, instrument: u32, at: u64) -> MarketData {
    match KINDS[kind].1 {
        MarketDataKind::Trade => MarketData::trade(instrument, at, 1, 1, Side::Bid),
        _ => MarketData::quote(instrument, at, (1, 1), (2, 1)),
    }
}

proptest! {
    /// Symbols are interned as their first events come, some of them before the topology is built.
    #[test]
    fn a_subscription_takes_each_event_that_a_pattern_of_it_matches_once(
        patterns in prop::collection::vec(patterns(), 1..4),
        known in 0..SYMBOLS.len(),
        events in prop::collection::vec((0..2_usize, 0..2_usize, 0..=SYMBOLS.len()), 0..40),
    ) {
        let instruments = Instruments::new();
        for symbol in &SYMBOLS[..known] {
            let _ = instruments.intern(symbol);
        }
        let taken = Recorder::<MarketData>::new();
        let mut plan = Plan::new();
        plan.instruments(instruments.clone()).lanes(Lanes::Fused);
        for source in SOURCES {
            plan.source::<MarketData>(source);
        }
        plan.subscribe(patterns.clone(), Tier::FAST, taken.sink());
        let checked = plan.check().expect("no mistakes");
        let mut running = checked.start().expect("it starts");
        let mut expected = Vec::new();
        for (at, (source, kind, symbol)) in events.into_iter().enumerate() {
            let text = SYMBOLS.get(symbol).copied();
            let instrument = text.map_or(0, |text| instruments.intern(text));
            // A symbol that no word is like.
            let topic = ["md", SOURCES[source], KINDS[kind].0, text.unwrap_or("\0")];
            if patterns.iter().any(|pattern| plainly_matches(pattern, &topic)) {
                expected.push(at as u64 + 1);
            }
            let entered = running.publish(SOURCES[source], &event(kind, instrument, 1));
            prop_assert!(entered.is_ok());
        }
        prop_assert!(running.stop().is_complete());
        let roots: Vec<_> = taken.events().iter().map(|event| event.header.root).collect();
        prop_assert_eq!(roots, expected);
    }
}

fn refused(pattern: &str) -> String {
    let error = match pattern.parse::<Pattern>() {
        Err(error) => error,
        Ok(pattern) => pattern
            .interest(&Fields::of::<MarketData>(), "feed")
            .expect_err("one of these refuses it"),
    };
    error.to_string()
}

#[test]
fn patterns_that_no_topic_has_are_refused_with_what_would_be_right() {
    for (pattern, says) in [
        ("", "is empty"),
        ("md..trade.IBM", "an empty level"),
        ("md.>.trade", "in the middle"),
        ("md.feed.tr*.IBM", "a word with a wildcard"),
        ("md.feed", "write `md.feed.>`"),
        ("md.feed.trade", "write `md.feed.trade.>`"),
        ("order.risk", "write `order.risk.>`"),
        ("md.feed.trade.AAPL.*", "a wildcard within its symbol"),
        ("md.feed.trade.AAPL.>", "a wildcard within its symbol"),
        ("md.feed.trades.IBM", "did you mean `trade`?"),
        ("md.my feed.trade.IBM", "a space"),
    ] {
        let said = refused(pattern);
        assert!(said.contains(says), "{pattern}: {said}");
    }
}

#[test]
fn types_of_ones_own_have_topics_in_lower_case() {
    let auction = EventType { id: 20, name: "Auction" };
    assert_eq!(prefix_of(auction), "auction");
    let pattern: Pattern = "auction.*.AAPL.XNAS".parse().expect("a pattern");
    let fields = Fields { event: auction, fields: &[] };
    assert!(pattern.interest(&fields, "feed").expect("sound").is_some());
    assert_eq!(pattern.interest(&Fields::of::<Order>(), "feed"), Ok(None));
}

fn warnings(topics: &[&str], instruments: &[&str]) -> Vec<Problem> {
    let mut plan = Plan::new();
    let known = Instruments::new();
    for symbol in instruments {
        let _ = known.intern(symbol);
    }
    plan.instruments(known).source::<MarketData>("feed");
    plan.component("all", each(|_: &MarketData, _: &mut Outbox| Ok(())));
    plan.route::<MarketData>("feed", Tier::FAST, "all");
    plan.subscribe(topics.iter().copied(), Tier::FAST, "all");
    match plan.check() {
        Ok(checked) => checked.warnings().to_vec(),
        Err(problems) => problems,
    }
}

#[test]
fn what_matches_nothing_is_reported() {
    for (topics, code, at, says) in [
        (vec!["md.fed.>"], "PL-TOPOLOGY-051", "topics[0].subscribe[0]", "did you mean `feed`?"),
        (vec!["md.>", "signal.*.IBM"], "PL-TOPOLOGY-051", "topics[0].subscribe[1]", "no stream"),
        (vec!["md.*.*.AAPL"], "PL-TOPOLOGY-052", "topics[0].subscribe[0]", "`AAPL.XNAS`?"),
        (vec!["md.*.*.TSLA"], "PL-TOPOLOGY-052", "topics[0].subscribe[0]", "when it comes"),
        (vec!["mkt.>"], "PL-TOPOLOGY-050", "topics[0].subscribe[0]", "no topic begins with `mkt`"),
        (vec!["md.*.trad.>"], "PL-TOPOLOGY-050", "topics[0].subscribe[0]", "did you mean `trade`?"),
    ] {
        let found = warnings(&topics, &["AAPL.XNAS"]);
        let [problem] = found.as_slice() else { panic!("{topics:?}: {found:?}") };
        assert_eq!((problem.code, problem.at.as_str()), (code, at), "{problem}");
        assert!(format!("{problem}").contains(says), "{problem}");
    }
    assert_eq!(warnings(&["md.*.trade.AAPL.XNAS", "md.feed.quote.*"], &["AAPL.XNAS"]), []);
}

#[test]
fn a_wildcard_for_the_type_stands_for_the_types_that_are_taken() {
    let (trades, orders) = (Recorder::<MarketData>::new(), Recorder::<Order>::new());
    let signals = Recorder::<Signal>::new();
    let mut plan = Plan::new();
    plan.lanes(Lanes::Fused).source::<MarketData>("feed");
    let speak = each(|_: &MarketData, out: &mut Outbox| {
        out.emit(Signal::new(Action::Buy, 0.5, 1));
        Ok(())
    });
    plan.component("speak", speak.emits::<Signal>());
    plan.subscribe([">"], Tier::FAST, "speak");
    plan.subscribe(["*.*.>"], Tier::Standard, trades.sink());
    plan.subscribe([">"], Tier::Standard, signals.sink());
    plan.subscribe([">"], Tier::Standard, orders.sink());
    let checked = plan.check().expect("no mistakes");
    assert_eq!(checked.stages().len(), 3, "nothing reaches who takes orders");
    let mut running = checked.start().expect("it starts");
    running.publish("feed", &event(0, 1, 1)).expect("it runs");
    assert!(running.stop().is_complete());
    assert_eq!((trades.events().len(), signals.events().len()), (1, 1));
}

#[test]
fn events_nobody_listens_to_are_not_made() {
    let run = |listen: bool| {
        let mut plan = Plan::new();
        plan.lanes(Lanes::Fused);
        let (made, makes) = std::sync::mpsc::channel();

        let lazy = each(move |_: &MarketData, out: &mut Outbox| {
            assert!(!out.has_subscribers::<Order>(), "it is not declared");
            let heard = out.has_subscribers::<Signal>();
            out.emit_with(|signal: &mut Signal| {
                assert!(heard);
                made.send(()).expect("somebody counts");
                *signal = Signal::new(Action::Buy, 0.5, 7);
            });
            Ok(())
        });
        plan.component("lazy", lazy.emits::<Signal>());
        plan.route::<MarketData>("feed", Tier::FAST, "lazy");
        let heard = Recorder::<Signal>::new();
        if listen {
            plan.subscribe(["signal.lazy.>"], Tier::FAST, heard.sink());
        }
        let mut running = plan.check().expect("no mistakes").start().expect("it starts");
        running.publish("feed", &event(0, 3, 5)).expect("it runs");
        let report = running.stop();
        let count = report.stream("lazy").expect("it has a stream").count;
        (makes.try_iter().count(), count, heard.events())
    };
    assert_eq!(run(false), (0, 0, vec![]));
    let (made, count, heard) = run(true);
    assert_eq!((made, count), (1, 1));
    let header = heard[0].header;
    assert_eq!((header.instrument, header.ts_event, header.root, heard[0].price), (3, 5, 1, 7));
}

#[test]
fn a_type_that_is_not_declared_is_refused_lazily_too() {
    let lazy = each(|_: &Slot, out: &mut Outbox| {
        out.emit_with(|order: &mut Order| order.price = 1);
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("lazy", lazy.emits::<Signal>()).lanes(Lanes::Fused);
    plan.route::<Slot>("feed", Tier::FAST, "lazy");
    let mut running = plan.check().expect("no mistakes").start().expect("it starts");
    let _ = running.publish("feed", &Slot::from_event(event(0, 1, 1)));
    let report = running.stop();
    assert!(report.faults[0].fault.to_string().contains("does not declare"), "{report:?}");
}

#[test]
fn number_zero_and_numbers_never_given_are_no_instruments() {
    let instruments = Instruments::new();
    let ibm = instruments.intern("IBM");
    let pattern: Pattern = "order.*.IBM".parse().expect("a pattern");
    let interest = pattern.interest(&Fields::of::<Order>(), "risk").expect("sound").expect("it is");
    let mut test = Chosen::new(&interest, &instruments).into_test(crate::condition::Rest::Nothing);
    let mut holds = |instrument| {
        let mut slot = <Slot as bytemuck::Zeroable>::zeroed();
        slot.header.instrument = instrument;
        test(&slot)
    };
    assert_eq!([0, ibm, 7, u32::MAX].map(&mut holds), [false, true, false, false]);
    // More than there was room for at first.
    for n in 0..40_000 {
        let _ = instruments.intern(&format!("S{n}"));
    }
    assert_eq!([ibm, 20_000, 40_001, 40_002].map(&mut holds), [true, false, false, false]);
}
