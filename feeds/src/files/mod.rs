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
//! | `open` | files of any format as one source, for tools and for `--input` |

mod format;
mod open;

pub use format::FileFormat;
pub use open::{OpenOptions, open_file, open_files};
