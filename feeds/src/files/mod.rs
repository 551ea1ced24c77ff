//! Files of any format: told apart by their names and first bytes, opened, merged.
//!
//! ```text
//!  path --> recognise --> csv    --+
//!           name, magic   dbn    --+--> Source, several --> Merge
//!                         ...    --+
//! ```
//!
//! | module | what |
//! |---|---|
//! | `format` | which format a file has |
//! | `list` | which files options name |
//! | `gather` | files of one source: mended, merged, those left out that are not wanted |
//! | `reorder` | a source whose events that step back in time are put into order |
//! | `open` | files of any format as one source, for tools |

mod format;
mod gather;
mod list;
mod open;
mod reorder;

pub use format::FileFormat;
pub(crate) use gather::Gathered;
pub(crate) use list::FileList;
pub use open::{OpenOptions, open_file, open_files};
pub use reorder::Reorder;
