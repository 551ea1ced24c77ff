//! For Markdown: a flowchart of Mermaid.

use super::Drawing;
use std::collections::HashMap;
use std::fmt::Write;

/// A flowchart. Boxes have short ids, so that no name can be a word of the language.
pub(crate) fn mermaid(drawing: &Drawing) -> String {
    let mut text = String::from("flowchart LR\n");
    let mut ids = HashMap::new();
    // Writing to a string does not fail.
    for (at, ingress) in drawing.ingresses().enumerate() {
        let id = format!("i{at}");
        let label = quoted(&format!("{}\n{}", ingress.name, ingress.event));
        let _ = writeln!(text, "  {id}([{label}])");
        ids.insert((false, format!("{}.{}", ingress.name, ingress.event)), id);
    }
    for (at, stage) in drawing.stages.iter().enumerate() {
        let id = format!("s{at}");
        let label = quoted(&format!("{}\n{}", stage.name, stage.tier.name()));
        let _ = writeln!(text, "  {id}[{label}]");
        ids.insert((true, stage.name.clone()), id);
    }
    for edge in drawing.edges() {
        let from = ids.get(&(edge.from_stage, edge.from.clone()));
        if let (Some(from), Some(to)) = (from, ids.get(&(true, edge.to.clone()))) {
            let _ = writeln!(text, "  {from} -->|{}| {to}", quoted(&edge.label.join("\n")));
        }
    }
    text
}

/// A label in quotes; signs that mean something there become entities.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '\n' => quoted.push_str("<br/>"),
            '"' => quoted.push_str("#quot;"),
            '#' => quoted.push_str("#35;"),
            '<' => quoted.push_str("#lt;"),
            '>' => quoted.push_str("#gt;"),
            '&' => quoted.push_str("#amp;"),
            '|' => quoted.push_str("#124;"),
            c => quoted.push(c),
        }
    }
    quoted + "\""
}
