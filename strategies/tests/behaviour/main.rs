//! Behaviour of the shipped components, as configs build them.

mod by_name;
#[path = "../../../tests/tests/common/data.rs"]
mod data;
mod ibm;
mod reference;
mod risk_gate;
mod strategy_api;
mod support;
