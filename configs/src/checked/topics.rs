//! Subscriptions: from what was written to what the topology knows.

use super::Desk;
use super::routes::{Carried, convert_route, with_on_full};
use crate::codes;
use crate::raw;
use pitlane::Tier;
use pitlane::event::{Event, MarketData};
use pitlane::route::Route;
use pitlane::topic::Pattern;

/// Routes and the patterns they are for.
pub(super) struct Subscription {
    pub(super) topics: Vec<String>,
    pub(super) tier: Tier,
    pub(super) routes: Vec<Route>,
}

pub(super) fn convert(config: &raw::Config, desk: &mut Desk<'_>) -> Vec<Subscription> {
    let mut subscriptions = Vec::new();
    for (at, topic) in config.topics.iter().enumerate() {
        let path = format!("topics[{at}]");
        let topics = topic.subscribe.texts().to_vec();
        for (key, is_empty, what) in [
            ("subscribe", topics.is_empty(), "write a pattern of topics, such as `md.*.trade.*`"),
            ("routes", topic.routes.is_empty(), "name at least one component"),
        ] {
            if is_empty {
                let message = format!("`{key}` is empty");
                desk.blame(codes::BAD_VALUE, &format!("{path}.{key}"), message, what.to_owned());
            }
        }
        let carried = Carried { tier: topic.tier, batch: topic.batch, max_wait: topic.max_wait };
        let tier = carried.tier(&path, desk);
        let route = |(at, route): (usize, &raw::Route)| {
            let route = convert_route(route, &format!("{path}.routes[{at}]"), desk);
            with_on_full(topic.on_full.into(), route)
        };
        let routes = topic.routes.iter().enumerate().map(route).collect();
        subscriptions.push(Subscription { topics, tier, routes });
    }
    subscriptions
}

/// Whether a subscription may take market data of a source.
pub(super) fn takes(config: &raw::Config, source: &str) -> bool {
    let patterns = config.topics.iter().flat_map(|topic| topic.subscribe.texts());
    let mut patterns = patterns.filter_map(|text| text.parse::<Pattern>().ok());
    patterns.any(|pattern| pattern.may_match(MarketData::TYPE, source))
}

/// Declared sources that subscriptions take; routes declare those they name themselves.
pub(super) fn sources(config: &raw::Config) -> Vec<String> {
    config.sources.keys().filter(|source| takes(config, source)).cloned().collect()
}
