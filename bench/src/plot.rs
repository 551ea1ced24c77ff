//! Line charts as SVG, with the axes that latencies need: percentiles as HDR plots have them, powers
//! of ten.
//!
//! Some lines of text of our own: the few marks a chart of this kind has are less than what a plotting
//! crate must be told about its axes.

use hdrhistogram::Histogram;
use std::fmt::Write;

const WIDTH: f64 = 860.0;
const HEIGHT: f64 = 480.0;
const LEFT: f64 = 80.0;
const RIGHT: f64 = 20.0;
const TOP: f64 = 50.0;
const BOTTOM: f64 = 60.0;
const COLOURS: [&str; 5] = ["#1f5fbf", "#c23b22", "#3a8f3a", "#8a56ac", "#777777"];

/// An axis: where its marks stand, in its own measure, and what they say.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// What it shows.
    pub label: String,
    /// Marks, the first and last of which are its ends.
    pub marks: Vec<(f64, String)>,
}

impl Axis {
    /// Percentiles up to so many nines: each nine as wide as the one before.
    #[must_use]
    pub fn percentiles(nines: usize) -> Self {
        let names = ["0", "90", "99", "99.9", "99.99", "99.999", "99.9999", "99.99999"];
        let marks = names.iter().take(nines.clamp(1, names.len() - 1) + 1);
        let marks = marks.enumerate().map(|(nines, name)| (nines as f64, format!("{name} %")));
        Self { label: "percentile".into(), marks: marks.collect() }
    }

    /// Powers of ten around these values, which are more than 0, named by `name`.
    pub fn powers_of_ten(
        label: &str,
        values: impl Iterator<Item = f64>,
        name: impl Fn(f64) -> String,
    ) -> Self {
        let (least, most) = values
            .filter(|value| *value > 0.0)
            .fold((f64::MAX, f64::MIN), |(least, most), value| (least.min(value), most.max(value)));
        let (low, high) = match least <= most {
            true => (least.log10().floor() as i32, most.log10().ceil() as i32),
            false => (0, 1),
        };
        let powers = low..=high.max(low + 1);
        let marks = powers.map(|power| (f64::from(power), name(10_f64.powi(power)))).collect();
        Self { label: label.into(), marks }
    }

    fn ends(&self) -> (f64, f64) {
        let ends = self.marks.first().zip(self.marks.last());
        ends.map_or((0.0, 1.0), |((low, _), (high, _))| (*low, *high))
    }

    /// Where something stands between the ends, 0 to 1.
    fn place(&self, at: f64) -> f64 {
        let (low, high) = self.ends();
        ((at - low) / (high - low)).clamp(0.0, 1.0)
    }
}

/// A line, its points in the measures of the axes.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What it shows.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

impl Line {
    /// A distribution over [`Axis::percentiles`], its values in powers of ten.
    #[must_use]
    pub fn distribution(name: &str, latencies: &Histogram<u64>) -> Self {
        let steps = latencies.iter_quantiles(10).filter(|step| step.quantile_iterated_to() < 1.0);
        let point = |quantile: f64, value: u64| (-(1.0 - quantile).log10(), (value as f64).log10());
        let mut points: Vec<_> = steps
            .map(|step| point(step.quantile_iterated_to(), step.value_iterated_to().max(1)))
            .collect();
        if !latencies.is_empty() {
            points.push((nines(latencies) as f64, (latencies.max().max(1) as f64).log10()));
        }
        Self { name: name.into(), points }
    }
}

/// How many nines a histogram has enough values for.
#[must_use]
pub fn nines(latencies: &Histogram<u64>) -> usize {
    (latencies.len().max(10) as f64).log10().ceil() as usize
}

/// A chart as the text of an SVG file.
#[must_use]
pub fn svg(title: &str, x: &Axis, y: &Axis, lines: &[Line]) -> String {
    let (wide, high) = (WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM);
    let across = |at: f64| LEFT + x.place(at) * wide;
    let up = |at: f64| TOP + (1.0 - y.place(at)) * high;
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n"
    );
    say(&mut text, WIDTH / 2.0, 22.0, "middle", title);
    for (at, name) in &x.marks {
        let at = across(*at);
        rule(&mut text, (at, TOP), (at, HEIGHT - BOTTOM));
        say(&mut text, at, HEIGHT - BOTTOM + 18.0, "middle", name);
    }
    for (at, name) in &y.marks {
        let at = up(*at);
        rule(&mut text, (LEFT, at), (WIDTH - RIGHT, at));
        say(&mut text, LEFT - 8.0, at + 4.0, "end", name);
    }
    say(&mut text, LEFT + wide / 2.0, HEIGHT - 18.0, "middle", &x.label);
    say(&mut text, LEFT, TOP - 10.0, "end", &y.label);
    for (number, (line, colour)) in lines.iter().zip(COLOURS.iter().cycle()).enumerate() {
        let points: Vec<_> =
            line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", across(*x), up(*y))).collect();
        // Writing to a string does not fail: results are passed over.
        let _ = writeln!(
            text,
            "<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"1.8\" points=\"{}\"/>",
            points.join(" ")
        );
        let at = TOP + 16.0 * (number as f64 + 1.0);
        let _ = writeln!(
            text,
            "<rect x=\"{}\" y=\"{}\" width=\"14\" height=\"3\" fill=\"{colour}\"/>",
            LEFT + 10.0,
            at - 5.0
        );
        say(&mut text, LEFT + 30.0, at, "start", &line.name);
    }
    text + "</svg>\n"
}

fn say(text: &mut String, x: f64, y: f64, anchor: &str, words: &str) {
    let words = words.replace('&', "&amp;").replace('<', "&lt;");
    let _ =
        writeln!(text, "<text x=\"{x:.1}\" y=\"{y:.1}\" text-anchor=\"{anchor}\">{words}</text>");
}

fn rule(text: &mut String, from: (f64, f64), to: (f64, f64)) {
    let ((x1, y1), (x2, y2)) = (from, to);
    let _ = writeln!(
        text,
        "<path d=\"M{x1:.1} {y1:.1}L{x2:.1} {y2:.1}\" stroke=\"#dddddd\" stroke-width=\"1\"/>"
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_nine_of_the_percentiles_is_as_wide_as_the_one_before() {
        let axis = Axis::percentiles(4);
        assert_eq!(axis.marks[2], (2.0, "99 %".to_owned()));
        assert_eq!([0.0, 2.0, 4.0].map(|at| axis.place(at)), [0.0, 0.5, 1.0]);
        let mut latencies = crate::openloop::histogram();
        (1..=1000).for_each(|ns| latencies.record(ns).expect("within bounds"));
        let line = Line::distribution("a", &latencies);
        let at = |x: f64| line.points.iter().rfind(|point| point.0 <= x + 1e-9).expect("a point").1;
        assert!((at(1.0) - 900_f64.log10()).abs() < 0.01, "{line:?}");
        assert_eq!(line.points.last(), Some(&(3.0, 3.0)));
    }

    #[test]
    fn powers_of_ten_surround_the_values() {
        let axis = Axis::powers_of_ten("ns", [30.0, 5000.0].into_iter(), |value| value.to_string());
        let names: Vec<_> = axis.marks.iter().map(|(_, name)| name.as_str()).collect();
        assert_eq!(names, ["10", "100", "1000", "10000"]);
        let none = Axis::powers_of_ten("ns", [].into_iter(), |value| value.to_string());
        assert_eq!(none.marks.len(), 2);
    }

    #[test]
    fn a_chart_has_its_lines_names_and_marks_and_no_bare_brackets() {
        let x = Axis::percentiles(3);
        let y = Axis::powers_of_ten("ns", [1.0, 1000.0].into_iter(), |value| value.to_string());
        let line = Line { name: "a < b".into(), points: vec![(0.0, 0.0), (3.0, 3.0)] };
        let text = svg("title", &x, &y, &[line]);
        assert!(text.starts_with("<svg ") && text.ends_with("</svg>\n"));
        assert!(text.contains(">a &lt; b<") && text.contains(">99.9 %<"));
        // From the lower left corner to the upper right one.
        assert!(text.contains("points=\"80.0,420.0 840.0,50.0\""), "{text}");
    }
}
