//! What a handler more takes: pipelines of 110 stages against such of 10, which have the same one ring.

use crate::counting::Counting;
use pitlane::topology::Running;
use pitlane_bench::{Settings, topologies};

/// What was promised, rings left out.
const MOST_BYTES: usize = 20 * 1024;

fn start(stages: usize) -> Running {
    let plan = topologies::pipeline_of(stages, &Settings::FUSED);
    plan.check().expect("a sound plan").start().expect("it starts")
}

#[test]
fn a_handler_takes_less_than_20_kilobytes() {
    let counting = Counting::alone();
    // What the process sets up once.
    drop(start(10));
    let (few, _first) = counting.kept(|| start(10));
    let (many, _second) = counting.kept(|| start(110));
    let per_handler = many.saturating_sub(few) / 100;
    eprintln!("a handler takes {per_handler} bytes");
    assert!((100..MOST_BYTES).contains(&per_handler), "{per_handler} bytes");
}
