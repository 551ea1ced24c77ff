//! What a start costs by the number of components: their services, a config with as many components, its
//! rings and lanes.
//!
//! `cargo run --release -p pitlane-config --example startup`

use pitlane::event::{Action, MarketData, Signal};
use pitlane::registry::Registry;
use pitlane::stage::{Outbox, each};
use pitlane_config::{LoadOptions, check};
use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

#[derive(serde::Deserialize, schemars::JsonSchema)]
#[serde(deny_unknown_fields)]
struct Params {
    /// The instrument that it looks at.
    n: u32,
}

/// A registry with a service that the components need.
fn registry() -> Registry {
    let mut registry = Registry::new();
    registry.service("offset", "A number for all.", &["clock"], |_| Ok(7_u32));
    registry.component("stage", "Emits a signal per trade.", |params: Params, context| {
        let n = params.n + *context.get::<u32>()?;
        let stage = each(move |event: &MarketData, out: &mut Outbox| {
            if event.header.instrument == n {
                out.emit(Signal::new(Action::Buy, 1.0, 1));
            }
            Ok(())
        });
        Ok(stage.emits::<Signal>().into())
    });
    registry.needs("stage", &["offset", "instruments"]);
    registry
}

/// As many components, each with a stream of its own.
fn config(components: usize) -> String {
    // Writing to a string does not fail.
    let mut text = String::from("components:\n");
    for n in 0..components {
        let _ = writeln!(text, "  stage{n}: {{ type: stage, n: {n}, emits: strategy }}");
    }
    text += "routing:\n  feed:\n    MarketData:\n";
    for n in 0..components {
        let _ = writeln!(text, "      - stage{n}");
    }
    text + "rings: { capacity: 64 }\nlatency: off\n"
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn main() {
    let registry = registry();
    println!("{:>10}  {:>10}  {:>10}  {:>13}", "components", "check", "start", "per component");
    for components in [10, 100, 1000] {
        let text = config(components);
        let (mut checks, mut starts) = (Vec::new(), Vec::new());
        for _ in 0..7 {
            let begin = Instant::now();
            let found = check(&text, Path::new("it.yaml"), &registry, &LoadOptions::default());
            let ready = found.unwrap_or_else(|mistakes| panic!("{mistakes}"));
            checks.push(begin.elapsed());
            let begin = Instant::now();
            let running = ready.topology.start().expect("it starts");
            starts.push(begin.elapsed());
            assert!(running.stop().is_complete());
        }
        let (check, start) = (median(checks), median(starts));
        let each = (check + start) / u32::try_from(components).unwrap_or(u32::MAX);
        println!("{components:>10}  {check:>10.2?}  {start:>10.2?}  {each:>13.2?}");
    }
}
