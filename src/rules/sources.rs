//! Where rules are written, so that each document is named in one way.
use std::borrow::Cow;

use super::tables::Table;
use super::{ClaimView, Source};

/// Edition of the guidelines that the rules were written from.
const GUIDELINES: &str = "FY2026";

/// A section of the ICD-10-CM Official Guidelines.
pub fn guidelines(section: &'static str) -> Source {
    Source::new("ICD-10-CM Official Guidelines for Coding and Reporting", GUIDELINES, section)
}

/// A chapter of the NCCI Policy Manual.
pub fn ncci_manual(chapter: &'static str) -> Source {
    Source::new("NCCI Policy Manual for Medicare Services", "2026", chapter)
}

/// A section of the Medicare Claims Processing Manual.
pub fn claims_manual(section: &'static str) -> Source {
    Source::new("Medicare Claims Processing Manual (Pub. 100-04)", "chapter 12", section)
}

/// The claim form and its electronic twin.
pub fn claim_form(locator: &'static str) -> Source {
    Source::new("CMS-1500 claim form and X12 837P", "02/12; 005010X222A1", locator)
}

/// A fact of the payer's file.
pub fn payer(view: &ClaimView<'_>, field: &'static str) -> Source {
    let payer = view.payer;
    Source::new(format!("Payer file {}", payer.id), payer.edition.clone(), format!("{field}; {}", payer.source))
}

/// A row of a loaded table; the edition is the one that answered.
pub fn table(view: &ClaimView<'_>, table: Table, row: impl Into<Cow<'static, str>>) -> Source {
    Source::new(table.title(), view.tables.edition(table), row)
}

/// The yearly rules on the physician fee schedule.
pub fn fee_schedule_rule() -> Source {
    Source::new("Physician fee schedule final rules", "2024 to 2026", "visit complexity add-on")
}

/// The instructions that CPT gives for a group of codes; in our own words.
pub fn cpt_instructions(section: &'static str) -> Source {
    Source::new("CPT instructions for the section", "year of the code", section)
}
