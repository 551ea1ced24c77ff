//! What nobody asks for together: links that lose, stages that fail, put off, halt and end.
//!
//! | file | what it shows |
//! |---|---|
//! | `matrix` | every route that loses x what it loses x the stage that fails x policy x lanes: each event is handled once or accounted for |
//! | `relays` | what hangs on a stream's writer, where conditions panic and stages wait |
//! | `ends` | topologies that are dropped, halted or stopped while events are put off; handles that outlive them |
//! | `keys` | keys of other topologies, stages in two places, rings beyond the memory |

mod ends;
mod keys;
mod matrix;
mod relays;
