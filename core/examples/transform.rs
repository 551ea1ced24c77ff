//! What one stage emits takes the event's place for the steps after it.
//!
//! ```text
//!  feed --MarketData--> [ (mid) --Signal--> seen ]
//! ```

use pitlane::Tier;
use pitlane::event::{Action, MarketData, Signal};
use pitlane::route::{Route, pipeline, transform};
use pitlane::stage::{Outbox, each};
use pitlane::testing::{Recorder, Script};
use pitlane::topology::Plan;

fn main() {
    let seen = Recorder::<Signal>::new();
    let mid = each(|event: &MarketData, out: &mut Outbox| {
        if let Some(mid) = event.as_quote().and_then(|quote| quote.mid()) {
            out.emit(Signal::new(Action::Hold, 0.0, mid));
        }
        Ok(())
    });
    let mut plan = Plan::new();
    plan.component("mid", mid.emits::<Signal>());
    plan.component("seen", seen.sink());
    let steps = pipeline([transform("mid"), Route::from("seen")]);
    plan.route::<MarketData>("feed", Tier::FAST, steps);

    let mut quotes = Script::new();
    for (bid, ask) in [(10, 12), (11, 13)] {
        quotes.event("feed", MarketData::quote(1, 0, (bid, 1), (ask, 1)));
    }
    plan.check().expect("no mistakes").run(&mut quotes).expect("it starts");
    assert!(seen.events().iter().map(|signal| signal.price).eq([11, 12]));
}
