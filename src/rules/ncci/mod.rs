//! Rules of the National Correct Coding Initiative.
mod ncci_addon;
mod ncci_mue;
mod ncci_ptp;
mod sites;

pub use ncci_addon::NcciAddon;
pub use ncci_mue::NcciMue;
pub use ncci_ptp::NcciPtp;
