//! Faults of the 7th character, shared by the three rules that must not report one defect twice.
use crate::codeset::Icd10cm;
use crate::codeset::icd10cm::{IcdIndex, IcdStatus};
use crate::rules::tables::{IcdFacts, Tables};

/// A 7th-character fault of a code that is not billable as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SeventhFault {
    /// The code takes a 7th character and has none.
    Missing,
    /// Places before the 7th character are not filled with X.
    Placeholder {
        /// The code as it should be.
        right: String,
    },
    /// The code does not take this 7th character.
    WrongCharacter {
        /// The code without it.
        stem: IcdIndex,
        /// The character.
        character: char,
    },
    /// The code takes no 7th character and is complete without the extra characters.
    NotTaken {
        /// The complete code.
        right: String,
    },
}

/// The fault of a code's 7th character, if that is what keeps the code from being billable.
pub fn seventh_fault(tables: &Tables<'_>, code: &str, facts: &IcdFacts) -> Option<SeventhFault> {
    let icd = tables.icd;
    match (facts.validity.status, facts.index) {
        (IcdStatus::Billable, _) => None,
        (IcdStatus::Header, Some(index)) => {
            // A header directly under whose place only 7th characters follow.
            let only_sevenths =
                icd.children(index).next().is_some() && icd.children(index).all(|child| icd.undotted(child).len() == 7);
            (only_sevenths && icd.seventh_characters(index).next().is_some()).then_some(SeventhFault::Missing)
        }
        // A code that some edition has is a matter of dates, not of form.
        (_, Some(_)) => None,
        (_, None) => fault_of_unknown(tables, icd, code),
    }
}

fn fault_of_unknown(tables: &Tables<'_>, icd: &Icd10cm, code: &str) -> Option<SeventhFault> {
    let bare: String = code.chars().filter(|c| *c != '.').collect();
    let (stem, last) = bare.split_at_checked(bare.len().checked_sub(1)?)?;
    let character = last.chars().next()?;
    // S52.501Z: everything but the last character is right.
    if bare.len() == 7 {
        let trimmed = stem.trim_end_matches('X');
        let found = icd.find(stem).or_else(|| icd.find(trimmed));
        if let Some(index) = found {
            if icd.seventh_characters(index).next().is_some() && takes_sevenths(icd, index) {
                return Some(SeventhFault::WrongCharacter { stem: index, character });
            }
            if tables.is_billable(index) {
                return Some(SeventhFault::NotTaken { right: icd.code(index) });
            }
        }
        return None;
    }
    // T15.01A: the 7th character stands in the sixth place.
    let index = icd.find(stem.trim_end_matches('X'))?;
    if bare.len() > 3 && takes_sevenths(icd, index) {
        let right = format!("{:X<6}{character}", icd.undotted(index));
        let right = icd.find(&right)?;
        return tables.is_billable(right).then(|| SeventhFault::Placeholder { right: icd.code(right) });
    }
    // J45.909A is as long as a 7th character allows and was seen above; I10.A is shorter.
    let is_encounter = matches!(character, 'A' | 'D' | 'S');
    (is_encounter && tables.is_billable(index)).then(|| SeventhFault::NotTaken { right: icd.code(index) })
}

/// Whether codes of seven characters stand directly under a code.
fn takes_sevenths(icd: &Icd10cm, index: IcdIndex) -> bool {
    icd.children(index).any(|child| icd.undotted(child).len() == 7)
}
