//! The codes of core. Those of problems in a plan are written as text where they are found.

crate::codes! {
    /// All codes of core, in the order of `docs/errors.md`.
    PLAN_REFUSED "PL-TOPOLOGY-000"
        "A plan cannot run, for a reason that has no code of its own."
        "Read its sentence, and report that it has no code.";
    COMPONENT_TWICE "PL-TOPOLOGY-001"
        "Two components have the same name."
        "Give one of them another name.";
    NOTHING_EMITS "PL-TOPOLOGY-002"
        "A route is for events that nothing under this source emits."
        "Look at the components' `emits`, and at the event type: `pitlane components NAME` tells what one emits.";
    WITH_IS_A_ROUTE "PL-TOPOLOGY-003"
        "`with` of a transform names a route, not a component."
        "Name a component, and put the route into `target`.";
    CANNOT_TRANSFORM "PL-TOPOLOGY-004"
        "A component cannot transform, since it does not emit exactly one event type."
        "Use it as a step, and route what it emits.";
    UNKNOWN_STAGE "PL-TOPOLOGY-005"
        "A route names a component that the plan does not have."
        "Correct the name, or declare the component.";
    TYPE_NOT_TAKEN "PL-TOPOLOGY-006"
        "A component stands in a route of an event type that it does not take."
        "Route the types it takes to it: `pitlane components NAME` lists them.";
    TWO_TIERS "PL-TOPOLOGY-007"
        "A component stands in routes of two tiers, and its stage runs in one."
        "Give the routes one tier, or declare a second component of the same type.";
    STANDS_TWICE "PL-TOPOLOGY-008"
        "A component that transforms or stops events stands in two places."
        "Declare a second component of the same type.";
    NEVER_RUNS "PL-TOPOLOGY-009"
        "A warning: no events reach a component."
        "Route events to it, or take it out.";
    TOO_MANY_NAMES "PL-TOPOLOGY-010"
        "There are more than 65,535 names of sources and components."
        "Split the topology.";
    CIRCLE "PL-TOPOLOGY-011"
        "Events would go in a circle; its path is named."
        "Let one of the components emit under a source that does not lead back.";
    RING_CAPACITY "PL-TOPOLOGY-012"
        "The slots of a ring are not a power of two from 1 to 67,108,864."
        "Give the power of two above.";
    UNKNOWN_STREAM "PL-TOPOLOGY-013"
        "A setting is for a stream that there is not."
        "Correct the name: `pitlane describe CONFIG` lists the streams.";
    LARGE_YIELD "PL-TOPOLOGY-014"
        "A warning: one root may yield more events than the ring holds that a merge reads."
        "Declare fewer emissions per event, or give the stream a larger ring.";
    BATCH_SIZE "PL-TOPOLOGY-015"
        "A batch is of no event, or of more than 1,048,576."
        "Let it be in between; 64 to 1024 is usual.";
    LATENCY_SAMPLING "PL-TOPOLOGY-016"
        "Latency is to be measured for one event in a number that is no power of two."
        "Let it be a power of two.";
    NO_LANES "PL-TOPOLOGY-018"
        "There are no lanes for the stages."
        "Give one or more, or `auto`, or `fused`.";
    LANE_NAME "PL-TOPOLOGY-019"
        "Two lanes have the same name."
        "Give each lane a name of its own.";
    LANE_UNKNOWN_STAGE "PL-TOPOLOGY-020"
        "A lane lists a stage that there is not."
        "Correct the name: `pitlane describe CONFIG` lists the stages.";
    ON_TWO_LANES "PL-TOPOLOGY-021"
        "A stage stands on two lanes."
        "Leave it on one.";
    ON_NO_LANE "PL-TOPOLOGY-022"
        "A stage of the fast tier stands on no lane of the list."
        "Name it under the `stages` of a lane.";
    FILTER_LEADS_NOWHERE "PL-TOPOLOGY-023"
        "A warning: a filter has no target and nothing follows it."
        "Give it a `target`, or put steps behind it in a pipeline.";
    SAME_TYPE_NUMBER "PL-TOPOLOGY-024"
        "Two event types have the same number."
        "Give one of them another: 16 to 255 are the user's.";
    LEADS_NOWHERE "PL-TOPOLOGY-025"
        "A warning: a route has neither steps nor targets."
        "Name components, or take it out.";
    TOO_MANY_EMISSIONS "PL-TOPOLOGY-026"
        "A component declares more emissions per event than there is room kept for."
        "Let it be at most 65,536.";
    MAY_LOSE "PL-TOPOLOGY-027"
        "A warning: a link may lose events, so what lies behind it differs from run to run."
        "What is lost is counted; write `on_full: block` where runs must be the same.";
    RELIABLE_LOSES "PL-TOPOLOGY-028"
        "A route of the reliable tier says that it may lose events."
        "Write `on_full: block`, or choose another tier.";
    NO_RESTART "PL-TOPOLOGY-030"
        "A component cannot be made again, so it cannot be restarted."
        "Make it with `restartable`, or let it `skip` or `halt`.";
    RETRY_ATTEMPTS "PL-TOPOLOGY-031"
        "A retry has no attempt, or too many."
        "Give a number within the limits that the sentence names; the first attempt counts.";
    RETRY_ON_FAST "PL-TOPOLOGY-032"
        "A component of the fast tier is to retry; nothing waits there."
        "Route to it on the standard tier, or leave `retry` out.";
    SKIP_BESIDE "PL-TOPOLOGY-033"
        "A warning: later steps see events that a target beside the pipeline failed on."
        "Make it a step of the pipeline, if they must not.";
    TOO_MUCH_MEMORY "PL-TOPOLOGY-034"
        "The rings need more memory than the machine has."
        "Lower `rings.capacity`, or that of the largest streams.";
    TWICE_IN_PIPELINE "PL-TOPOLOGY-035"
        "A component stands twice in one pipeline."
        "Declare a second component of the same type.";
    NOTHING_TO_RECORD "PL-TOPOLOGY-040"
        "What is to be recorded is nothing that the source emits."
        "Record an event type that it emits, or take `record` out.";
    RELIABLE_TRANSFORM "PL-TOPOLOGY-041"
        "A reliable route transforms events, and delivers them as they were recorded."
        "Transform on the standard tier, and make the route of what comes out reliable.";
    RELIABLE_TYPES "PL-TOPOLOGY-042"
        "A component stands in reliable routes of two event types."
        "Name a second component of the same type.";
    RELIABLE_TERMS "PL-TOPOLOGY-043"
        "Two reliable topics share a component and say different things about retries."
        "Let both say the same, or name a second component of the same type.";
    RELIABLE_STEPS "PL-TOPOLOGY-044"
        "A reliable route has more than 64 components."
        "Let later ones read what the last one emits.";
    RELIABLE_RESTART "PL-TOPOLOGY-045"
        "A component of a reliable route is to be restarted when it fails."
        "Leave `on_error` out: what fails for good becomes a dead letter, and it goes on.";
    RELIABLE_RETRY "PL-TOPOLOGY-046"
        "A component of a reliable route has retries of its own."
        "Say `retry` beside `tier: reliable`.";
    RELIABLE_LANE "PL-TOPOLOGY-047"
        "A component of a reliable route is named under `lanes`."
        "Leave it out: its courier has a lane of its own.";
    RELIABLE_PLAIN "PL-TOPOLOGY-048"
        "A component of a reliable route is partitioned, has middleware around it, or says where it runs."
        "Do that on the standard tier, and make the route of what comes out reliable.";
    RELIABLE_TOPICS "PL-TOPOLOGY-049"
        "A subscription by topics is to be reliable."
        "Subscribe on the standard tier, or route the source's events under `routing` with `tier: reliable`.";
    TOPIC_WRONG "PL-TOPOLOGY-050"
        "A pattern of topics is one that no topic can match."
        "Write it by the forms in docs/routing.md: `md.SOURCE.KIND.SYMBOL`, `*` for one level, `>` for the rest.";
    TOPIC_MATCHES_NOTHING "PL-TOPOLOGY-051"
        "A pattern of topics matches no stream."
        "Correct the source, or declare or route the source that is meant.";
    TOPIC_SYMBOL_UNKNOWN "PL-TOPOLOGY-052"
        "A pattern of topics names a symbol that no instrument has so far."
        "Write the whole symbol with its venue; one that comes later matches from then on.";
    PARTITION_WRONG "PL-TOPOLOGY-055"
        "A partition has no component as its target, a number of replicas that cannot be, or stands beside another use of the component."
        "Let the target be a component, with 1 to 256 replicas, the same wherever it is partitioned; name a second component for other uses.";
    PARTITION_FOLLOWED "PL-TOPOLOGY-056"
        "Steps stand behind a partition of a component that may keep events from them."
        "Make the partition the last step of its pipeline.";
    NOT_COPIED "PL-TOPOLOGY-057"
        "A component that is to be partitioned cannot be made again."
        "Make it with `restartable`, or let it stand alone; what numbers orders or writes a file has no copies.";
    MIDDLEWARE_WRONG "PL-TOPOLOGY-058"
        "A middleware cannot work with the events, or around the component, that it is for."
        "Correct its fields or topics, or put it around the route.";
    NO_SLICES "PL-TOPOLOGY-059"
        "Slices are asked of a component that takes events one by one, or slices of none."
        "Leave `batch` out, let it be 1 at least, or implement `OnBatch`.";
    BREAKER_NEVER_OPENS "PL-TOPOLOGY-060"
        "A warning: a circuit breaker stands around a component whose first failure stops the topology."
        "Let the component go on after failures, by `on_error: skip` or `restart`, or take the breaker out.";
    CONDITION_WRONG "PL-CONDITION-001"
        "A condition cannot be understood, or asks for what its event type does not have."
        "Correct the marked part: docs/conditions.md has the grammar and the fields.";
    CONDITION_ODD "PL-CONDITION-002"
        "A warning: a condition is always or never true, or compares what cannot be equal."
        "Look whether it says what is meant.";
    RUN_STOPPED "PL-RUN-001"
        "Something was published to a topology that has stopped."
        "Publish before the stop, or look in its report why it stopped early.";
    RUN_WRONG_PORT "PL-RUN-002"
        "A port of another topology, or of another event type, was used."
        "Get the port from the topology that is fed.";
    RUN_NO_THREAD "PL-RUN-003"
        "The system started no thread for a lane."
        "Use fewer lanes, or raise the limit of threads (`ulimit -u`).";
    RUN_PANIC_ABORTS "PL-RUN-004"
        "The program is built with `panic = \"abort\"`, so a panic in one stage would end all."
        "Build with `panic = \"unwind\"`.";
    RUN_STAGE_NOT_STARTED "PL-RUN-005"
        "A stage failed at its start."
        "Read what the stage says; its code is the detail `cause`.";
    RUN_NO_JOURNAL "PL-RUN-006"
        "Streams are to be recorded, and the topology was given no journal."
        "Give it one by `Checked::journal`, or record nothing.";
    JOURNAL_FULL "PL-RUN-007"
        "The journal had no room for what is recorded."
        "Make room and start again: nothing acknowledged is lost. `on_journal_full: block` waits for room.";
    JOURNAL_FAILED "PL-RUN-008"
        "The journal cannot be written any more."
        "Look at the disk, then start again: what was told to be durable is there.";
    RUN_NO_COURIERS "PL-RUN-012"
        "There are reliable routes, and nobody said how they are delivered."
        "Give the topology `Checked::journal` and `Checked::couriers`.";
    RUN_UNREADABLE "PL-RUN-013"
        "What earlier runs left in the journal cannot be read."
        "`pitlane journal verify` tells more; restore the file, or repair it.";
    CORE_NOT_ALLOWED "PL-RUN-010"
        "A lane is to be pinned to a core that the process may not use."
        "Give it one of the cores that the sentence lists, or leave `cpu` out.";
    CORE_REFUSED "PL-RUN-011"
        "The system did not pin a thread to its core."
        "Leave `cpu` out, or look at the limits of the container.";
    STAGE_FAULT "PL-STAGE-001"
        "A stage said that it cannot handle an event."
        "Read its sentence; `on_error` says what becomes of such events.";
    STAGE_PANIC "PL-STAGE-002"
        "A stage panicked."
        "It is a mistake in the stage: the sentence has the message, standard error the place.";
    STAGE_TOO_MANY "PL-STAGE-003"
        "A stage emitted more for one event than it had declared."
        "Declare more by `max_emissions`.";
    STAGE_UNDECLARED "PL-STAGE-004"
        "A stage emitted an event type that it had not declared."
        "Declare it by `emits`.";
    STAGE_STOPS "PL-STAGE-005"
        "A stage stopped an event and had not declared that it may."
        "Declare it by `may_stop`.";
    STAGE_PERMANENT "PL-STAGE-006"
        "A stage said that it will never be able to handle an event."
        "Read its sentence; on the reliable tier the event is a dead letter.";
    STAGE_UNKNOWN "PL-STAGE-007"
        "A stage does not know whether it has handled an event."
        "Read its sentence; on the reliable tier it is asked before the event comes again.";
    ORDER_TRANSITION "PL-ORDER-001"
        "An order is reported in a state that cannot follow the one it is in."
        "Look what the gateway or venue reports: docs/orders.md draws what may follow what.";
    INGRESS_UNKNOWN "PL-INGRESS-001"
        "No such events enter from this source."
        "Ask for one that the sentence lists, or route the source.";
    INGRESS_PRODUCERS "PL-INGRESS-002"
        "An ingress is for no producer, or for too many."
        "Let `max_producers` be within the limits that the sentence names.";
    INGRESS_MEMORY "PL-INGRESS-003"
        "The rings of an ingress need more memory than the machine has."
        "Lower its `capacity` or `max_producers`.";
    INGRESS_ALL_TAKEN "PL-INGRESS-004"
        "Other threads hold all rings of an ingress."
        "Raise its `max_producers`, or drop a producer.";
    INGRESS_CLOSED "PL-INGRESS-005"
        "The topology of an ingress has stopped or is being drained."
        "Nothing more is taken in; the detail `position` tells how many events of this producer were.";
    INGRESS_FULL "PL-INGRESS-006"
        "The ring of a producer has no room."
        "Wait by `publish`, or give the ingress a larger `capacity`.";
    CAPACITY "PL-VALUE-010"
        "A ring's capacity is not a power of two from 1 to 67,108,864."
        "Give the power of two above.";
    NUMBER_MISSING "PL-VALUE-001"
        "A number is missing."
        "Write one, such as 12.5.";
    NOT_A_NUMBER "PL-VALUE-002"
        "A text is not a decimal number."
        "Write digits with at most one point, no exponent, no grouping: -12.5.";
    NUMBER_TOO_FINE "PL-VALUE-003"
        "A number has more than 9 digits after the decimal point."
        "Round it: prices and sizes are multiples of 1e-9.";
    NUMBER_TOO_LARGE "PL-VALUE-004"
        "A number is beyond 9,223,372,036.854775806."
        "Scale it down.";
    BUILD_REFUSED "PL-BUILD-001"
        "A component, source or route cannot be made as it is described."
        "Read its sentence; it is of whoever wrote the component.";
    PARAMETER_REFUSED "PL-BUILD-002"
        "A component, source or route does not accept the value of a parameter."
        "Give a value that the sentence names; `pitlane components NAME` tells what the parameter means.";
    SERVICE_MISSING "PL-SERVICE-001"
        "A component or service needs a service that nothing provides."
        "Register it with `Registry::service`, or correct the name in `needs`.";
    SERVICE_CIRCLE "PL-SERVICE-002"
        "Services need each other in a circle; its path is named."
        "Let one of them do without another, or make a third of what both need.";
    SERVICE_SAME_TYPE "PL-SERVICE-003"
        "Two services have the same type, so that only one could be found."
        "Wrap one of them in a type of its own.";
    SERVICE_FAILED "PL-SERVICE-004"
        "A service cannot be made."
        "Read its sentence; the detail `cause` is the code of what it says.";
    SERVICE_UNDECLARED "PL-SERVICE-005"
        "A factory asks for a service that its component type does not declare to need."
        "Add the service's name to `Registry::needs` of the component type.";
    SOURCE_FAILED "PL-SOURCE-001"
        "A source of events cannot be read on."
        "Read its sentence; it is of whoever wrote the source.";
}

#[cfg(test)]
mod tests {
    use super::ALL;

    #[test]
    fn every_code_is_written_once_as_prefix_name_and_number() {
        for (at, code) in ALL.iter().enumerate() {
            let parts: Vec<_> = code.name().split('-').collect();
            assert!(parts.len() == 3 && parts[0] == "PL", "{code}");
            assert!(parts[2].len() == 3 && parts[2].bytes().all(|b| b.is_ascii_digit()), "{code}");
            assert!(!ALL[..at].contains(code), "{code} is there twice");
        }
    }
}
