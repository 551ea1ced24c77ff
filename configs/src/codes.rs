//! Codes of mistakes: stable, unique, each with a sentence about what it stands for.
//!
//! Mistakes that the topology check finds keep its own codes (`PL-TOPOLOGY-nnn`).

pub use pitlane::error::Code;

pitlane::codes! {
    /// All codes of this crate.
    UNREADABLE "PL-CONFIG-001"
        "The file of a config cannot be read."
        "Check the path and who may read it; relative paths count from the current folder.";
    SYNTAX "PL-CONFIG-002"
        "The text is not YAML."
        "Correct the marked place; indentation is by spaces.";
    UNSUPPORTED "PL-CONFIG-003"
        "The text is YAML, but uses a part of it that configs do without."
        "Write it out: no tags, no keys that are lists, one document per file.";
    DUPLICATE_KEY "PL-CONFIG-004"
        "A key stands twice in one mapping."
        "Keep one of the two.";
    UNKNOWN_KEY "PL-CONFIG-010"
        "A key means nothing where it stands."
        "Correct the key: the nearest known one is named, `pitlane schema` and configs/reference.yaml have all.";
    MISSING_KEY "PL-CONFIG-011"
        "A key that has no default is missing."
        "Add the key that the sentence names.";
    WRONG_TYPE "PL-CONFIG-012"
        "A value is of another kind than is wanted."
        "Write a value of the kind that is wanted; quotes make text of anything.";
    BAD_VALUE "PL-CONFIG-013"
        "A value is of the right kind but out of range, or not one of the words that are known."
        "Choose within the range, or one of the words that the sentence lists.";
    BAD_NAME "PL-CONFIG-014"
        "A name has a character that streams, topics or paths need for themselves."
        "Use letters, digits, `_`, `-`.";
    UNKNOWN_COMPONENT_TYPE "PL-CONFIG-020"
        "No component type of that name is registered."
        "Correct the name: `pitlane components` lists all types.";
    UNKNOWN_FORMAT "PL-CONFIG-021"
        "No format of that name is registered."
        "Correct the name: `pitlane components` lists all formats.";
    UNKNOWN_EVENT "PL-CONFIG-022"
        "No event type of that name is registered."
        "Correct the name: MarketData, Signal, Order, or a type that the program has registered.";
    UNKNOWN_COMPONENT "PL-CONFIG-023"
        "A route names a component that the config does not have."
        "Correct the name, or declare it under `components:`.";
    UNKNOWN_ROUTE_TYPE "PL-CONFIG-024"
        "No adapter of that name ships or is registered."
        "Correct the name: pipeline, broadcast, filter, transform, partition, or an adapter that `pitlane components` lists.";
    UNKNOWN_MIDDLEWARE "PL-CONFIG-025"
        "No middleware of that name ships or is registered."
        "Correct the name; docs/routing.md lists those that ship.";
    COMPONENT_REFUSED "PL-CONFIG-030"
        "A component's own check of its parameters failed."
        "Give the value that the sentence asks for; the detail `cause` is the code of the component's own error.";
    SOURCE_REFUSED "PL-CONFIG-031"
        "A source cannot be opened as it is described."
        "Correct the path or option that the sentence names; the detail `cause` is the code of the source's own error.";
    ADAPTER_REFUSED "PL-CONFIG-032"
        "An adapter refused its parameters or inner routes."
        "Give the routes and values that the sentence asks for.";
    BAD_JOURNAL "PL-CONFIG-033"
        "The journal that is to be written is there and cannot be gone on with."
        "Name another folder under `journal: { path: ... }`, or see what `pitlane journal ls` says.";
    MIDDLEWARE_REFUSED "PL-CONFIG-034"
        "A middleware refused its parameters."
        "Give it the parameters that the sentence asks for.";
    MIDDLEWARE_TWICE "PL-CONFIG-035"
        "A middleware stands twice in a list in which it can stand once."
        "Leave one of them out; `rate_limit`, `dedupe`, `throttle` and `authorize` may stand more than once.";
    TIER_NOT_HERE "PL-CONFIG-040"
        "A tier does not exist in this build, or a setting belongs to another tier."
        "Choose another tier, or leave the setting out.";
    UNKNOWN_PATH "PL-CONFIG-050"
        "A path given to `--set` leads nowhere."
        "Write a path of the config, such as `components.sma.fast=20`.";
    UNKNOWN_INPUT "PL-CONFIG-051"
        "An input is given for a source that the config does not route."
        "Name a source that stands under `routing:`.";
    NEVER_ROUTED "PL-CONFIG-060"
        "A warning: a component or source is declared, but no route uses it."
        "Route it, or take it out.";
    PERHAPS_MISSPELLED "PL-CONFIG-061"
        "A warning: a name is taken as new, but is very like one that exists."
        "Correct it if it is a slip; otherwise nothing needs to be done.";
}
