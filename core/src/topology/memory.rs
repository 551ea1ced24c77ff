//! Whether the rings fit into the machine's memory.
//!
//! They are taken and touched as a whole at the start. What does not fit would not be refused then: the
//! system promises memory that it does not have, and ends the process when it is touched.

use super::check::Problems;
use super::graph::Graph;
use crate::event::SLOT_BYTES;
use crate::ring::MAX_CAPACITY;

/// Bytes of memory the machine has.
pub(crate) fn of_machine() -> u64 {
    let system = rustix::system::sysinfo();
    u64::from(system.mem_unit).saturating_mul(system.totalram)
}

/// Bytes as a person reads them: `3.5 GiB`.
pub(crate) fn readable(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["KiB", "MiB", "GiB", "TiB", "PiB"];
    let mut size = bytes as f64 / 1024.0;
    let mut units = UNITS.iter();
    let mut unit = units.next();
    while size >= 1024.0
        && let Some(next) = units.next()
    {
        (size, unit) = (size / 1024.0, Some(next));
    }
    format!("{size:.1} {}", unit.unwrap_or(&"KiB"))
}

/// Notes rings that together are larger than the machine's memory.
pub(super) fn check_memory(graph: &Graph, capacities: &[usize], problems: &mut Problems) {
    let bytes_of = |stream: usize| {
        let mut links = graph.stages.iter().flat_map(|stage| &stage.links);
        let copied_in = links.any(|link| link.stream == stream && link.is_lossy());
        // Claims on a ring with lossy readers are made beside it.
        let slots = capacities[stream].min(MAX_CAPACITY) * if copied_in { 2 } else { 1 };
        slots as u64 * SLOT_BYTES as u64
    };
    let (all, memory) = ((0..graph.streams.len()).map(bytes_of).sum(), of_machine());
    if all <= memory {
        return;
    }
    let largest = (0..graph.streams.len()).max_by_key(|&stream| bytes_of(stream));
    let largest = largest.map_or("", |stream| graph.streams[stream].name.as_str());
    problems.error(
        "PL-TOPOLOGY-034",
        "rings.capacity".into(),
        format!(
            "the rings take {all} bytes ({}), and the machine has {memory} ({})",
            readable(all),
            readable(memory)
        ),
        format!("give them fewer slots, of {SLOT_BYTES} bytes each; the largest is `{largest}`"),
    );
}
