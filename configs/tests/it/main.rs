//! Configs from text to what can run, with component types and formats of this test's own.

mod any_text;
mod failures;
mod forms;
mod kit;
mod options;
mod routing;
mod services;
mod sources;
mod wrong;
mod wrong_bus;
