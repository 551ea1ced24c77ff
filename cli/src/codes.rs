//! The codes of the command's own errors.

pitlane::codes! {
    /// All codes of this crate.
    BAD_VALUE "PL-CLI-001"
        "A value on the command line makes no sense."
        "Give what the sentence names; `pitlane COMMAND --help` tells what a value means.";
    NO_INPUT "PL-CLI-002"
        "A source is routed and nothing feeds it."
        "Give `--input SOURCE=PATH`, or declare the source under `sources:`.";
    FOLDER_REFUSED "PL-CLI-003"
        "A folder holds something else than what would be replaced."
        "Name a new or empty folder, or that of an earlier run.";
    NOT_WRITTEN "PL-CLI-004"
        "A file or folder cannot be written."
        "Check the folder, its permissions and the disk's room.";
    NOT_STARTED "PL-CLI-005"
        "The topology could not start."
        "Read its sentence; the detail `cause` is the code of what it is.";
    STAGE_FAILED "PL-CLI-006"
        "A stage failed while the topology ran."
        "What came before is in the run folder; the detail `cause` is the code of what the stage said. `on_error` lets a run go on.";
    BAD_DATA "PL-CLI-007"
        "A file of market data cannot be read on."
        "Correct the place that is named, or leave such rows out with `on_bad_row: skip`; the detail `cause` says more.";
    LANE_STUCK "PL-CLI-008"
        "A lane did not end in time."
        "A stage does not return from an event; its name is in the sentence, or in the help.";
    NO_RUN "PL-CLI-009"
        "None of the runs of a sweep can start."
        "Correct the values that are varied.";
    NOT_INSTALLED "PL-CLI-010"
        "The system refused something that is needed."
        "Read what it said; containers may forbid signals.";
    COMMAND_LINE "PL-CLI-011"
        "The command line cannot be understood."
        "`pitlane --help` lists the commands, `pitlane COMMAND --help` their options.";
    UNKNOWN_NAME "PL-CLI-012"
        "What was asked for by its name is not there."
        "Correct the name: the list that the help names has all there is.";
    PANICKED "PL-CLI-099"
        "The program, or a component, panicked."
        "Where it is not in a component of your own, report it with the command and the config.";
}
