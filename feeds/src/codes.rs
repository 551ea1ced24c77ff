//! The codes of this crate's errors.

pitlane::codes! {
    /// All codes of this crate.
    UNREADABLE "PL-FEED-001"
        "The system does not let a file be read."
        "Check the path and who may read it; relative paths count from the config's folder, or from the current one on the command line.";
    OPTION "PL-FEED-002"
        "An option of a source makes no sense, or does not go with another."
        "Give what the sentence names; `pitlane components csv` and docs/feeds.md list the options.";
    OTHER_FILE "PL-FEED-003"
        "A file is not what its name or its options say: a folder, another packing, other columns, no symbol."
        "Look at its first lines, then correct the options that the sentence names.";
    DAMAGED "PL-FEED-004"
        "A packed file cannot be unpacked to its end."
        "Check whether it was copied whole.";
    UNWRITTEN "PL-FEED-005"
        "A file cannot be written."
        "Check its folder, the permissions and the disk's room.";
    ROW_SHAPE "PL-FEED-010"
        "A row has another number of fields than the header, is cut off, or has a quote that does not end."
        "Check `preset`, `columns` and `delimiter`; `on_bad_row: skip` leaves such rows out and counts them.";
    ROW_VALUE "PL-FEED-011"
        "A field of a row is not what its column holds: a number, a time, a word."
        "Correct the row, or leave such rows out with `on_bad_row: skip`, which counts them.";
    ROW_LACKS "PL-FEED-012"
        "A row has no time, no symbol or no price."
        "Fill them, or leave such rows out with `on_bad_row: skip`, which counts them.";
    NOT_ROUTED "PL-FEED-020"
        "A source is read for a topology that routes nothing from it."
        "Route it, or leave the source out.";
}
