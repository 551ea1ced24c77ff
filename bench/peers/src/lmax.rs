//! LMAX Disruptor in a Java process of its own, asked for one run at a time, so that it takes its
//! turns in the same rounds as everybody else and its code stays warm.

use pitlane_bench::team::Ran;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

/// The process.
pub struct Lmax {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Lmax {
    /// Starts it by a command, such as `java -cp disruptor.jar Lmax.java`.
    pub fn start(command: &str) -> std::io::Result<Self> {
        let mut words = command.split_whitespace();
        let mut process = Command::new(words.next().unwrap_or("java"))
            .args(words)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let asks = process.stdin.take().expect("piped");
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Ok(Self { process, asks, answers })
    }

    /// Runs a shape once; the process checks the sums itself and ends where one is wrong.
    ///
    /// It waits by `yielding` or `busy-spin`.
    pub fn run(
        &mut self,
        shape: &str,
        wait: &str,
        capacity: usize,
        batch: usize,
        events: u64,
    ) -> Ran {
        writeln!(self.asks, "{shape} {wait} {capacity} {batch} {events}")
            .expect("the process is there");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the process answers");
        let numbers: Vec<u64> = line.split_whitespace().flat_map(str::parse).collect();
        let [events, wall, on_core] = numbers[..] else { panic!("the process said {line:?}") };
        let (wall, on_core) = (Duration::from_nanos(wall), Duration::from_nanos(on_core));
        Ran { events, wall, on_core, cores: 2 }
    }
}

impl Drop for Lmax {
    fn drop(&mut self) {
        let _ = self.asks.write_all(b"end\n");
        let _ = self.process.wait();
    }
}
