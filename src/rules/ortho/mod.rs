//! Rules of orthopedics.
mod fractures;
mod ortho_arthroscopy_knee;
mod ortho_casting;
mod ortho_fracture_care;
mod ortho_fracture_seventh;
mod ortho_injection_guidance;

pub use ortho_arthroscopy_knee::OrthoArthroscopyKnee;
pub use ortho_casting::OrthoCasting;
pub use ortho_fracture_care::OrthoFractureCare;
pub use ortho_fracture_seventh::OrthoFractureSeventh;
pub use ortho_injection_guidance::OrthoInjectionGuidance;
