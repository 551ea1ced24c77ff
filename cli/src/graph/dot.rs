//! For Graphviz: `pitlane graph CONFIG --format dot | dot -Tsvg`.

use super::Drawing;
use std::fmt::Write;

/// A directed graph in the dot language.
pub(crate) fn dot(drawing: &Drawing) -> String {
    let mut text = String::from("digraph pitlane {\n  rankdir=LR;\n  node [shape=box];\n");
    // Writing to a string does not fail.
    for ingress in drawing.ingresses() {
        let (id, name) = (format!("{}.{}", ingress.name, ingress.event), &ingress.name);
        let label = quoted(&format!("{name}\n{}", ingress.event));
        let _ = writeln!(text, "  {} [shape=ellipse, label={label}];", quoted(&format!("in:{id}")));
    }
    for stage in &drawing.stages {
        let label = quoted(&format!("{}\n{}", stage.name, stage.tier.name()));
        let _ = writeln!(text, "  {} [label={label}];", quoted(&format!("at:{}", stage.name)));
    }
    for edge in drawing.edges() {
        let from =
            if edge.from_stage { format!("at:{}", edge.from) } else { format!("in:{}", edge.from) };
        let (from, to) = (quoted(&from), quoted(&format!("at:{}", edge.to)));
        let _ = writeln!(text, "  {from} -> {to} [label={}];", quoted(&edge.label.join("\n")));
    }
    text + "}\n"
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{escaped}\"")
}
