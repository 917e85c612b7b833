//! Rules of ear, nose and throat.
mod ent_audiology;
mod ent_cerumen;
mod ent_sinus_surgery;

pub use ent_audiology::EntAudiology;
pub use ent_cerumen::EntCerumen;
pub use ent_sinus_surgery::EntSinusSurgery;
