//! Subscriptions: patterns of topics to links.
//!
//! ```text
//!  md.*.trade.AAPL.XNAS --> streams of MarketData of every source --link with bits--> route
//! ```
//!
//! A subscription is a route whose events come from every stream that one of its patterns matches. It is
//! lowered after all routes, when all streams are known. The link of each stream says which kinds
//! and symbols are wanted of it; one event is taken once, however many of the patterns match it.

use super::check::{Problem, nearest};
use super::graph::{Link, Stream};
use super::lower::{Lowering, View};
use super::plan::PlannedSubscription;
use crate::Instruments;
use crate::condition::Fields;
use crate::event::{Event, EventType, MarketData, Order, Signal};
use crate::route::Route;
use crate::topic::{Interest, Pattern, prefix_of};

impl Lowering<'_> {
    pub(super) fn subscribe(
        &mut self,
        number: usize,
        planned: &PlannedSubscription,
        instruments: &Instruments,
    ) {
        let place = |i: usize| format!("topics[{number}].subscribe[{i}]");
        let mut patterns = Vec::new();
        for (i, text) in planned.topics.iter().enumerate() {
            patterns.extend(self.read_pattern(text, place(i)).map(|pattern| (pattern, place(i))));
        }
        let mut matched = vec![false; patterns.len()];
        let at = |index: usize| format!("topics[{number}].routes[{index}]");
        for view in self.matching_views(&patterns, &mut matched) {
            let streams: Vec<_> = view.links.iter().map(|link| link.stream).collect();
            let wanted: Vec<_> =
                planned.routes.iter().map(|route| self.may_take(route, view.event.event)).collect();
            let named = patterns.iter().any(|(pattern, _)| {
                pattern.prefix().is_some_and(|prefix| prefix == prefix_of(view.event.event))
            });
            if !named && !wanted.contains(&true) {
                continue;
            }
            self.gather_on(&streams, planned.tier);
            for (index, (route, wanted)) in planned.routes.iter().zip(wanted).enumerate() {
                if wanted || named {
                    self.walk(route, &view, planned.tier, &at(index), false);
                }
            }
        }
        for ((pattern, at), matched) in patterns.iter().zip(matched) {
            if matched {
                self.warn_of_symbols(pattern, at, instruments);
            } else {
                self.warn_of_no_match(pattern, at);
            }
        }
    }

    fn read_pattern(&mut self, text: &str, at: String) -> Option<Pattern> {
        let pattern: Pattern = match text.parse() {
            Ok(pattern) => pattern,
            Err(crate::topic::PatternError { message, help }) => {
                self.problems.error("PL-TOPOLOGY-050", at, message, help);
                return None;
            }
        };
        let known: Vec<_> = self.event_types().into_iter().map(prefix_of).collect();
        match pattern.prefix() {
            Some(prefix) if !known.iter().any(|known| known == prefix) => {
                let help = match nearest(prefix, known.iter().map(String::as_str)) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("topics begin with {}, `*` or `>`", known.join(", ")),
                };
                let message = format!("no topic begins with `{prefix}`");
                self.problems.error("PL-TOPOLOGY-050", at, message, help);
                None
            }
            _ => Some(pattern),
        }
    }

    /// Types of events that have topics: those that ship, and those of streams and components.
    fn event_types(&mut self) -> Vec<EventType> {
        // Subscriptions add no types, and each of them asks.
        if let Some(types) = &self.event_types {
            return types.clone();
        }
        let mut types = vec![MarketData::TYPE, Signal::TYPE, Order::TYPE];
        let streams = self.graph.streams.iter().map(|stream| stream.event.event);
        let taken = self.graph.stages.iter().flat_map(|stage| &stage.component.inputs).copied();
        for event in streams.chain(taken) {
            if !types.contains(&event) {
                types.push(event);
            }
        }
        self.event_types = Some(types.clone());
        types
    }

    /// Streams of the sources that patterns name, all where one names none; in their order.
    fn streams_that_may_match(&mut self, patterns: &[(Pattern, String)]) -> Vec<usize> {
        for index in self.by_source.0..self.graph.streams.len() {
            let source = self.graph.streams[index].source.clone();
            self.by_source.1.entry(source).or_default().push(index);
        }
        self.by_source.0 = self.graph.streams.len();
        let sources: Option<Vec<_>> =
            patterns.iter().map(|(pattern, _)| pattern.source()).collect();
        let Some(sources) = sources else { return (0..self.graph.streams.len()).collect() };
        let named = sources.into_iter().filter_map(|source| self.by_source.1.get(source));
        let mut streams: Vec<_> = named.flatten().copied().collect();
        streams.sort_unstable();
        streams.dedup();
        streams
    }

    /// A view for each event type: the streams that a pattern matches, in their order.
    fn matching_views(
        &mut self,
        patterns: &[(Pattern, String)],
        matched: &mut [bool],
    ) -> Vec<View> {
        let streams = self.streams_that_may_match(patterns);
        let own = |index: &usize| self.graph.streams[*index].is_public();
        let streams: Vec<_> = streams.into_iter().filter(own).collect();
        let mut types: Vec<Fields> = Vec::new();
        for stream in streams.iter().map(|&index| &self.graph.streams[index]) {
            if !types.iter().any(|known| known.event == stream.event.event) {
                types.push(stream.event);
            }
        }
        let mut views = Vec::new();
        let mut refused = vec![false; patterns.len()];
        for event in types {
            let mut links = Vec::new();
            for &index in &streams {
                let stream = &self.graph.streams[index];
                if stream.event.event != event.event {
                    continue;
                }
                let mut interest: Option<Interest> = None;
                for (number, (pattern, at)) in patterns.iter().enumerate() {
                    match pattern.interest(&event, &stream.source) {
                        Ok(Some(more)) => {
                            matched[number] = true;
                            interest = Some(match interest.take() {
                                Some(known) => known.or(more),
                                None => more,
                            });
                        }
                        Ok(None) => {}
                        Err(_) if refused[number] => {}
                        Err(error) => {
                            (refused[number], matched[number]) = (true, true);
                            let (message, help) = (error.message, error.help);
                            self.problems.error("PL-TOPOLOGY-050", at.clone(), message, help);
                        }
                    }
                }
                links.extend(
                    interest.map(|topics| Link { topics: Some(topics), ..Link::to(index) }),
                );
            }
            if !links.is_empty() {
                views.push(View { event, links });
            }
        }
        views
    }

    /// Whether the components that events would come to first take them: a wildcard for the type
    /// stands for these types alone.
    fn may_take(&self, route: &Route, event: EventType) -> bool {
        match route {
            Route::To(name) => self
                .by_name
                .get(name)
                .is_none_or(|&stage| self.graph.stages[stage].component.inputs.contains(&event)),
            Route::Inline(component) => component.inputs.contains(&event),
            Route::Pipeline(steps) => steps.iter().all(|step| self.may_take(step, event)),
            Route::Broadcast(targets) => targets.iter().any(|target| self.may_take(target, event)),
            Route::Filter { target, .. } => {
                target.as_deref().is_none_or(|target| self.may_take(target, event))
            }
            Route::Transform { with: route, .. }
            | Route::OnFull { route, .. }
            | Route::Around { route, .. }
            | Route::Partition { target: route, .. } => self.may_take(route, event),
        }
    }

    fn warn_of_no_match(&mut self, pattern: &Pattern, at: &str) {
        let own = |stream: &&Stream| stream.is_public();
        let streams = self.graph.streams.iter().filter(own);
        let of_type = streams.filter(|stream| {
            pattern.prefix().is_none_or(|prefix| prefix == prefix_of(stream.event.event))
        });
        let mut sources: Vec<_> = of_type.map(|stream| stream.source.as_str()).collect();
        sources.dedup();
        let help = match pattern.source() {
            _ if sources.is_empty() => "there is no stream of such events".to_owned(),
            Some(source) => match nearest(source, sources.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("such events come from `{}`", sources.join("`, `")),
            },
            None => format!("such events come from `{}`", sources.join("`, `")),
        };
        let message = format!("the topic `{pattern}` matches nothing");
        self.problems.push(Problem::warning("PL-TOPOLOGY-051", at, message, help));
    }

    /// Symbols may come later, or be misspelt.
    fn warn_of_symbols(&mut self, pattern: &Pattern, at: &str, instruments: &Instruments) {
        let Some(symbol) = pattern.symbol(&self.event_types()) else { return };
        if instruments.id(&symbol).is_some() {
            return;
        }
        let known: Vec<_> = (1..=instruments.len())
            .filter_map(|id| instruments.text(u32::try_from(id).unwrap_or(u32::MAX)))
            .collect();
        let with_venue = known.iter().find(|text| Instruments::split(text).0 == symbol);
        let near = with_venue.map(|text| &**text);
        let near = near.or_else(|| nearest(&symbol, known.iter().map(|text| &**text)));
        let help = match near {
            Some(near) => format!("did you mean `{near}`? otherwise it matches from when it comes"),
            None => "it matches from when it comes".to_owned(),
        };
        let message = format!("no instrument is `{symbol}` so far, which `{pattern}` asks for");
        self.problems.push(Problem::warning("PL-TOPOLOGY-052", at, message, help));
    }
}
