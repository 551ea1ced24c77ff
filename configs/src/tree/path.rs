//! Paths: `components.sma.fast`, `routing.feed.MarketData.routes[0].condition`.

use super::{Entry, Node, Span, Value};
use crate::nearest::did_you_mean;

/// The node at a path, or the deepest one on the way to it.
///
/// The short form of a route list counts as its long form: `routes[1]` of `[sma, revert]` is
/// `revert`.
pub(crate) fn find<'t>(root: &'t Node, path: &str) -> &'t Node {
    walk(root, path).0
}

/// The node at a path, where there is one.
pub(crate) fn find_within<'t>(root: &'t Node, path: &str) -> Option<&'t Node> {
    let (node, rest) = walk(root, path);
    rest.is_empty().then_some(node)
}

fn walk<'t, 'p>(root: &'t Node, path: &'p str) -> (&'t Node, &'p str) {
    let mut node = root;
    let mut rest = path;
    while !rest.is_empty() {
        let (next, after) = match &node.value {
            Value::List(items) => {
                let at = rest.strip_prefix("routes").unwrap_or(rest);
                let Some((index, after)) = index(at) else { return (node, rest) };
                (items.get(index), after)
            }
            Value::Map(_) => match known_name(node, rest) {
                Some((entry, after)) => (Some(&node.entries()[entry].value), after),
                None => (None, rest),
            },
            Value::Scalar { .. } => (None, rest),
        };
        let Some(next) = next else { return (node, rest) };
        node = next;
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    (node, rest)
}

/// Puts a value at a path. What is written in short form on the way is written out.
///
/// # Errors
/// What is wrong with the path, and what would be right.
pub(crate) fn set(
    root: &mut Node,
    path: &str,
    place: Span,
    value: Node,
) -> Result<(), (String, String)> {
    Setter { path, place }.set(root, path, value)
}

struct Setter<'p> {
    path: &'p str,
    /// Where the path is written.
    place: Span,
}

impl Setter<'_> {
    fn set(&self, node: &mut Node, rest: &str, mut value: Node) -> Result<(), (String, String)> {
        if rest.is_empty() {
            if value.as_text().is_none() || value.span.start == value.span.end {
                value.mark = self.place;
            }
            *node = value;
            return Ok(());
        }
        self.write_out(node, rest);
        let walked = &self.path[..self.path.len() - rest.len()];
        let here = walked.trim_end_matches('.');
        match &mut node.value {
            Value::List(items) => {
                let help = "items are counted from 0: `routes[0]`".to_owned();
                let Some((index, after)) = index(rest) else {
                    return Err((format!("`{here}` is a list"), help));
                };
                let count = items.len();
                match items.get_mut(index) {
                    Some(item) => self.set(item, after.strip_prefix('.').unwrap_or(after), value),
                    None => Err((format!("`{here}` has {count} items, no [{index}]"), help)),
                }
            }
            Value::Map(_) => self.set_key(node, rest, here, value),
            Value::Scalar { .. } => Err((
                format!("`{here}` is a single value and has no `{rest}`"),
                format!("set `{here}` itself"),
            )),
        }
    }

    fn set_key(
        &self,
        node: &mut Node,
        rest: &str,
        here: &str,
        value: Node,
    ) -> Result<(), (String, String)> {
        let known = known_name(node, rest);
        let Value::Map(entries) = &mut node.value else { return Ok(()) };
        if let Some((entry, after)) = known {
            let after = after.strip_prefix('.').unwrap_or(after);
            return self.set(&mut entries[entry].value, after, value);
        }
        let end = rest.find(['.', '[']).unwrap_or(rest.len());
        let (name, after) = rest.split_at(end);
        let section = match here {
            "" => ["rings", "journal"].contains(&name),
            "rings" => name == "streams",
            "journal" => name == "retention",
            _ => false,
        };
        if !after.is_empty() && !section {
            let place = if here.is_empty() { "the config".into() } else { format!("`{here}`") };
            let names: Vec<&str> = entries.iter().map(Entry::name).collect();
            return Err((
                format!("{place} has no `{name}`"),
                did_you_mean(name, "key", names.iter().copied()),
            ));
        }
        let mut inner = Node::new(self.place, Value::Map(Vec::new()));
        self.set(&mut inner, after.strip_prefix('.').unwrap_or(after), value)?;
        entries.push(Entry { key: Node::plain(self.place, name), value: inner });
        Ok(())
    }

    /// Writes short forms out: `name: type` of a component, a plain list of routes, an empty
    /// section.
    fn write_out(&self, node: &mut Node, rest: &str) {
        let walked = &self.path[..self.path.len() - rest.len()];
        let named = !rest.starts_with('[');
        let depth = walked.matches('.').count();
        let key = if node.is_null() && named {
            node.value = Value::Map(Vec::new());
            return;
        } else if walked.starts_with("components.") && depth == 2 && named {
            "type"
        } else if walked.starts_with("routing.") && depth == 3 && named {
            "routes"
        } else {
            return;
        };
        let fits = match &node.value {
            Value::Scalar { .. } => key == "type",
            Value::List(_) => key == "routes",
            Value::Map(_) => false,
        };
        if fits {
            let inner = node.clone();
            let key = Node::plain(node.mark, key);
            node.value = Value::Map(vec![Entry { key, value: inner }]);
        }
    }
}

/// The entry whose name a path begins with, and what follows; the longest such name, since names
/// may have dots.
fn known_name<'p>(node: &Node, path: &'p str) -> Option<(usize, &'p str)> {
    node.entries()
        .iter()
        .enumerate()
        .filter_map(|(at, entry)| {
            let after = path.strip_prefix(entry.name())?;
            (after.is_empty() || after.starts_with(['.', '['])).then_some((at, after))
        })
        .filter(|(_, after)| after.len() < path.len())
        .min_by_key(|(_, after)| after.len())
}

/// The index a path begins with, and what follows.
fn index(path: &str) -> Option<(usize, &str)> {
    let (digits, after) = path.strip_prefix('[')?.split_once(']')?;
    Some((digits.parse().ok()?, after))
}
