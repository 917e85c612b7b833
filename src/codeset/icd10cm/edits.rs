//! Age, sex and sequencing edits of a code (Medicare Code Editor).
use super::{Icd10cm, IcdIndex};

/// Age group that a code is limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgeClass {
    /// Age 0.
    Newborn,
    /// Age 0 to 17.
    Pediatric,
    /// Age 9 to 64.
    Maternity,
    /// Age 15 to 124.
    Adult,
}

impl AgeClass {
    /// Lowest and highest age in completed years.
    pub fn years(self) -> (u16, u16) {
        match self {
            Self::Newborn => (0, 0),
            Self::Pediatric => (0, 17),
            Self::Maternity => (9, 64),
            Self::Adult => (15, 124),
        }
    }
}

/// Sex that a code is limited to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IcdSex {
    /// Female patients only.
    Female,
    /// Male patients only.
    Male,
}

/// The edits of one code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IcdEdits {
    /// Age groups in which the code may be used; empty means any age.
    age: u16,
    /// Sex that the code is limited to.
    pub sex: Option<IcdSex>,
    /// A manifestation: never first-listed.
    pub manifestation: bool,
    /// Not acceptable as an inpatient's principal diagnosis.
    pub unacceptable_principal: bool,
}

pub(in crate::codeset) const NEWBORN: u16 = 1;
pub(in crate::codeset) const PEDIATRIC: u16 = 2;
pub(in crate::codeset) const MATERNITY: u16 = 4;
pub(in crate::codeset) const ADULT: u16 = 8;
pub(in crate::codeset) const FEMALE: u16 = 16;
pub(in crate::codeset) const MALE: u16 = 32;
pub(in crate::codeset) const MANIFESTATION: u16 = 64;
pub(in crate::codeset) const UNACCEPTABLE_PRINCIPAL: u16 = 128;

impl IcdEdits {
    /// The age groups that the code is limited to.
    pub fn age_classes(self) -> impl Iterator<Item = AgeClass> {
        let bits = [
            (NEWBORN, AgeClass::Newborn),
            (PEDIATRIC, AgeClass::Pediatric),
            (MATERNITY, AgeClass::Maternity),
            (ADULT, AgeClass::Adult),
        ];
        bits.into_iter().filter(move |(bit, _)| self.age & bit != 0).map(|(_, class)| class)
    }

    /// Whether the code may be used at this age in completed years.
    pub fn allows_age(self, years: u16) -> bool {
        self.age == 0 || self.age_classes().any(|c| (c.years().0..=c.years().1).contains(&years))
    }
}

impl Icd10cm {
    /// The edits of a code (table of April 2024; codes newer than that have the edits of no other code, so none).
    pub fn edits(&self, i: IcdIndex) -> IcdEdits {
        let bits = self.file.get(self.edits).get(i.0 as usize).copied().unwrap_or(0);
        let sex = match bits & (FEMALE | MALE) {
            FEMALE => Some(IcdSex::Female),
            MALE => Some(IcdSex::Male),
            _ => None,
        };
        IcdEdits {
            age: bits & (NEWBORN | PEDIATRIC | MATERNITY | ADULT),
            sex,
            manifestation: bits & MANIFESTATION != 0,
            unacceptable_principal: bits & UNACCEPTABLE_PRINCIPAL != 0,
        }
    }
}

/// Bits of an edit as the official lists name it; `None` where the words are unknown.
pub(in crate::codeset) fn edit_bits(group: &str, rule: &str) -> Option<u16> {
    match (group, rule.split(' ').next()?) {
        ("Age", "Perinatal/Newborn") => Some(NEWBORN),
        ("Age", "Pediatric") => Some(PEDIATRIC),
        ("Age", "Maternity") => Some(MATERNITY),
        ("Age", "Adult") => Some(ADULT),
        ("Sex", "Female") => Some(FEMALE),
        ("Sex", "Male") => Some(MALE),
        (_, "Manifestation") => Some(MANIFESTATION),
        _ => None,
    }
}
