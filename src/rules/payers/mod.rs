//! Rules that read what the payer's file says.
mod payer_consultation;
mod payer_not_payable;
mod payer_rule;

pub use payer_consultation::PayerConsultation;
pub use payer_not_payable::PayerNotPayable;
pub use payer_rule::PayerRules;
