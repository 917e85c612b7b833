//! `icd-seventh-character`
use super::seventh::{SeventhFault, seventh_fault};
use crate::claim::Diagnosis;
use crate::codeset::icd10cm::{IcdIndex, IcdStatus};
use crate::rules::tables::{IcdFacts, Table};
use crate::rules::{ClaimView, Finding, Fix, Rule, Target, declare_rule, sources};

declare_rule! {
    /// # What it checks
    /// A code that takes a 7th character has one that its category defines, in the seventh place, with X in the places
    /// between; a code that takes none has none. An injury and its external cause carry the same encounter: a cause
    /// coded as initial beside injuries that are all in healing is pointed out.
    /// # Why it matters
    /// Such a code is invalid, or says that a healing injury is under active treatment.
    /// # Example
    /// S52.501 without A, D or S and the rest; T15.01A instead of T15.01XA.
    /// # What to do
    /// Take the character for the encounter: A while the condition is actively treated, D during routine healing, S for
    /// a sequela; fractures have letters of their own for open fractures and for healing that is delayed or fails.
    /// # When it does not apply
    /// A category without a 7th-character definition. A heading with other characters missing too is `icd-billable`.
    /// # Source
    /// ICD-10-CM Official Guidelines, I.A.4 and I.A.5 (placeholder, 7th character), I.C.19.a (A, D, S), I.C.20 (same
    /// 7th character for injury and external cause); the category's own note.
    IcdSeventhCharacter, "icd-seventh-character",
    "The 7th character is there where the category defines one, is one of those defined, and stands in the seventh place."
}

impl Rule for IcdSeventhCharacter {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        for (diagnosis, facts) in view.coded_diagnoses() {
            if facts.validity.status == IcdStatus::Billable {
                continue;
            }
            if let Some(fault) = seventh_fault(&view.tables, &diagnosis.code, facts) {
                findings.push(finding(view, diagnosis, facts, fault));
            }
        }
        check_external_causes(view, findings);
    }
}

fn finding(view: &ClaimView<'_>, diagnosis: &Diagnosis, facts: &IcdFacts, fault: SeventhFault) -> Finding {
    let code = &diagnosis.code;
    let replace = |to: String| Fix::ReplaceCode { target: Target::Dx, from: code.clone(), to };
    let (message, fix) = match fault {
        SeventhFault::Missing => {
            let letters = facts.index.map(|index| letters(view, index)).unwrap_or_default();
            (format!("{code} needs a 7th character, one of {letters}."), Fix::Ask { question: question(code) })
        }
        SeventhFault::Placeholder { right } => {
            (format!("{code} has its 7th character in the wrong place; X fills the places before it: {right}."), replace(right))
        }
        SeventhFault::WrongCharacter { stem, character } => {
            let message = format!(
                "{character} is no 7th character of {}; it takes one of {}.",
                view.tables.icd.code(stem),
                letters(view, stem)
            );
            (message, Fix::Ask { question: question(code) })
        }
        SeventhFault::NotTaken { right } => {
            (format!("{code}: the code takes no 7th character; it is complete as {right}."), replace(right))
        }
    };
    Finding::error(&IcdSeventhCharacter::INFO, message, sources::table(view, Table::Icd10Cm, code.clone()))
        .on_lines(view.lines_pointing_to(diagnosis))
        .about([code.as_str()])
        .mended_by(fix)
}

fn question(code: &str) -> String {
    format!("For {code}: is the condition under active treatment, healing, or a sequela at this encounter?")
}

/// "A initial encounter, D subsequent encounter, S sequela"; of a fracture's sixteen the letters alone.
fn letters(view: &ClaimView<'_>, index: IcdIndex) -> String {
    let entries: Vec<_> = view.tables.icd.seventh_characters(index).collect();
    let words: Vec<String> = match entries.len() {
        0..=4 => entries.iter().map(|entry| format!("{} {}", entry.character, entry.label)).collect(),
        _ => entries.iter().map(|entry| entry.character.to_string()).collect(),
    };
    words.join(", ")
}

/// External causes coded as initial while every injury is in healing or a sequela.
fn check_external_causes(view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
    let injuries = || view.diagnoses.iter().filter(|d| d.code.starts_with('S') || d.code.starts_with('T'));
    let in_active_treatment = |code: &str| matches!(code.as_bytes().get(7), Some(b'A' | b'B' | b'C'));
    if injuries().next().is_none() || injuries().any(|d| d.code.len() != 8 || in_active_treatment(&d.code)) {
        return;
    }
    for cause in view.diagnoses.iter().filter(|d| matches!(d.code.as_bytes().first(), Some(b'V' | b'W' | b'X' | b'Y'))) {
        if cause.code.len() != 8 || !cause.code.ends_with('A') {
            continue;
        }
        let message = format!("{} says initial encounter, but no injury on this claim is under active treatment.", cause.code);
        findings.push(
            Finding::warning(&IcdSeventhCharacter::INFO, message, sources::guidelines("I.C.20"))
                .on_lines(view.lines_pointing_to(cause))
                .about([cause.code.as_str()])
                .asking("Is the injury under active treatment at this encounter?"),
        );
    }
}
