//! `drill_gateway`: a gateway to rehearse failures with, for routes of the reliable tier.
//!
//! It appends a line for each order it takes, `id,kind,root,side,price,quantity`, with one write each, to a file or a pipe
//! that another process reads. It fails while a file named `down` is there, and at every `fail_every`-th
//! attempt, in the way that `fault` says.

use crate::{Counts, Handles};
use pitlane::event::{Order, Side, Slot, fixed::Decimal};
use pitlane::registry::{BuildError, Context, Registry};
use pitlane::stage::{Fault, On, Outbox, Reconciled, Stage, component};
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::HashSet;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

/// Parameters of `drill_gateway`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DrillGatewayParams {
    /// The file that gets a line per order; it is appended to. No default.
    pub path: String,
    /// While this file is there, the gateway is down: each attempt fails. Default: never.
    #[serde(default)]
    pub down: Option<String>,
    /// Every so many-th attempt fails. Default: none does.
    #[serde(default)]
    #[schemars(extend("unit" = "attempts"))]
    pub fail_every: Option<u64>,
    /// In which way attempts fail: `transient`, `permanent`, `unknown` (it does it, and says that it does
    /// not know), `panic`. Default: `transient`.
    #[serde(default)]
    pub fault: DrillFault,
}

/// In which way a [`DrillGateway`] fails.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum DrillFault {
    /// It may succeed another time.
    #[default]
    Transient,
    /// It never will.
    Permanent,
    /// It does it, and says that it does not know.
    Unknown,
    /// It panics.
    Panic,
}

/// A gateway that fails as it is told.
#[derive(Debug)]
pub struct DrillGateway {
    path: PathBuf,
    /// Open while it runs.
    file: Option<File>,
    down: Option<PathBuf>,
    fail_every: Option<u64>,
    fault: DrillFault,
    attempts: u64,
    counts: Counts,
    /// Ids of what it did and said that it does not know.
    unsure: HashSet<u64>,
}

impl DrillGateway {
    fn build(params: &DrillGatewayParams, context: &Context) -> Result<Self, BuildError> {
        if params.fail_every == Some(0) {
            return Err(BuildError::parameter("fail_every", "`fail_every` is 0; the least is 1"));
        }
        let path = context.resolve(&params.path);
        Ok(Self {
            path,
            file: None,
            down: params.down.as_ref().map(|down| context.resolve(down)),
            fail_every: params.fail_every,
            fault: params.fault,
            attempts: 0,
            counts: Counts::new(["orders", "failed"]),
            unsure: HashSet::new(),
        })
    }

    fn fails(&self) -> Option<&'static str> {
        if self.down.as_ref().is_some_and(|down| down.exists()) {
            return Some("the gateway is down, since the file named by `down` is there");
        }
        let fails = self.fail_every.is_some_and(|every| self.attempts.is_multiple_of(every));
        fails.then_some("it was the turn of an attempt to fail (`fail_every`)")
    }

    fn take(&mut self, order: &Order) -> Result<(), Fault> {
        let kind = order.kind().map_or("", |kind| kind.name());
        let side = if order.side() == Side::Bid { "buy" } else { "sell" };
        let (id, root) = (order.client_order_id, order.header.root);
        let (price, quantity) = (Decimal(order.price), Decimal(order.quantity));
        let line = format!("{id},{kind},{root},{side},{price},{quantity}\n");
        let file = self.file.as_mut().ok_or_else(|| Fault::new("it was not started"))?;
        let written = file.write_all(line.as_bytes());
        written.map_err(|error| Fault::new(format!("the order cannot be written: {error}")))
    }
}

impl Stage for DrillGateway {
    fn on_start(&mut self, _: &mut Outbox) -> Result<(), Fault> {
        let file = OpenOptions::new().create(true).append(true).open(&self.path);
        self.file = Some(file.map_err(|error| {
            let path = self.path.display();
            Fault::new(format!("{path} cannot be appended to: {error}; name a file"))
        })?);
        Ok(())
    }

    fn reconcile(&mut self, event: &Slot) -> Result<Reconciled, Fault> {
        let done = self.unsure.remove(&event.view::<Order>().client_order_id);
        Ok(if done { Reconciled::Done } else { Reconciled::NotDone })
    }
}

impl On<Order> for DrillGateway {
    fn on(&mut self, order: &Order, _: &mut Outbox) -> Result<(), Fault> {
        self.attempts += 1;
        let Some(why) = self.fails() else {
            self.take(order)?;
            self.counts.add_one(0);
            return Ok(());
        };
        self.counts.add_one(1);
        match self.fault {
            DrillFault::Transient => Err(why.into()),
            DrillFault::Permanent => Err(Fault::permanent(why)),
            DrillFault::Unknown => {
                self.take(order)?;
                self.unsure.insert(order.client_order_id);
                Err(Fault::unknown(why))
            }
            DrillFault::Panic => panic!("{why}"),
        }
    }
}

/// Makes `drill_gateway` known to configs; the command `pitlane` does. What is built leaves its counts in
/// `handles`.
pub fn register(registry: &mut Registry, handles: &Handles) {
    let handles = handles.clone();
    let doc = "A gateway for drills: appends a line per order to a file, and fails when told to.";
    registry.component("drill_gateway", doc, move |params: DrillGatewayParams, context| {
        let gateway = DrillGateway::build(&params, context)?;
        handles.add_counts(&context.name, gateway.counts.clone());
        let restarts = "it appends to a file that another process may read";
        Ok(component(gateway).on::<Order>().gateway().never_restarted(restarts).into())
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use pitlane::stage::FaultKind;
    use pitlane::testing::Harness;

    fn gateway(fault: DrillFault) -> (tempfile::TempDir, DrillGateway) {
        let folder = tempfile::tempdir().unwrap();
        let base = folder.path().to_owned();
        let context = Context { base, ..Context::default() };
        let (path, down) = ("sent.csv".into(), Some("down".into()));
        let params = DrillGatewayParams { path, down, fail_every: Some(2), fault };
        let built = DrillGateway::build(&params, &context).unwrap();
        (folder, built)
    }

    fn order(id: u64) -> Order {
        Order::new(id, Side::Bid, 1_500_000_000, 2_000_000_000)
    }

    #[test]
    fn writes_what_it_takes_and_fails_when_told_to() {
        let (folder, gateway) = gateway(DrillFault::Transient);
        let mut harness = Harness::new(component(gateway).on::<Order>());
        harness.start().unwrap();
        assert!(harness.send(&order(1)).is_ok());
        assert!(harness.send(&order(2)).is_err());
        std::fs::write(folder.path().join("down"), "").unwrap();
        assert!(harness.send(&order(3)).is_err());
        let sent = std::fs::read_to_string(folder.path().join("sent.csv")).unwrap();
        assert_eq!(sent, "1,new,1,buy,1.5,2\n");
    }

    #[test]
    fn what_it_does_not_know_it_has_done_it_knows_when_asked() {
        let (_folder, mut gateway) = gateway(DrillFault::Unknown);
        gateway.attempts = 1;
        let mut harness = Harness::new(component(gateway).on::<Order>());
        harness.start().unwrap();
        let fault = harness.send(&order(7)).unwrap_err();
        assert_eq!(fault.kind(), FaultKind::Unknown);
        assert_eq!(harness.reconcile(&order(6)).unwrap(), Reconciled::NotDone);
        assert_eq!(harness.reconcile(&order(7)).unwrap(), Reconciled::Done);
    }
}
