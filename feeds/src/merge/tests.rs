//! The merge against a sort, and its ends and errors.

use super::*;
use pitlane::event::Side;
use proptest::prelude::*;

/// Hands out its events in batches of its own sizes, sometimes nothing, in the end an error where it
/// has one.
struct Script {
    events: Vec<MarketData>,
    at: usize,
    steps: Vec<usize>,
    step: usize,
    error: bool,
}

impl Source for Script {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        let room = batch.capacity() - batch.len();
        let step = self.steps[self.step % self.steps.len()];
        self.step += 1;
        let end = (self.at + room.min(step)).min(self.events.len());
        batch.extend_from_slice(&self.events[self.at..end]);
        self.at = end;
        if end < self.events.len() {
            return Ok(true);
        }
        if self.error {
            return Err(SourceError { message: "torn".into(), ..SourceError::default() });
        }
        Ok(false)
    }

    fn report(&self) -> SourceReport {
        SourceReport { events: self.at as u64, ..SourceReport::default() }
    }
}

/// A trade that tells by instrument and price which one it is.
fn trade(input: usize, at: usize, time: u64, sequence: u64) -> MarketData {
    MarketData::trade(input as u32 + 1, time, at as i64, 1, Side::None)
        .with_venue_sequence(sequence)
}

fn read(merge: &mut Merge, capacity: usize) -> (Vec<MarketData>, Option<SourceError>) {
    let mut all = Vec::new();
    for _ in 0..100_000 {
        let mut batch = Vec::with_capacity(capacity);
        let (mut runs, mut from) = (Vec::new(), 0);
        let more = merge.read_runs(&mut batch, |source, end| runs.push((source, end)));
        for (source, end) in runs {
            let of_source = |event: &MarketData| event.header.instrument as usize == source + 1;
            assert!(batch[from..end].iter().all(of_source), "a run is of one source");
            from = end;
        }
        assert_eq!(from, batch.len(), "runs cover the batch");
        all.append(&mut batch);
        match more {
            Ok(true) => {}
            Ok(false) => return (all, None),
            Err(error) => return (all, Some(error)),
        }
    }
    panic!("the merge does not end");
}

type Times = Vec<Vec<(u64, u64)>>;

fn sources(inputs: &Times, steps: &[usize], error_in: Option<usize>) -> Vec<Box<dyn Source>> {
    let source = |(input, times): (usize, &Vec<(u64, u64)>)| {
        let events = times.iter().enumerate().map(|(at, &(time, seq))| trade(input, at, time, seq));
        let error = error_in == Some(input);
        Box::new(Script {
            events: events.collect(),
            at: 0,
            steps: steps.to_vec(),
            step: input,
            error,
        }) as Box<dyn Source>
    };
    inputs.iter().enumerate().map(source).collect()
}

/// All events with the running maximum of their source's keys, sorted by it, stable.
fn sorted(inputs: &Times, key: impl Fn(u64, u64, usize) -> (u64, u64, usize)) -> Vec<MarketData> {
    let mut all = Vec::new();
    for (input, times) in inputs.iter().enumerate() {
        let mut highest = (0, 0, input);
        for (at, &(time, sequence)) in times.iter().enumerate() {
            highest = highest.max(key(time, sequence, input));
            all.push((highest, trade(input, at, time, sequence)));
        }
    }
    all.sort_by_key(|(key, _)| *key);
    all.into_iter().map(|(_, event)| event).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn merging_is_sorting_by_the_highest_key_so_far(
        inputs in prop::collection::vec(prop::collection::vec((1..20_u64, 0..4_u64), 0..30), 1..6),
        steps in prop::collection::vec(0_usize..5, 1..4),
        capacity in 1_usize..40,
    ) {
        prop_assume!(steps.iter().any(|step| *step > 0));
        let mut merge = Merge::of_sources(sources(&inputs, &steps, None));
        let (found, error) = read(&mut merge, capacity);
        prop_assert_eq!(error, None);
        prop_assert_eq!(found, sorted(&inputs, |time, _, input| (time, 0, input)));

        let files = sources(&inputs, &steps, None).into_iter().map(|source| (0, source)).collect();
        let (found, _) = read(&mut Merge::of_files(files), capacity);
        prop_assert_eq!(found, sorted(&inputs, |time, sequence, input| (time, sequence, input)));
    }
}

#[test]
fn a_step_back_goes_out_at_once_and_keeps_nobody_waiting() {
    let inputs = vec![vec![(10, 0), (2, 0), (11, 0)], vec![(5, 0), (10, 0), (12, 0)]];
    let mut merge = Merge::of_sources(sources(&inputs, &[9], None));
    let times: Vec<u64> = read(&mut merge, 100).0.iter().map(time).collect();
    assert_eq!(times, [5, 10, 2, 10, 11, 12]);
}

#[test]
fn an_error_comes_after_all_that_is_before_it_in_the_order() {
    for capacity in [1, 2, 3, 50] {
        let inputs = vec![vec![(1, 0), (4, 0)], vec![(2, 0), (3, 0), (9, 0)]];
        let mut merge = Merge::of_sources(sources(&inputs, &[1], Some(0)));
        let (found, error) = read(&mut merge, capacity);
        assert_eq!(found.iter().map(time).collect::<Vec<_>>(), [1, 2, 3, 4], "{capacity}");
        assert_eq!(error.map(|e| e.message).as_deref(), Some("torn"));
    }
}

/// A source that must not be asked too early.
struct Late(Box<dyn Source>, std::sync::Arc<std::sync::Mutex<bool>>);

impl Source for Late {
    fn read(&mut self, batch: &mut Vec<MarketData>) -> Result<bool, SourceError> {
        *self.1.lock().unwrap() = true;
        self.0.read(batch)
    }

    fn report(&self) -> SourceReport {
        self.0.report()
    }
}

#[test]
fn a_file_is_not_opened_before_the_order_has_come_to_its_date() {
    let opened = std::sync::Arc::new(std::sync::Mutex::new(false));
    let inputs = vec![(1..3000).map(|t| (t, 0)).collect(), vec![(5000, 0)]];
    let mut both = sources(&inputs, &[1024], None);
    let late = Box::new(Late(both.pop().unwrap(), opened.clone())) as Box<dyn Source>;
    let mut merge = Merge::of_files(vec![(1, both.pop().unwrap()), (4000, late)]);
    let mut batch = Vec::with_capacity(2000);
    assert_eq!(merge.read(&mut batch), Ok(true));
    assert!(!*opened.lock().unwrap());
    let rest = read(&mut merge, 100).0;
    assert!(*opened.lock().unwrap());
    assert_eq!(batch.len() + rest.len(), 3000);
    assert_eq!(merge.report().events, 3000);
}
