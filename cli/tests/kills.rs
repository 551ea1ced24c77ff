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
use pitlane::event::{Event, Order, Slot};
use pitlane_persistence::{Disk, From, JournalReader, Manifest};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
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

/// What the journal and the gateway's file say, as far as they were read.
#[derive(Default)]
struct Told {
    /// Orders by their places, and which of them were settled, and how.
    orders: BTreeMap<u64, u64>,
    settled: BTreeMap<u64, Vec<SettlementKind>>,
    settled_ids: BTreeSet<u64>,
    next: u64,
    /// Lines of the gateway: each is one write, so that none is cut off.
    sent: Vec<(u64, String)>,
    bytes: usize,
}

impl Told {
    fn ids(&self, is: impl Fn(u64) -> bool) -> BTreeSet<u64> {
        self.orders.iter().filter(|(place, _)| is(**place)).map(|(_, id)| *id).collect()
    }

    fn has(&self, place: u64, kind: SettlementKind) -> bool {
        self.settled.get(&place).is_some_and(|kinds| kinds.contains(&kind))
    }

    /// Reads what is new.
    fn read_on(&mut self, folder: &Path) {
        let text = std::fs::read(folder.join("sent.csv")).unwrap_or_default();
        for line in String::from_utf8_lossy(&text[self.bytes..]).lines() {
            let id = line.split(',').next().and_then(|id| id.parse().ok());
            self.sent.push((id.expect("an id"), line.to_owned()));
        }
        self.bytes = text.len();
        let Ok(disk) = Disk::new(folder.join("journal")) else { return };
        let Ok(Some(manifest)) = Manifest::read(&disk) else { return };
        let from = From::Sequence(self.next);
        let Ok(mut reader) = JournalReader::open(Arc::new(disk), from) else { return };
        while let Some(batch) = reader.next().expect("the journal is whole") {
            let stream = manifest.stream(batch.tag).expect("a stream that is known");
            for (place, slot) in (batch.first..).zip(batch.events) {
                self.note(place, stream.event_id, slot);
            }
        }
        self.next = reader.position();
    }

    fn note(&mut self, place: u64, event: u8, slot: &Slot) {
        if event == Order::TYPE.id {
            self.orders.insert(place, slot.view::<Order>().client_order_id);
        } else if event == Settlement::TYPE.id {
            let settlement: &Settlement = slot.view();
            let kind = settlement.kind().expect("a kind that means something");
            if kind.settles() {
                self.settled.entry(settlement.position).or_default().push(kind);
                self.settled_ids.insert(self.orders[&settlement.position]);
            }
        }
    }
}

/// The command; `PITLANE_BIN` names another build of it.
fn command() -> Command {
    let built = env!("CARGO_BIN_EXE_pitlane").to_owned();
    Command::new(std::env::var("PITLANE_BIN").unwrap_or(built))
}

fn start(folder: &Path, dice: &mut Dice) -> Child {
    let mut command = command();
    command.args(["replay", "drill.yaml", "--out", "run", "--quiet"]).current_dir(folder);
    let fault = ["transient", "transient", "unknown", "panic"][dice.below(4) as usize];
    command.args(["--set", &format!("components.gateway.fault={fault}")]);
    if dice.below(3) > 0 {
        let every = 2 + dice.below(30);
        command.args(["--set", &format!("components.gateway.fail_every={every}")]);
    }
    // A pipe that nobody reads would hold it up.
    let told = File::create(folder.join("stderr.txt")).expect("a file can be written");
    command.stdout(Stdio::null()).stderr(told).spawn().expect("it starts")
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

    let (mut killed, mut recovered, mut told) = (0, 0, Told::default());
    while killed < kills {
        let (settled, seen) = (told.settled_ids.clone(), told.sent.len());
        let left = told.orders.len() - told.settled.len();
        let mut child = start(folder, &mut dice);
        let is_alive = live(folder, &mut child, &mut dice);
        if is_alive {
            child.kill().expect("it can be killed");
        }
        let ended = child.wait().expect("it ends");
        // A start never fails, whatever the last kill left behind.
        let said = || std::fs::read_to_string(folder.join("stderr.txt")).unwrap_or_default();
        assert!(is_alive || ended.success(), "after kill {killed}: {}", said());
        killed += u64::from(is_alive);
        told.read_on(folder);
        let again = told.sent[seen..].iter().filter(|(id, _)| settled.contains(id)).count();
        assert_eq!(again, 0, "settled orders were delivered again after kill {killed}");
        recovered += u64::from(left > 0);
        if killed % 50 == 0 {
            println!("{killed} kills, {} orders", told.orders.len());
        }
    }
    let _ = std::fs::remove_file(folder.join("down"));
    let last = command()
        .args(["replay", "drill.yaml", "--out", "run", "--quiet", "--limit", "1000"])
        .current_dir(folder)
        .output()
        .expect("it runs");
    assert!(last.status.success(), "{}", String::from_utf8_lossy(&last.stderr));
    told.read_on(folder);
    check(&told);
    let sent = &told.sent;
    let redelivered = sent.len() - sent.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len();
    let dead = told.orders.keys().filter(|place| told.has(**place, SettlementKind::Dead)).count();
    println!(
        "{killed} kills: {} orders durable, {} settled, of these {dead} dead letters; {recovered} starts \
         found some to go on with; {redelivered} lines of the gateway are repetitions",
        told.orders.len(),
        told.settled.len(),
    );
    assert!(recovered > 0 || kills < 5, "no kill left anything to recover");
}

fn check(told: &Told) {
    let lost: Vec<_> =
        told.orders.keys().filter(|place| !told.settled.contains_key(place)).collect();
    assert!(lost.is_empty(), "durable orders that were never settled: {lost:?}");
    let twice = told.settled.values().filter(|kinds| kinds.len() > 1).count();
    assert_eq!(twice, 0, "orders settled twice");
    assert_eq!(told.orders.len(), told.ids(|_| true).len(), "an id was given twice");
    // A gateway that dedupes by id acts exactly once: one line per id is left, and one for each delivered order.
    let mut acts = BTreeMap::new();
    for (id, line) in &told.sent {
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
