//! Rules of dermatology.
mod derm_biopsy;
mod derm_destruction;
mod derm_excision;
mod derm_mohs;
mod lesions;

pub use derm_biopsy::DermBiopsy;
pub use derm_destruction::DermDestruction;
pub use derm_excision::DermExcision;
pub use derm_mohs::DermMohs;
