//! Rules about modifiers.
mod modifier_bilateral;
mod modifier_missing_25;

pub use modifier_bilateral::ModifierBilateral;
pub use modifier_missing_25::ModifierMissing25;
