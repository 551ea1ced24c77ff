//! What the reliable tier does with its deliveries, from outside.

mod courier;
mod crash;
mod kit;
mod mistakes;
mod model;
