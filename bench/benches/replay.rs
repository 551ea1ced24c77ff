//! The fused replay, and what one more stage and one more emission cost.
//!
//! `cargo bench -p pitlane-bench`; numbers for the record come from `pitlane bench throughput`, which
//! lets variants take turns.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use pitlane::topology::Plan;
use pitlane_bench::{Prepared, Settings, topologies};
use std::time::Duration;

const EVENTS: u64 = 1 << 18;

fn bench(c: &mut Criterion, group: &str, name: &str, events: &Prepared, plan: impl Fn() -> Plan) {
    let mut group = c.benchmark_group(group);
    group.throughput(Throughput::Elements(EVENTS)).sample_size(20);
    group.measurement_time(Duration::from_secs(2)).warm_up_time(Duration::from_millis(500));
    group.bench_function(name, |b| {
        b.iter(|| {
            let report = plan().check().expect("a sound plan").run(&mut events.input(EVENTS));
            assert_eq!(report.expect("it runs").events, EVENTS);
        });
    });
    group.finish();
}

fn replay(c: &mut Criterion) {
    let plan = || topologies::replay(&Settings::FUSED);
    bench(c, "fused_replay", "trades", &Prepared::trades(EVENTS as usize), plan);
    bench(c, "fused_replay", "demo_session", &Prepared::session(EVENTS as usize), plan);
}

fn dispatch(c: &mut Criterion) {
    let events = Prepared::trades(EVENTS as usize);
    for stages in [1, 3, 10] {
        let plan = || topologies::pipeline_of(stages, &Settings::FUSED);
        bench(c, "fused_stages", &stages.to_string(), &events, plan);
    }
    for forwarders in [1, 3] {
        let plan = || topologies::chain_of(forwarders, &Settings::FUSED);
        bench(c, "fused_chain", &forwarders.to_string(), &events, plan);
    }
}

criterion_group!(benches, replay, dispatch);
criterion_main!(benches);
