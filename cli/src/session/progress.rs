//! The progress bar: rate, event time, time left. It reads live numbers from a thread of its own.

use crate::text;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pitlane::topology::Monitor;
use pitlane_feeds::{Progress, ProgressHandle, format_time};
use std::io::IsTerminal;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

const EVERY: Duration = Duration::from_millis(100);

/// Before so much is done the time left is a guess not worth showing.
const ENOUGH: f64 = 0.005;

/// Steps of the bar.
const STEPS: u64 = 10_000;

/// A bar that goes away when dropped.
#[derive(Debug)]
pub(super) struct Bar {
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Bar {
    /// Begins to draw on standard error; nothing where that is no terminal.
    pub(super) fn start(
        monitor: Monitor,
        progress: ProgressHandle,
        expected: Option<u64>,
    ) -> Option<Self> {
        if !std::io::stderr().is_terminal() {
            return None;
        }
        let (stop, stopped) = mpsc::channel();
        let body = move || draw(&monitor, &progress, expected, &stopped);
        let thread = std::thread::Builder::new().name("progress".into()).spawn(body).ok()?;
        Some(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn draw(
    monitor: &Monitor,
    progress: &ProgressHandle,
    expected: Option<u64>,
    stopped: &mpsc::Receiver<()>,
) {
    let bar = ProgressBar::with_draw_target(Some(STEPS), ProgressDrawTarget::stderr());
    let known = expected.is_some() || progress.get().fraction().is_some();
    let template =
        if known { "{bar:24} {percent:>3}%  {wide_msg}" } else { "{spinner} {wide_msg}" };
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    let start = Instant::now();
    let (mut last_entered, mut last_look) = (0, start);
    while stopped.recv_timeout(EVERY) == Err(RecvTimeoutError::Timeout) {
        let (entered, now) = (monitor.entered(), Instant::now());
        let rate = (entered - last_entered) as f64 / (now - last_look).as_secs_f64();
        (last_entered, last_look) = (entered, now);
        let fraction = fraction(entered, expected, &progress.get());
        let mut message = format!("{} events  {}", text::thousands(entered), text::rate(rate));
        if monitor.event_time() > 0 {
            message += &format!("  at {}", format_time(whole_second(monitor.event_time())));
        }
        if let Some(fraction) = fraction {
            bar.set_position((fraction * STEPS as f64) as u64);
            if fraction > ENOUGH {
                let left = start.elapsed().as_secs_f64() * (1.0 / fraction - 1.0);
                message += &format!("  {left:.0} s left");
            }
        }
        bar.set_message(message);
        bar.tick();
    }
    bar.finish_and_clear();
}

/// How much is done: of the events where their number is known, else of the bytes.
fn fraction(entered: u64, expected: Option<u64>, progress: &Progress) -> Option<f64> {
    match expected {
        Some(0) | None => progress.fraction(),
        Some(expected) => Some((entered as f64 / expected as f64).min(1.0)),
    }
}

fn whole_second(ns: u64) -> u64 {
    ns - ns % 1_000_000_000
}
