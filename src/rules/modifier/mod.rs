//! Rules about modifiers.
mod modifier_assistant;
mod modifier_bilateral;
mod modifier_co_surgeon;
mod modifier_laterality;
mod modifier_missing_25;
mod modifier_missing_59_x;
mod modifier_multiple_procedure;
mod modifier_order;
mod modifier_professional_technical;
mod modifier_telehealth;
mod modifier_valid;
mod multiple_payment;

pub use modifier_assistant::ModifierAssistant;
pub use modifier_bilateral::ModifierBilateral;
pub use modifier_co_surgeon::ModifierCoSurgeon;
pub use modifier_laterality::ModifierLaterality;
pub use modifier_missing_25::ModifierMissing25;
pub use modifier_missing_59_x::ModifierMissing59X;
pub use modifier_multiple_procedure::ModifierMultipleProcedure;
pub use modifier_order::ModifierOrder;
pub use modifier_professional_technical::ModifierProfessionalTechnical;
pub use modifier_telehealth::ModifierTelehealth;
pub use modifier_valid::ModifierValid;
