//! Parameters, as their schema tells them.

use serde_json::Value;

/// A parameter of something that configs can name.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: String,
    /// `integer`, `number`, `true or false`, or the words it may be.
    kind: String,
    /// The least and the most, where there are any.
    bounds: String,
    /// `none` says that a number counts nothing.
    pub(super) unit: Option<String>,
    default: Option<String>,
    is_required: bool,
    /// Sentences about it.
    pub(super) doc: String,
}

impl Parameter {
    /// Whether it is a number, or may be.
    #[cfg(test)]
    pub(super) fn is_number(&self) -> bool {
        ["integer", "number"].iter().any(|number| self.kind.contains(number))
    }

    /// Kind, bounds, unit and default on one line: `integer from 1, prices; default 10`.
    pub(super) fn form(&self) -> String {
        let mut form = format!("{}{}", self.kind, self.bounds);
        if let Some(unit) = self.unit.as_ref().filter(|unit| *unit != "none") {
            form += &format!(", in {unit}");
        }
        match (&self.default, self.is_required) {
            (Some(default), _) => form + &format!("; default {default}"),
            (None, true) => form + "; required",
            (None, false) => form,
        }
    }
}

/// The parameters of a schema, in their order.
pub(super) fn parameters(schema: &Value) -> Vec<Parameter> {
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &str| required.is_some_and(|all| all.iter().any(|one| one == name));
    let properties = schema.get("properties").and_then(Value::as_object).into_iter().flatten();
    let parameter = |(name, property): (&String, &Value)| {
        let text = |key: &str| property.get(key).and_then(Value::as_str);
        let default = property.get("default").filter(|default| !default.is_null());
        Parameter {
            name: name.clone(),
            kind: kind(property, schema, 0),
            bounds: bounds(property),
            unit: text("unit").map(str::to_owned),
            default: default.map(|default| match default {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            }),
            is_required: is_required(name),
            doc: text("description").unwrap_or_default().replace('\n', " "),
        }
    };
    properties.map(parameter).collect()
}

/// How deep definitions may refer to each other.
const DEPTH: usize = 8;

/// What values are: words where there are only so many, else the kind.
fn kind(property: &Value, root: &Value, depth: usize) -> String {
    if let Some(to) = property.get("$ref").and_then(Value::as_str) {
        let at = to.strip_prefix('#').and_then(|pointer| root.pointer(pointer));
        return match at {
            Some(definition) if depth < DEPTH => kind(definition, root, depth + 1),
            _ => to.rsplit('/').next().unwrap_or(to).to_lowercase(),
        };
    }
    if let Some(only) = property.get("const") {
        return word(only);
    }
    if let Some(words) = property.get("enum").and_then(Value::as_array) {
        return words.iter().filter(|one| !one.is_null()).map(word).collect::<Vec<_>>().join(" | ");
    }
    for key in ["anyOf", "oneOf"] {
        if let Some(shapes) = property.get(key).and_then(Value::as_array) {
            let mut kinds: Vec<_> = shapes
                .iter()
                .filter(|shape| shape.get("type") != Some(&"null".into()))
                .map(|shape| kind(shape, root, depth + 1))
                .collect();
            kinds.dedup();
            return kinds.join(" | ");
        }
    }
    let named = |name: &str| match name {
        "boolean" => "true or false".to_owned(),
        "string" => "text".to_owned(),
        "array" => {
            let items = property.get("items").map(|items| kind(items, root, depth + 1));
            items.map_or_else(|| "list".into(), |items| format!("list of {items}"))
        }
        "object" => "mapping".to_owned(),
        other => other.to_owned(),
    };
    match property.get("type") {
        Some(Value::String(name)) => named(name),
        Some(Value::Array(names)) => {
            let names = names.iter().filter_map(Value::as_str).filter(|name| *name != "null");
            // A decimal may be written as text, to be exact.
            let names: Vec<_> = names.collect();
            if names.contains(&"number") {
                "number".into()
            } else {
                names.iter().map(|n| named(n)).collect::<Vec<_>>().join(" or ")
            }
        }
        _ => "any".into(),
    }
}

fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn bounds(property: &Value) -> String {
    let get = |key: &str| property.get(key).filter(|value| !value.is_null());
    let low = match (get("minimum"), get("exclusiveMinimum")) {
        (_, Some(low)) => format!(" above {low}"),
        (Some(low), None) => format!(" from {low}"),
        (None, None) => String::new(),
    };
    match (get("maximum"), get("exclusiveMaximum")) {
        (_, Some(high)) => format!("{low} below {high}"),
        (Some(high), None) => format!("{low} to {high}"),
        (None, None) => low,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use schemars::{JsonSchema, SchemaGenerator};
    use serde::Deserialize;

    #[derive(Deserialize, JsonSchema)]
    #[serde(rename_all = "snake_case")]
    enum Word {
        One,
        Two,
    }

    #[derive(Deserialize, JsonSchema)]
    #[expect(dead_code, reason = "read as a schema only")]
    struct Params {
        /// How long.
        #[schemars(range(min = 1, max = 9), extend("unit" = "ms"))]
        #[serde(default = "four")]
        wait: u32,
        word: Option<Word>,
        /// Where.
        paths: Vec<String>,
    }

    fn four() -> u32 {
        4
    }

    #[test]
    fn a_parameter_tells_kind_bounds_unit_and_default() {
        let mut generator = SchemaGenerator::default();
        let mut schema = Params::json_schema(&mut generator).to_value();
        schema["$defs"] = generator.take_definitions(true).into();
        let told = parameters(&schema);
        let lines: Vec<_> =
            told.iter().map(|one| format!("{}: {}", one.name, one.form())).collect();
        assert_eq!(
            lines,
            [
                "wait: integer from 1 to 9, in ms; default 4",
                "word: one | two",
                "paths: list of text; required"
            ]
        );
        assert_eq!(told[0].doc, "How long.");
    }
}
