//! The border: the encounter as it was given, the context as it will be used, and bytes turned into text.
mod context;
mod encounter;
pub mod input;

pub use context::{Context, Origin, OriginKind};
pub use encounter::{
    Completeness, Documented, DocumentedDiagnosis, DocumentedLine, Encounter, NoteType, Options, Patient, Policy, PriorProcedure,
    Provider, Sex, SideDocument,
};
