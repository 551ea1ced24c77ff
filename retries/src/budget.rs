//! The share of deliveries that may be retries.

/// How many retries are free, so that a few failures among few deliveries need no budget.
pub(crate) const FREE: u64 = 10;

/// Keeps retries to a share of deliveries: a target that is down is not asked many times over.
#[derive(Clone, Debug)]
pub struct Budget {
    share: Option<f64>,
    deliveries: u64,
    retries: u64,
}

impl Budget {
    /// At most `share` of deliveries, beyond the first ten retries; `None` for no limit.
    #[must_use]
    pub fn new(share: Option<f64>) -> Self {
        Self { share, deliveries: 0, retries: 0 }
    }

    /// A delivery is attempted for the first time.
    pub fn deliver(&mut self) {
        self.deliveries += 1;
    }

    /// Whether one more retry may be made; if so, it is taken.
    pub fn retry(&mut self) -> bool {
        let most = |share: f64| FREE.saturating_add((share * self.deliveries as f64) as u64);
        let allowed = self.share.is_none_or(|share| self.retries < most(share));
        self.retries += u64::from(allowed);
        allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retries_stay_below_the_share_whatever_comes_when() {
        let mut budget = Budget::new(Some(0.25));
        let mut retries = 0;
        for delivery in 1..=1000_u64 {
            budget.deliver();
            while budget.retry() {
                retries += 1;
            }
            assert_eq!(retries, FREE + delivery / 4);
        }
    }

    #[test]
    fn without_a_share_there_is_no_limit() {
        let mut budget = Budget::new(None);
        assert!((0..100_000).all(|_| budget.retry()));
    }
}
