//! Routes as they were written, one line each.

use serde_json::{Map, Value, json};

/// Every route of the section `routing`, with its source, event type and tier.
pub(super) fn routes(config: &Value) -> Value {
    let mut all = Vec::new();
    let sources = config.get("routing").and_then(Value::as_object);
    for (source, topics) in sources.into_iter().flatten() {
        for (event, topic) in topics.as_object().into_iter().flatten() {
            // The short form is a broadcast on the standard tier.
            let (tier, routes) = match topic {
                Value::Object(topic) => (topic.get("tier"), topic.get("routes")),
                short => (None, Some(short)),
            };
            let tier = tier.and_then(Value::as_str).unwrap_or("standard");
            for route in list_of(routes) {
                all.push(json!({
                    "source": source,
                    "event": event,
                    "tier": tier,
                    "text": line(route),
                    "route": route,
                }));
            }
        }
    }
    all.into()
}

/// A list of routes, or the one that stands in the place of a list.
pub(super) fn list_of(routes: Option<&Value>) -> &[Value] {
    match routes {
        Some(Value::Array(routes)) => routes.as_slice(),
        Some(one) => std::slice::from_ref(one),
        None => &[],
    }
}

/// `pipeline(check -> venue)`, `filter(strength > 0.1 -> gate)`.
pub(super) fn line(route: &Value) -> String {
    let Some(object) = route.as_object() else {
        return route.as_str().map_or_else(|| route.to_string(), str::to_owned);
    };
    let kind = object.get("type").and_then(Value::as_str).unwrap_or("route");
    let mut parts: Vec<String> = Vec::new();
    let inner = |key: &str, between: &str| {
        let list = object.get(key)?.as_array()?;
        Some(list.iter().map(line).collect::<Vec<_>>().join(between))
    };
    parts.extend(object.get("condition").and_then(Value::as_str).map(str::to_owned));
    parts.extend(object.get("with").map(line));
    parts.extend(inner("steps", " -> "));
    parts.extend(inner("targets", ", "));
    parts.extend(object.get("target").map(line));
    let more = more(object);
    format!(
        "{kind}({}){}",
        parts.join(" -> "),
        if more.is_empty() { more } else { format!(" {more}") }
    )
}

/// What a route says besides where it leads: `on_full: conflate`.
fn more(route: &Map<String, Value>) -> String {
    const SHOWN: [&str; 6] = ["type", "condition", "with", "steps", "targets", "target"];
    let rest = route.iter().filter(|(key, _)| !SHOWN.contains(&key.as_str()));
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    rest.map(|(key, value)| format!("{key}: {}", text(value))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nested_routes_are_one_line() {
        let route = json!({
            "type": "pipeline",
            "steps": ["a", { "type": "filter", "condition": "size > 1" }, { "type": "broadcast", "targets": ["b", "c"], "on_full": "conflate" }],
        });
        assert_eq!(
            line(&route),
            "pipeline(a -> filter(size > 1) -> broadcast(b, c) on_full: conflate)"
        );
        let filter = json!({ "type": "filter", "condition": "strength > 0.1", "target": "gate" });
        assert_eq!(line(&filter), "filter(strength > 0.1 -> gate)");
    }

    #[test]
    fn both_forms_of_a_topic_are_listed() {
        let config = json!({ "routing": {
            "feed": { "MarketData": ["a", "b"] },
            "risk": { "Order": { "tier": "fast", "routes": ["c"] } },
        }});
        let routes = routes(&config);
        assert_eq!(routes.as_array().map(Vec::len), Some(3));
        assert_eq!((&routes[1]["text"], &routes[1]["tier"]), (&"b".into(), &"standard".into()));
        assert_eq!((&routes[2]["source"], &routes[2]["tier"]), (&"risk".into(), &"fast".into()));
    }
}
