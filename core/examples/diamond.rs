//! Two stages see the same events and a third merges what they emit: always in the order of the
//! entering events and, where one event caused both, in the order of the inputs. The lanes they run
//! on do not show.
//!
//! ```text
//!                        +--> slow --+
//!  feed --MarketData-----+           +--Signal--> seen      streams ideas/slow, ideas/quick
//!                        +--> quick -+
//! ```

use pitlane::Tier;
use pitlane::event::{Action, MarketData, Side, Signal};
use pitlane::route::broadcast;
use pitlane::stage::{Component, Outbox, each};
use pitlane::testing::{Recorder, Script};
use pitlane::topology::{Lanes, Plan};

/// Emits a signal for every `n`-th event.
fn every(n: u64, strength: f64) -> Component {
    let idea = each(move |event: &MarketData, out: &mut Outbox| {
        if event.header.root.is_multiple_of(n) {
            out.emit(Signal::new(Action::Buy, strength, 1));
        }
        Ok(())
    });
    idea.emits::<Signal>().emits_under("ideas").into()
}

fn run(lanes: Lanes) -> Vec<(u64, f64)> {
    let seen = Recorder::<Signal>::new();
    let mut plan = Plan::new();
    plan.component("slow", every(3, 0.3));
    plan.component("quick", every(2, 0.2));
    plan.route::<MarketData>("feed", Tier::FAST, broadcast(["slow", "quick"]));
    plan.route::<Signal>("ideas", Tier::FAST, seen.sink());
    plan.lanes(lanes);
    let mut trades = Script::new();
    (1..=6).for_each(|price| {
        trades.event("feed", MarketData::trade(1, 0, price, 1, Side::Bid));
    });
    plan.check().expect("no mistakes").run(&mut trades).expect("it starts");
    seen.events().iter().map(|signal| (signal.header.root, signal.strength)).collect()
}

fn main() {
    for lanes in [Lanes::Fused, Lanes::Count(2), Lanes::Auto] {
        assert_eq!(run(lanes), [(2, 0.2), (3, 0.3), (4, 0.2), (6, 0.3), (6, 0.2)]);
    }
}
