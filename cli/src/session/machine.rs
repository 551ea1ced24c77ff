//! The machine, as far as it tells.

use pitlane::affinity::{allowed_cores, ranges};
use serde_json::{Value, json};
use std::fs;

/// Processor, cores, kernel; null where the system does not say.
pub(super) fn machine() -> Value {
    let allowed = allowed_cores();
    json!({
        "cpu": cpu_model(),
        "cores": allowed.len(),
        "cores_allowed": ranges(&allowed),
        "memory_bytes": memory(),
        "kernel": line("/proc/sys/kernel/osrelease"),
        "isolated_cores": line("/sys/devices/system/cpu/isolated").filter(|text| !text.is_empty()),
        "governor": line("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"),
        "os": std::env::consts::OS,
        "arch": std::env::consts::ARCH,
    })
}

fn line(path: &str) -> Option<String> {
    fs::read_to_string(path).ok().map(|text| text.trim().to_owned())
}

fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let named = |line: &str| {
        let (key, value) = line.split_once(':')?;
        matches!(key.trim(), "model name" | "Model" | "cpu model").then(|| value.trim().to_owned())
    };
    text.lines().find_map(named)
}

fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = total.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kilobytes * 1024)
}
