//! A condition on the link: what does not match is skipped before the stage is called. With a target
//! it is a side branch; two of them split a stream.
//!
//! ```text
//!                    +--(strength >  0.7)--> bold
//!  ideas --Signal----+
//!                    +--(strength <= 0.7)--> careful
//! ```

use pitlane::Tier;
use pitlane::event::{Action, Signal};
use pitlane::route::{filter_to, pipeline};
use pitlane::testing::{Recorder, Script};
use pitlane::topology::Plan;

fn main() {
    let (bold, careful) = (Recorder::<Signal>::new(), Recorder::<Signal>::new());
    let mut plan = Plan::new();
    plan.component("bold", bold.sink());
    plan.component("careful", careful.sink());
    let split =
        pipeline([filter_to("strength > 0.7", "bold"), filter_to("strength <= 0.7", "careful")]);
    plan.route::<Signal>("ideas", Tier::FAST, split);

    let mut ideas = Script::new();
    for strength in [0.9, 0.2, 0.7, 0.8] {
        ideas.event("ideas", Signal::new(Action::Sell, strength, 1));
    }
    let report = plan.check().expect("no mistakes").run(&mut ideas).expect("it starts");
    let strengths = |seen: &Recorder<Signal>| -> Vec<f64> {
        seen.events().iter().map(|signal| signal.strength).collect()
    };
    assert_eq!(strengths(&bold), [0.9, 0.8]);
    assert_eq!(strengths(&careful), [0.2, 0.7]);
    assert_eq!(report.stage("bold").expect("it ran").filtered, 2);
}
