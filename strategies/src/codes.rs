//! The codes of this crate's errors.

pitlane::codes! {
    /// All codes of this crate.
    PARAMETER "PL-STRATEGY-001"
        "A parameter of a component that ships is out of range, or does not go with another."
        "Give a value that the sentence names; `pitlane components NAME` tells what the parameter means.";
    TOO_MANY_IDS "PL-STRATEGY-002"
        "More than 256 components of one type give order ids."
        "Declare fewer of them, or split the topology.";
    IDS_USED_UP "PL-STRATEGY-003"
        "A session has given 2^40 order ids."
        "Start a new session.";
    NO_SIDE "PL-STRATEGY-010"
        "An order neither buys nor sells."
        "Let the strategy set the order's side.";
    NO_REPLACE "PL-STRATEGY-011"
        "An order is a replacement, and the gate cannot judge it."
        "Cancel the order, and send a new one.";
    SINK_UNWRITTEN "PL-STRATEGY-020"
        "A sink cannot write its file."
        "Choose another path, or make its folder; check the disk's room.";
    SINK_EVENT "PL-STRATEGY-021"
        "A sink gets events of a type that its file has no columns for."
        "Register the event type, or route another to the sink.";
}
