//! What the manual shows is what the command prints.

use std::path::Path;

#[test]
fn the_manual_shows_what_is_printed() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace");
    std::env::set_current_dir(root).expect("it is there");
    trycmd::TestCases::new()
        .register_bin("pitlane", Path::new(env!("CARGO_BIN_EXE_pitlane")))
        .case("docs/cli.md");
}
