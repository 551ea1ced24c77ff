//! Which stage runs on which lane.

use super::check::{Problems, nearest};
use super::checked::Checked;
use super::graph::{Graph, Stage};
use super::plan::{LaneSpec, Lanes};
use crate::Tier;
use crate::affinity::allowed_cores;
use crate::stage::Runs;
use crate::wait::Wait;

/// A lane to be: its stages as places in topological order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PlannedLane {
    pub(super) name: String,
    pub(super) cpu: Option<usize>,
    /// Whether that core was asked for by name.
    pub(super) must_pin: bool,
    pub(super) wait: Wait,
    /// What was not done as asked, and why.
    pub(super) note: Option<String>,
    pub(super) stages: Vec<usize>,
}

/// Where stages run.
#[derive(Debug)]
pub(super) enum Placement {
    /// On the caller's thread.
    Inline(PlannedLane),
    /// On threads of their own; the caller's brings the input in.
    Threads(Vec<PlannedLane>),
}

/// Places the stages on what cores there are.
///
/// Lanes that keep their core never outnumber the cores, the caller's thread counted: the rest back
/// off. Even those yield after a few spins, so that a core shared with strangers is not wasted on
/// waiting; `busy_spin` is for cores set apart, and only by request. Stages of one lane are neighbours in topological order, so that events cross few cores.
pub(super) fn place(checked: &Checked) -> Placement {
    let cores = allowed_cores();
    let is_fast = |&place: &usize| {
        let stage = &checked.graph.stages[checked.order[place]];
        matches!(stage.tier, Some(Tier::Fast { .. }))
    };
    let called = |place: &usize| checked.graph.stages[checked.order[*place]].courier.is_some();
    let every = 0..checked.order.len();
    let all = every.clone().filter(|place| !called(place));
    let placed = all.clone().filter(|&place| runs(checked, place) == Runs::Placed);
    let (fast, standard): (Vec<_>, Vec<_>) = placed.partition(is_fast);
    match &checked.lanes {
        Lanes::Fused => Placement::Inline(PlannedLane {
            name: "fused".into(),
            cpu: None,
            must_pin: false,
            wait: Wait::Backoff,
            note: None,
            stages: every.collect(),
        }),
        Lanes::Auto => {
            let free = cores.len().saturating_sub(1).max(1);
            let lanes = with_worker(spread(&fast, free, &cores), standard);
            let lanes = with_own_wishes(checked, lanes, all.collect());
            Placement::Threads(with_couriers(checked, lanes))
        }
        Lanes::Count(lanes) => {
            let lanes = with_worker(spread(&fast, *lanes, &cores), standard);
            let lanes = with_own_wishes(checked, lanes, all.collect());
            Placement::Threads(with_couriers(checked, lanes))
        }
        Lanes::List(specs) => {
            let listed =
                specs.iter().map(|spec| listed_lane(checked, spec, specs, &cores)).collect();
            let listed = tame(listed, cores.len());
            let is_listed = |place: &usize| {
                let stage = &checked.graph.stages[checked.order[*place]];
                specs.iter().any(|spec| is_listed(&checked.graph, stage, spec, specs))
            };
            let rest: Vec<_> = all.filter(|place| !is_listed(place)).collect();
            let is_placed = |place: &usize| runs(checked, *place) == Runs::Placed;
            let (standard, wishes) = rest.into_iter().partition(is_placed);
            let lanes = with_own_wishes(checked, with_worker(listed, standard), wishes);
            Placement::Threads(with_couriers(checked, lanes))
        }
    }
}

/// Splits stages over at most `lanes` lanes, pinned from the last core down: the first one serves
/// the caller's thread and, as a rule, interrupts.
fn spread(stages: &[usize], lanes: usize, cores: &[usize]) -> Vec<PlannedLane> {
    let lanes = lanes.min(stages.len());
    let busy = lanes < cores.len();
    let chunk = |lane: usize| {
        let (start, end) = (lane * stages.len() / lanes, (lane + 1) * stages.len() / lanes);
        PlannedLane {
            name: format!("lane-{}", lane + 1),
            cpu: if busy { cores.iter().rev().nth(lane).copied() } else { None },
            must_pin: false,
            wait: if busy { Wait::SpinYield } else { Wait::Backoff },
            note: None,
            stages: stages[start..end].to_vec(),
        }
    };
    (0..lanes).map(chunk).collect()
}

/// Where the component of a stage says that it runs.
fn runs(checked: &Checked, place: usize) -> Runs {
    checked.graph.stages[checked.order[place]].component.consumer.runs
}

/// Adds the stages, of these, that run on a lane of their own, or on that of whoever writes what they read.
fn with_own_wishes(
    checked: &Checked,
    mut lanes: Vec<PlannedLane>,
    places: Vec<usize>,
) -> Vec<PlannedLane> {
    let graph = &checked.graph;
    for &place in places.iter().filter(|&&place| runs(checked, place) == Runs::Worker) {
        let own = with_worker(Vec::new(), vec![place]);
        let name = format!("worker-{}", graph.stages[checked.order[place]].name);
        lanes.extend(own.into_iter().map(|lane| PlannedLane { name: name.clone(), ..lane }));
    }
    for &place in places.iter().filter(|&&place| runs(checked, place) == Runs::Inline) {
        let links = &graph.stages[checked.order[place]].links;
        let writes = |&other: &usize| {
            let writer = |stream: usize| graph.streams[stream].writer == Some(checked.order[other]);
            links.iter().any(|link| writer(graph.source_of(link.stream)))
        };
        let reads = |&other: &usize| {
            let others = &graph.stages[checked.order[other]].links;
            others.iter().any(|other| links.iter().any(|link| link.stream == other.stream))
        };
        let of = |lanes: &[PlannedLane], near: &dyn Fn(&usize) -> bool| {
            lanes.iter().position(|lane| lane.stages.iter().any(near))
        };
        let lane = of(&lanes, &writes).or_else(|| of(&lanes, &reads)).unwrap_or(0);
        match lanes.get_mut(lane) {
            Some(lane) => {
                lane.stages.push(place);
                lane.stages.sort_unstable();
            }
            None => lanes = with_worker(lanes, vec![place]),
        }
    }
    lanes
}

fn with_worker(mut lanes: Vec<PlannedLane>, stages: Vec<usize>) -> Vec<PlannedLane> {
    if !stages.is_empty() {
        let name = "worker".to_owned();
        let (cpu, must_pin, wait) = (None, false, Wait::Park);
        lanes.push(PlannedLane { name, cpu, must_pin, wait, note: None, stages });
    }
    lanes
}

/// Each courier has a lane of its own: a target that takes its time holds up nobody else.
fn with_couriers(checked: &Checked, mut lanes: Vec<PlannedLane>) -> Vec<PlannedLane> {
    let couriers = checked.graph.couriers.len();
    for courier in 0..couriers {
        let own =
            |place: &usize| checked.graph.stages[checked.order[*place]].courier == Some(courier);
        let stages: Vec<_> = (0..checked.order.len()).filter(own).collect();
        let name =
            if couriers == 1 { "courier".into() } else { format!("courier-{}", courier + 1) };
        let (cpu, must_pin, wait) = (None, false, Wait::Park);
        lanes.push(PlannedLane { name, cpu, must_pin, wait, note: None, stages });
    }
    lanes
}

/// Whether a lane names a stage. The name of a partitioned component stands for those of its copies
/// that no lane names by themselves, too.
fn is_listed(graph: &Graph, stage: &Stage, spec: &LaneSpec, specs: &[LaneSpec]) -> bool {
    if spec.stages.contains(&stage.name) {
        return true;
    }
    let alone = specs.iter().all(|spec| !spec.stages.contains(&stage.name));
    stage.copy_of.is_some_and(|joins| alone && spec.stages.contains(&graph.stages[joins].name))
}

fn listed_lane(
    checked: &Checked,
    spec: &LaneSpec,
    specs: &[LaneSpec],
    cores: &[usize],
) -> PlannedLane {
    let places = 0..checked.order.len();
    let graph = &checked.graph;
    let named = |place: &usize| is_listed(graph, &graph.stages[checked.order[*place]], spec, specs);
    let default =
        if spec.cpu.is_some() && cores.len() > 1 { Wait::SpinYield } else { Wait::Backoff };
    PlannedLane {
        name: spec.name.clone(),
        cpu: spec.cpu,
        must_pin: true,
        wait: spec.wait.unwrap_or(default),
        note: None,
        stages: places.filter(named).collect(),
    }
}

/// Lets lanes back off that were to spin for ever and have no core for it: two on one core, or more
/// than there are cores, would each wait while the other has the core.
fn tame(mut lanes: Vec<PlannedLane>, cores: usize) -> Vec<PlannedLane> {
    let mut spinning: Vec<Option<usize>> = Vec::new();
    for lane in lanes.iter_mut().filter(|lane| lane.wait == Wait::BusySpin) {
        let shared = lane.cpu.is_some() && spinning.contains(&lane.cpu);
        if !shared && spinning.len() < cores {
            spinning.push(lane.cpu);
            continue;
        }
        let why = match lane.cpu {
            Some(cpu) if shared => format!("another lane spins on core {cpu}"),
            _ => format!("{cores} lanes spin already, on as many cores as there are"),
        };
        let note = format!("backs off instead of busy_spin: {why}");
        tracing::warn!(lane = lane.name, "{note}");
        (lane.wait, lane.note) = (Wait::Backoff, Some(note));
    }
    lanes
}

/// Notes what is wrong with a list of lanes.
pub(super) fn check_list(lanes: &[LaneSpec], graph: &Graph, problems: &mut Problems) {
    for (i, lane) in lanes.iter().enumerate() {
        if lanes[..i].iter().any(|other| other.name == lane.name) {
            let message = format!("there are two lanes named `{}`", lane.name);
            let help = "give one of them another name";
            problems.error("PL-TOPOLOGY-019", format!("lanes[{i}].name"), message, help);
        }
        for (j, name) in lane.stages.iter().enumerate() {
            let at = format!("lanes[{i}].stages[{j}]");
            if !graph.stages.iter().any(|stage| stage.name == *name) {
                let known = graph.stages.iter().map(|stage| stage.name.as_str());
                let help = nearest(name, known).map(|near| format!("did you mean `{near}`?"));
                let message = format!("there is no component `{name}`");
                problems.error("PL-TOPOLOGY-020", at, message, help.unwrap_or_default());
                continue;
            }
            if graph.stages.iter().any(|stage| stage.name == *name && stage.courier.is_some()) {
                let message = format!(
                    "`{name}` stands in a reliable route, whose courier has a lane of its own"
                );
                problems.error("PL-TOPOLOGY-047", at, message, "leave it out of `lanes`");
                continue;
            }
            let before = lanes[..i].iter().any(|other| other.stages.contains(name));
            if before || lane.stages[..j].contains(name) {
                let message = format!("`{name}` stands on two lanes");
                problems.error("PL-TOPOLOGY-021", at, message, "a stage runs on one lane");
            }
        }
    }
    let unplaced = graph.stages.iter().filter(|stage| {
        let listed = lanes.iter().any(|lane| is_listed(graph, stage, lane, lanes));
        let is_placed = stage.component.consumer.runs == Runs::Placed;
        matches!(stage.tier, Some(Tier::Fast { .. })) && is_placed && !listed
    });
    for stage in unplaced {
        problems.error(
            "PL-TOPOLOGY-022",
            "lanes".into(),
            format!("`{}` is on the fast tier and stands on no lane", stage.name),
            "name it under the `stages` of a lane",
        );
    }
}

#[cfg(all(test, not(any(loom, shuttle))))]
mod tests {
    use super::*;

    fn lane(cpu: Option<usize>, wait: Wait) -> PlannedLane {
        let name = "lane".to_owned();
        PlannedLane { name, cpu, must_pin: true, wait, note: None, stages: Vec::new() }
    }

    #[test]
    fn lanes_that_would_spin_without_a_core_of_their_own_back_off_and_say_why() {
        let lanes = [
            lane(Some(1), Wait::BusySpin),
            lane(Some(1), Wait::BusySpin),
            lane(None, Wait::Park),
            lane(None, Wait::BusySpin),
            lane(None, Wait::BusySpin),
        ];
        let tamed = tame(lanes.into(), 2);
        let waits: Vec<_> = tamed.iter().map(|lane| lane.wait).collect();
        let (spins, backs_off) = (Wait::BusySpin, Wait::Backoff);
        assert_eq!(waits, [spins, backs_off, Wait::Park, spins, backs_off]);
        let note = |lane: usize| tamed[lane].note.as_deref().expect("it says why");
        assert!(note(1).contains("another lane spins on core 1"), "{}", note(1));
        assert!(note(4).contains("2 lanes spin already"), "{}", note(4));
    }
}
