//! Where in the file a problem of the plan stands.

use super::Places;
use crate::mistake::Mistake;
use crate::tree::{Node, Span, find};
use pitlane::error::Coded;
use pitlane::topology::{Problem, Severity};
use std::ops::Range;

/// Adds the problems of a whole plan.
pub(super) fn add(problems: &[Problem], places: &Places, mistakes: &mut Vec<Mistake>) {
    mistakes.extend(problems.iter().map(|problem| translate(problem, places)));
}

/// What a plan may seem to lack only because a component is stood in for: an emitter, a transform,
/// a stream.
const FOLLOW: &[&str] = &["PL-TOPOLOGY-002", "PL-TOPOLOGY-004", "PL-TOPOLOGY-013"];

/// Adds the problems of a plan in which stand-ins take the place of what could not be understood:
/// its warnings are left out, and so are errors that may follow from that. `is_whole` says that no
/// component is stood in for.
pub(super) fn add_of_a_part(
    problems: &[Problem],
    places: &Places,
    is_whole: bool,
    mistakes: &mut Vec<Mistake>,
) {
    let known: Vec<Span> = mistakes.iter().filter_map(|mistake| mistake.span).collect();
    for problem in problems.iter().filter(|problem| problem.severity == Severity::Error) {
        let mistake = translate(problem, places);
        let follows = !is_whole && FOLLOW.contains(&problem.code);
        if !follows && mistake.span.is_none_or(|span| !known.contains(&span)) {
            mistakes.push(mistake);
        }
    }
}

fn translate(problem: &Problem, places: &Places) -> Mistake {
    let node = find(&places.root, &problem.at);
    let span = match &problem.span {
        Some(within) => part(node, within, places).unwrap_or(node.mark),
        None => node.mark,
    };
    Mistake::at(span, problem.diagnostic())
}

/// A part of a scalar's text, where it stands in the file as it is.
fn part(node: &Node, within: &Range<usize>, places: &Places) -> Option<Span> {
    let text = node.as_text()?;
    let wanted = text.get(within.clone())?;
    let written = places.texts.text(node.span).get(node.span.start..node.span.end)?;
    // Escapes and folded lines make the written text differ from what it means.
    let offset = written.find(text)? + within.start;
    let start = node.span.start + offset;
    debug_assert_eq!(written.get(offset..offset + wanted.len()), Some(wanted));
    Some(places.texts.span(node.span.text, start, start + wanted.len()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{Texts, parse};

    fn places(text: &str) -> Places {
        let mut texts = Texts::default();
        let file = texts.add("a.yaml", text);
        let (root, mistakes) = parse(&texts, file);
        assert!(mistakes.is_empty(), "{mistakes:?}");
        Places { root: root.expect("a tree"), texts }
    }

    fn marked(text: &str, at: &str, span: Option<Range<usize>>) -> String {
        let places = places(text);
        let problem = Problem {
            severity: Severity::Error,
            code: "PL-TOPOLOGY-000",
            at: at.into(),
            span,
            message: "wrong".into(),
            help: String::new(),
        };
        let span = translate(&problem, &places).span.expect("a place");
        places.texts.text(span)[span.start..span.end].to_owned()
    }

    const TEXT: &str = "\
routing:
  s:
    Signal:
      routes:
        - { type: filter, condition: \"strenght > 0.1\", target: gate }
        - type: filter
          condition: size > 1 && strenght > 0.1
    Order: [a, { type: broadcast, targets: [b, c] }]
";

    #[test]
    fn a_part_of_a_condition_is_marked_in_the_file() {
        let at = "routing.s.Signal.routes[0].condition";
        assert_eq!(marked(TEXT, at, Some(0..8)), "strenght");
        assert_eq!(marked(TEXT, at, None), "\"strenght > 0.1\"");
        let at = "routing.s.Signal.routes[1].condition";
        assert_eq!(marked(TEXT, at, Some(12..20)), "strenght");
    }

    #[test]
    fn a_part_beyond_the_condition_marks_the_whole() {
        let at = "routing.s.Signal.routes[1].condition";
        assert_eq!(marked(TEXT, at, Some(90..95)), "size > 1 && strenght > 0.1");
    }

    #[test]
    fn routes_of_the_short_form_are_found() {
        assert_eq!(marked(TEXT, "routing.s.Order.routes[0]", None), "a");
        assert_eq!(marked(TEXT, "routing.s.Order.routes[1].targets[1]", None), "c");
    }

    #[test]
    fn what_is_not_in_the_file_is_marked_where_it_would_stand() {
        assert_eq!(marked(TEXT, "routing.s.Quote.routes[0]", None), "s");
        assert_eq!(marked(TEXT, "components.x", None), "routing:");
    }
}
