//! Rules of the National Correct Coding Initiative.
mod families;
mod ncci_addon;
mod ncci_modifier_misuse;
mod ncci_mue;
mod ncci_ptp;
mod sites;

pub use ncci_addon::NcciAddon;
pub use ncci_modifier_misuse::NcciModifierMisuse;
pub use ncci_mue::NcciMue;
pub use ncci_ptp::NcciPtp;
pub(super) use ncci_ptp::{ptp_reports, told_apart};
pub(super) use sites::{Sites, sites};
