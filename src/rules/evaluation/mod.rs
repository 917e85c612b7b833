//! Rules about visits (evaluation and management).
mod em_g2211;
mod em_level_supported;
mod em_preventive_split;
mod em_prolonged;

pub use em_g2211::EmG2211;
pub use em_level_supported::EmLevelSupported;
pub use em_preventive_split::EmPreventiveSplit;
pub use em_prolonged::EmProlonged;
