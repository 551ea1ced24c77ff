//! Ids of orders.

use crate::codes;
use pitlane::registry::BuildError;
use pitlane::stage::Fault;

const ORDINAL_BITS: u32 = 40;

/// Gives `client_order_id`s: session (16 bits), instance (8 bits), ordinal (40 bits, from 1).
#[derive(Clone, Debug)]
pub struct OrderIds {
    prefix: u64,
    ordinal: u64,
}

impl OrderIds {
    /// For the `instance`-th giver of ids, from 0, of a session.
    ///
    /// # Errors
    /// From the 257th giver on.
    pub fn new(session: u16, instance: u16) -> Result<Self, BuildError> {
        let instance = u8::try_from(instance).map_err(|_| {
            BuildError::new(
                "there are more than 256 components of this type: order ids have room for 256",
            )
            .coded(codes::TOO_MANY_IDS)
        })?;
        let prefix = u64::from(session) << 48 | u64::from(instance) << ORDINAL_BITS;
        Ok(Self { prefix, ordinal: 0 })
    }

    /// The next id.
    ///
    /// # Errors
    /// After 2^40 - 1 of them.
    #[inline]
    pub fn give(&mut self) -> Result<u64, Fault> {
        self.ordinal += 1;
        if self.ordinal >> ORDINAL_BITS != 0 {
            return Err(Fault::new("2^40 order ids are given: start a new session")
                .coded(codes::IDS_USED_UP));
        }
        Ok(self.prefix | self.ordinal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_hold_session_instance_and_ordinal() {
        let mut ids = OrderIds::new(0xABCD, 0x12).unwrap();
        assert_eq!(ids.give(), Ok(0xABCD_1200_0000_0001));
        assert_eq!(ids.give(), Ok(0xABCD_1200_0000_0002));
    }

    #[test]
    fn never_runs_over_into_the_next_instance() {
        assert!(OrderIds::new(0, 255).is_ok());
        assert!(OrderIds::new(0, 256).is_err());
        let mut ids = OrderIds::new(0, 0).unwrap();
        ids.ordinal = (1 << ORDINAL_BITS) - 2;
        assert!(ids.give().is_ok());
        assert!(ids.give().is_err());
    }
}
