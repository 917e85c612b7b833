//! Rules that read what the payer's file says.
mod payer_consultation;
mod payer_not_payable;

pub use payer_consultation::PayerConsultation;
pub use payer_not_payable::PayerNotPayable;
