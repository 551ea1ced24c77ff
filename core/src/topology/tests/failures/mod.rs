//! Stages that fail, in every way, at every place, under every policy.
//!
//! | file | what it shows |
//! |---|---|
//! | `matrix` | every shape x place x failure x policy x lanes x event: what each stage sees |
//! | `policies` | what skip and restart do, one thing at a time |
//! | `retries` | attempts, delays, history; time goes when told |
//! | `hostile` | panics that panic, conditions that panic, one root larger than a ring |
//! | `stop` | stages that sleep or never return; stop and start again |

mod hostile;
pub(super) mod kit;
mod matrix;
mod policies;
mod retries;
mod stop;
