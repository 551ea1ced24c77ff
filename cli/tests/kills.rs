//! Kills the command with SIGKILL at random moments, starts it again, and checks what gateway and journal
//! hold.
//!
//! ```text
//!  ticks --> sma_cross --> risk_gate --Order, reliable--> order_check --> drill_gateway --> sent.csv
//!                                   |                                                         |
//!                                   +------------------> journal                    read by this process
//! ```
//!
//! The gateway fails now and then, is down for a while, or does an order and says that it does not know. In CI a few
//! kills; `scripts/kill` does hundreds. A kill leaves the system's cache, so it cannot find a sync that is
//! missing: `retries/tests/it/crash.rs` does.

use pitlane::delivery::{Settlement, SettlementKind};
use pitlane::event::{Event, Order};
use pitlane_persistence::{Disk, From, JournalReader, Manifest, Storage};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const CONFIG: &str = r#"
journal: { path: journal, segment_size: 256KiB }
sources:
  feed: { format: generate, seed: 1, events: 3_000_000 }
components:
  cross: { type: sma_cross, fast: 3, slow: 9, emits: strategy }
  gate: { type: risk_gate, quantity: 1, emits: risk }
  check: order_check
  gateway: { type: drill_gateway, path: sent.csv, down: down }
routing:
  feed:
    MarketData: { tier: fast, routes: [cross] }
  strategy:
    Signal: [gate]
  risk:
    Order:
      tier: reliable
      retry: { attempts: 4, delay: 1ms, max_delay: 5ms }
      breaker: { open_for: 10ms }
      window: 500
      routes:
        - { type: pipeline, steps: [check, gateway] }
"#;

/// Numbers that look random and are the same for the same seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: u64) -> u64 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

/// What the journal says.
#[derive(Default)]
struct Told {
    /// Orders by their places, and which of them were settled, and how.
    orders: BTreeMap<u64, u64>,
    settled: BTreeMap<u64, Vec<SettlementKind>>,
}

impl Told {
    fn ids(&self, is: impl Fn(u64) -> bool) -> BTreeSet<u64> {
        self.orders.iter().filter(|(place, _)| is(**place)).map(|(_, id)| *id).collect()
    }

    fn settled_ids(&self) -> BTreeSet<u64> {
        self.ids(|place| self.settled.contains_key(&place))
    }

    fn has(&self, place: u64, kind: SettlementKind) -> bool {
        self.settled.get(&place).is_some_and(|kinds| kinds.contains(&kind))
    }
}

fn read(folder: &Path) -> Told {
    let mut told = Told::default();
    let Ok(disk) = Disk::new(folder.join("journal")) else { return told };
    let Ok(Some(manifest)) = Manifest::read(&disk) else { return told };
    let disk: Arc<dyn Storage> = Arc::new(disk);
    let Ok(mut reader) = JournalReader::open(disk, From::Oldest) else { return told };
    while let Some(batch) = reader.next().expect("the journal is whole") {
        let stream = manifest.stream(batch.tag).expect("a stream that is known");
        for (place, slot) in (batch.first..).zip(batch.events) {
            if stream.event_id == Order::TYPE.id {
                told.orders.insert(place, slot.view::<Order>().client_order_id);
            } else if stream.event_id == Settlement::TYPE.id {
                let settlement: &Settlement = slot.view();
                let kind = settlement.kind().expect("a kind that means something");
                if kind.settles() {
                    told.settled.entry(settlement.position).or_default().push(kind);
                }
            }
        }
    }
    told
}

/// Lines that the gateway wrote: the last one may be cut off by nothing, since each is one write.
fn sent(folder: &Path) -> Vec<(u64, String)> {
    let text = std::fs::read_to_string(folder.join("sent.csv")).unwrap_or_default();
    let id = |line: &str| line.split(',').next().and_then(|id| id.parse().ok());
    text.lines().map(|line| (id(line).expect("an id"), line.to_owned())).collect()
}

fn start(folder: &Path, dice: &mut Dice) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pitlane"));
    command.args(["replay", "drill.yaml", "--out", "run", "--quiet"]).current_dir(folder);
    let fault = ["transient", "transient", "unknown", "panic"][dice.below(4) as usize];
    command.args(["--set", &format!("components.gateway.fault={fault}")]);
    if dice.below(3) > 0 {
        let every = 2 + dice.below(30);
        command.args(["--set", &format!("components.gateway.fail_every={every}")]);
    }
    command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it starts")
}

/// Waits a while, or until it ends; the gateway may be down for a part of it.
fn live(folder: &Path, child: &mut Child, dice: &mut Dice) -> bool {
    let lives = Duration::from_millis(20 + dice.below(700));
    let down = folder.join("down");
    let goes_down = dice.below(2) == 0;
    let (start, from, to) = (Instant::now(), dice.below(300), 100 + dice.below(400));
    while start.elapsed() < lives {
        let now = start.elapsed().as_millis() as u64;
        if goes_down && (from..to).contains(&now) {
            std::fs::write(&down, "").expect("a file can be written");
        } else {
            let _ = std::fs::remove_file(&down);
        }
        if child.try_wait().expect("a child can be asked").is_some() {
            return false;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    true
}

#[test]
fn no_durable_order_is_lost_and_no_settled_one_is_delivered_again() {
    let kills = number("PITLANE_KILLS", 12);
    let mut dice = Dice(number("PITLANE_SEED", 20_131_007));
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path();
    std::fs::write(folder.join("drill.yaml"), CONFIG).expect("a file can be written");

    let (mut killed, mut recovered) = (0, 0);
    while killed < kills {
        let before = read(folder);
        let (settled, seen) = (before.settled_ids(), sent(folder).len());
        let mut child = start(folder, &mut dice);
        if live(folder, &mut child, &mut dice) {
            child.kill().expect("it can be killed");
            killed += 1;
        }
        child.wait().expect("it ends");
        let again = sent(folder)[seen..].iter().filter(|(id, _)| settled.contains(id)).count();
        assert_eq!(again, 0, "settled orders were delivered again after kill {killed}");
        let after = read(folder);
        assert!(before.orders.iter().all(|order| after.orders.get(order.0) == Some(order.1)));
        recovered += before.orders.len() - before.settled.len();
    }
    let _ = std::fs::remove_file(folder.join("down"));
    let last = Command::new(env!("CARGO_BIN_EXE_pitlane"))
        .args(["replay", "drill.yaml", "--out", "run", "--quiet", "--limit", "1000"])
        .current_dir(folder)
        .output()
        .expect("it runs");
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));

    let (told, sent) = (read(folder), sent(folder));
    check(&told, &sent);
    let redelivered = sent.len() - sent.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len();
    let dead = told.orders.keys().filter(|place| told.has(**place, SettlementKind::Dead)).count();
    println!(
        "{killed} kills: {} orders durable, {} settled, of these {dead} dead letters; {recovered} were left by a \
         kill and settled later; {redelivered} lines of the gateway are repetitions",
        told.orders.len(),
        told.settled.len(),
    );
    assert!(recovered > 0 || kills < 5, "no kill left anything to recover");
}

fn check(told: &Told, sent: &[(u64, String)]) {
    let lost: Vec<_> =
        told.orders.keys().filter(|place| !told.settled.contains_key(place)).collect();
    assert!(lost.is_empty(), "durable orders that were never settled: {lost:?}");
    let twice = told.settled.values().filter(|kinds| kinds.len() > 1).count();
    assert_eq!(twice, 0, "orders settled twice");
    assert_eq!(told.orders.len(), told.ids(|_| true).len(), "an id was given twice");
    // A gateway that dedupes by id acts exactly once: one line per id is left, and one for each delivered order.
    let mut acts = BTreeMap::new();
    for (id, line) in sent {
        let first = acts.entry(*id).or_insert(line);
        assert_eq!(first, &line, "an order came again with other content");
    }
    let delivered = told.ids(|place| told.has(place, SettlementKind::Done));
    let acted: BTreeSet<u64> = acts.keys().copied().collect();
    let missing: Vec<_> = delivered.difference(&acted).collect();
    assert!(
        missing.is_empty(),
        "settled as delivered, and the gateway never had them: {missing:?}"
    );
    let unknown: Vec<_> = acted.difference(&told.ids(|_| true)).copied().collect();
    assert!(unknown.is_empty(), "delivered, and not in the journal: {unknown:?}");
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}
