//! From a concept or a code family to the one billable code that the note's words support.
//!
//! [`NoteFacts`] reads a note once; [`AttributeContext`] is what stands around one mention; [`resolve`] weighs every
//! code of a target by the attribute values that are said there, and gives for each the words that spoke for it.
mod context;
mod encounter;
mod facts;
mod history;
mod later_care;
mod resolve;
mod sides;
#[cfg(test)]
mod tests;
mod values;

pub use context::{AttributeContext, Evidence, Zone};
pub use encounter::EncounterPhase;
pub use facts::{NoteFacts, PatientFacts};
pub use history::{HistoryOf, history_code, history_codes};
pub use resolve::{Reason, ResolvedCode, resolve, specialise};
