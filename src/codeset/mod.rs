//! Reference tables valid on one date of service: ICD-10-CM, the CPT/HCPCS catalogue, NCCI, the fee schedule.
//!
//! Imports nothing of ours.

pub mod drugs;
