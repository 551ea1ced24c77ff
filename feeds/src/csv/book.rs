//! The last bid and ask of each exchange, and the best of them.

use pitlane::event::fixed::NULL;

/// A price and the size that stands there, 1e-9.
pub(crate) type Level = (i64, i64);

const NONE: Level = (NULL, NULL);

/// Bid and ask of one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Top {
    bid: Level,
    ask: Level,
}

/// Bid and ask of each exchange, by instrument.
#[derive(Debug, Default)]
pub(crate) struct Tops {
    /// By instrument, by exchange.
    tops: Vec<Vec<Top>>,
}

impl Tops {
    /// Takes in what a row says of one exchange and gives that exchange's bid and ask. `None` leaves
    /// a side as it was.
    #[inline]
    pub(crate) fn update(
        &mut self,
        instrument: u32,
        exchange: u32,
        bid: Option<Level>,
        ask: Option<Level>,
    ) -> (Level, Level) {
        let (instrument, exchange) = (instrument as usize, exchange as usize);
        if instrument >= self.tops.len() {
            self.tops.resize_with(instrument + 1, Vec::new);
        }
        let tops = &mut self.tops[instrument];
        if exchange >= tops.len() {
            tops.resize(exchange + 1, Top { bid: NONE, ask: NONE });
        }
        let top = &mut tops[exchange];
        top.bid = bid.unwrap_or(top.bid);
        top.ask = ask.unwrap_or(top.ask);
        (top.bid, top.ask)
    }

    /// The highest bid and lowest ask of all exchanges, each with the sum of the known sizes of all
    /// that stand at that price.
    pub(crate) fn best(&self, instrument: u32) -> (Level, Level) {
        let (mut bid, mut ask) = (NONE, NONE);
        for top in self.tops.get(instrument as usize).into_iter().flatten() {
            if top.bid.0 != NULL {
                let higher = bid.0 == NULL || top.bid.0 > bid.0;
                better(&mut bid, top.bid, higher);
            }
            if top.ask.0 != NULL {
                let lower = top.ask.0 < ask.0;
                better(&mut ask, top.ask, lower);
            }
        }
        (bid, ask)
    }
}

fn better(best: &mut Level, level: Level, is_better: bool) {
    if is_better {
        *best = level;
    } else if best.0 == level.0 && level.1 != NULL {
        // The sum of sizes is capped one below null.
        best.1 =
            if best.1 == NULL { level.1 } else { best.1.saturating_add(level.1).min(NULL - 1) };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_side_that_is_not_in_a_row_stays() {
        let mut tops = Tops::default();
        assert_eq!(tops.update(1, 0, Some((10, 1)), None), ((10, 1), NONE));
        assert_eq!(tops.update(1, 0, None, Some((12, 2))), ((10, 1), (12, 2)));
        assert_eq!(tops.update(1, 1, None, Some((11, 3))), (NONE, (11, 3)), "another exchange");
        assert_eq!(tops.update(2, 0, None, None), (NONE, NONE), "another instrument");
    }

    #[test]
    fn the_best_price_has_the_sizes_of_all_that_stand_there() {
        let mut tops = Tops::default();
        assert_eq!(tops.best(1), (NONE, NONE));
        tops.update(1, 0, Some((10, 1)), Some((12, 2)));
        tops.update(1, 1, Some((10, 5)), Some((13, 7)));
        tops.update(1, 2, Some((9, 100)), Some((12, NULL)));
        assert_eq!(tops.best(1), ((10, 6), (12, 2)));
        tops.update(1, 1, Some((11, 5)), None);
        assert_eq!(tops.best(1), ((11, 5), (12, 2)));
        tops.update(1, 1, Some((8, 5)), None);
        assert_eq!(tops.best(1), ((10, 1), (12, 2)), "a withdrawn best gives way");
    }
}
