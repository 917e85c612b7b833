//! Rules of cardiology.
mod cardio_catheterization;
mod cardio_device;
mod cardio_electrocardiogram;
mod cardio_monitor;
mod cardio_pci_vessel;
mod cardio_stress_test;
mod facility;

pub use cardio_catheterization::CardioCatheterization;
pub use cardio_device::CardioDevice;
pub use cardio_electrocardiogram::CardioElectrocardiogram;
pub use cardio_monitor::CardioMonitor;
pub use cardio_pci_vessel::CardioPciVessel;
pub use cardio_stress_test::CardioStressTest;
