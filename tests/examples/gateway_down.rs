//! A gateway that is down while a million ticks a second come in: what flows on, what waits, for how long.
//!
//! ```text
//!  ticks (1 M/s) --> strategy --Signal, 1 in 1000--> risk --Order, reliable--> gateway (down, then up)
//!                                                      +--> journal on disk
//! ```
//!
//! `cargo run --release -p pitlane-tests --example gateway_down -- 10` has it down for ten seconds and prints a line
//! per second. Without a number, as the tests do, it is down for a moment and fewer ticks come. It ends with
//! the first thing that is wrong: a tick, a signal or an order that did not come through.

use pitlane::Tier;
use pitlane::delivery::{BreakerTerms, Couriers, Jitter, RetryTerms, Terms};
use pitlane::durable::{Journal, LogError};
use pitlane::event::{Action, MarketData, Order, Side, Signal};
use pitlane::stage::{Outbox, each};
use pitlane::topology::{Lanes, Monitor, Plan, Port, Running};
use pitlane_persistence::{Disk, From, JournalOptions, JournalReader, JournalWriter};
use pitlane_retries::Queue;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Ticks from one signal to the next.
const EVERY: u64 = 1000;

/// How long ticks gather before they are fed.
const BEAT: Duration = Duration::from_millis(1);

/// What the gateway knows.
#[derive(Default)]
struct Venue {
    is_down: bool,
    refused: u64,
    ids: Vec<u64>,
}

fn plan(venue: &Arc<Mutex<Venue>>) -> Plan {
    let strategy = each(|tick: &MarketData, out: &mut Outbox| {
        if tick.header.root.is_multiple_of(EVERY) {
            out.emit(Signal::new(Action::Buy, 1.0, 100));
        }
        Ok(())
    });
    let risk = each(|signal: &Signal, out: &mut Outbox| {
        out.emit(Order::new(signal.header.root, Side::Bid, 100, 1));
        Ok(())
    });
    let venue = venue.clone();
    let gateway = each(move |order: &Order, _: &mut Outbox| {
        let mut venue = venue.lock().expect("nobody panics with it");
        if venue.is_down {
            venue.refused += 1;
            return Err("the gateway is down".into());
        }
        venue.ids.push(order.client_order_id);
        Ok(())
    });
    let max_delay = Duration::from_millis(200);
    let retry =
        RetryTerms { attempts: 1000, max_delay, jitter: Jitter::None, ..RetryTerms::default() };
    let breaker = BreakerTerms { open_for: Duration::from_millis(200), ..BreakerTerms::default() };
    let mut plan = Plan::new();
    plan.component("strategy", strategy.emits::<Signal>());
    plan.component("risk", risk.emits::<Order>());
    plan.component("gateway", gateway.gateway());
    plan.route::<MarketData>("feed", Tier::FAST, "strategy");
    plan.route::<Signal>("strategy", Tier::Standard, "risk");
    plan.reliable::<Order>("risk", Terms { retry, breaker, ..Terms::default() }, "gateway");
    plan.lanes(Lanes::Auto);
    plan
}

fn start(plan: Plan, folder: &std::path::Path) -> Running {
    let mut checked = plan.check().expect("no mistakes");
    let disk = || Disk::new(folder).expect("a folder");
    let (writer, _) =
        JournalWriter::open(Arc::new(disk()), JournalOptions::default()).expect("it opens");
    checked.journal(Journal::new(Box::new(writer)));
    let folder = folder.to_owned();
    let read = move |position| {
        let disk = Disk::new(&folder).map_err(|error| LogError::Failed(error.to_string()))?;
        let reader = JournalReader::open(Arc::new(disk), From::Sequence(position))?;
        Ok(Box::new(reader) as Box<dyn pitlane::durable::LogReader>)
    };
    checked.couriers(Couriers::new(read, |terms, steps| Box::new(Queue::new(terms, steps))));
    checked.start().expect("it starts")
}

/// Feeds so many ticks per beat until the time is over; gives how many, and the latest beat.
fn feed(running: &mut Running, port: Port, per_beat: usize, time: Duration) -> (u64, Duration) {
    let ticks = vec![MarketData::trade(1, 1, 100, 1, Side::Bid); per_beat];
    let (start, mut beats, mut latest) = (Instant::now(), 0_u32, Duration::ZERO);
    let monitor = running.monitor();
    let mut told = Duration::ZERO;
    while start.elapsed() < time {
        let due = BEAT * beats;
        while start.elapsed() < due {
            std::thread::sleep(due.saturating_sub(start.elapsed()).min(Duration::from_micros(200)));
        }
        latest = latest.max(start.elapsed() - due);
        running.publish_to(port, &ticks).expect("it runs");
        beats += 1;
        if start.elapsed() >= told + Duration::from_secs(1) {
            told += Duration::from_secs(1);
            tell(&monitor, told);
        }
    }
    (u64::from(beats) * per_beat as u64, latest)
}

fn tell(monitor: &Monitor, at: Duration) {
    let of = |name: &str| {
        let stages = monitor.stages();
        let stage = stages.into_iter().find(|stage| stage.name == name).expect("a stage");
        (stage.events_in, stage.events_out, stage.max_lag)
    };
    let (ticks, signals, lag) = of("strategy");
    let courier = monitor.couriers().remove(0);
    let account = &courier.account;
    println!(
        "{:>4} s  {ticks:>9} ticks  {signals:>6} signals  {:>6} orders made  {:>6} wait, the oldest {:>7.3} s  {:>6} delivered  \
         breaker {}  lag of ticks at most {lag}",
        at.as_secs(),
        of("risk").1,
        courier.waiting(),
        account.oldest.as_secs_f64(),
        account.done,
        account.breakers[0].state.name(),
    );
}

fn main() {
    let seconds = std::env::args().nth(1).and_then(|text| text.parse::<u64>().ok());
    let (down, per_beat) = match seconds {
        Some(seconds) => (Duration::from_secs(seconds), 1000),
        None => (Duration::from_millis(500), 100),
    };
    let home = tempfile::tempdir().expect("a folder");
    let venue = Arc::new(Mutex::new(Venue::default()));
    let mut running = start(plan(&venue), home.path());
    let port = running.port::<MarketData>("feed").expect("ticks enter");
    let is_down = |down| venue.lock().expect("nobody panics with it").is_down = down;

    println!("the gateway is up");
    let (before, late_up) = feed(&mut running, port, per_beat, down / 5);
    is_down(true);
    println!("the gateway is down");
    let (during, late_down) = feed(&mut running, port, per_beat, down);
    let monitor = running.monitor();
    let wait = Instant::now();
    let made = |monitor: &Monitor| {
        monitor.stages().iter().find(|s| s.name == "risk").map_or(0, |s| s.events_out)
    };
    while made(&monitor) < (before + during) / EVERY {
        assert!(wait.elapsed() < Duration::from_secs(20), "ticks or signals no longer flow");
        std::thread::sleep(Duration::from_millis(1));
    }
    let waiting = monitor.couriers().remove(0);
    assert!(waiting.waiting() > 0 || seconds.is_none(), "orders wait");
    is_down(false);
    println!("the gateway is up");
    let (after, _) = feed(&mut running, port, per_beat, down / 5);
    let report = running.stop();

    assert!(report.is_complete(), "{report:?}");
    let ticks = before + during + after;
    let handled = report.stage("strategy").map_or(0, |stage| stage.events_in);
    assert_eq!(handled, ticks, "every tick came through");
    let venue = venue.lock().expect("nobody panics with it");
    let expected: Vec<u64> = (1..=ticks / EVERY).map(|number| number * EVERY).collect();
    assert_eq!(venue.ids, expected, "every order once, in its order");
    let account = &report.couriers[0].account;
    println!(
        "{ticks} ticks, {} orders, none lost, none twice; {} refusals; the longest wait {:.3} s; ticks were fed at most \
         {late_up:.1?} late while the gateway was up, {late_down:.1?} while it was down",
        venue.ids.len(),
        venue.refused,
        account.longest.as_secs_f64(),
    );
}
