//! What the leveling of a visit yields: the code, the three elements with their evidence, time, and the verdict.
use serde::{Deserialize, Serialize};

use crate::claim::Query;
use crate::document::Evidence;

/// A level of medical decision making, or of one of its elements.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Straightforward.
    #[default]
    Minimal,
    /// Low; the data column calls it limited.
    Low,
    /// Moderate.
    Moderate,
    /// High; the data column calls it extensive.
    High,
}

impl Level {
    /// From lowest to highest.
    pub const ALL: [Level; 4] = [Level::Minimal, Level::Low, Level::Moderate, Level::High];

    /// Position from 0.
    pub fn index(self) -> usize {
        self as usize
    }
    /// The level at a position, the highest for positions beyond.
    pub fn from_index(index: usize) -> Level {
        Level::ALL.get(index).copied().unwrap_or(Level::High)
    }
    /// The word of the problems and risk columns.
    pub fn word(self) -> &'static str {
        ["minimal", "low", "moderate", "high"][self.index()]
    }
    /// The word of the data column.
    pub fn data_word(self) -> &'static str {
        ["minimal", "limited", "moderate", "extensive"][self.index()]
    }
    /// The level of a word of either column.
    pub fn from_word(word: &str) -> Option<Level> {
        match word {
            "minimal" | "straightforward" => Some(Level::Minimal),
            "low" | "limited" => Some(Level::Low),
            "moderate" => Some(Level::Moderate),
            "high" | "extensive" => Some(Level::High),
            _ => None,
        }
    }
    /// Two of three: the level that at least two elements meet or exceed.
    pub fn two_of_three(a: Level, b: Level, c: Level) -> Level {
        let mut all = [a, b, c];
        all.sort();
        all[1]
    }
}

/// On what the level rests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Basis {
    /// Medical decision making.
    Mdm,
    /// Documented total time on the date of the encounter.
    Time,
    /// A preventive service, chosen by age and by new or established.
    Preventive,
    /// No level: a report of a procedure or test, or a visit without a charge.
    #[default]
    None,
}

/// One thing that counts towards an element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Element {
    /// What kind of thing: `stable_chronic`, `unique_test`, `prescription_drug_management`, ….
    pub kind: String,
    /// What it is, in a few words (a problem, a test, a drug).
    pub name: String,
    /// For problems: the status read from the note.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<String>,
    /// The level this reaches by itself; absent where only the count decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// Whether it was counted; `false` shows what was seen and why it does not count.
    pub counted: bool,
    /// Why, in one short sentence.
    pub reason: String,
    /// The words of the note.
    pub evidence: Vec<Evidence>,
}

/// One of the three elements.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ElementGroup {
    /// Level word of its column; absent where there is no level.
    pub level: Option<String>,
    /// How the level follows from the elements.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// What counts towards it (and what was seen and does not count).
    pub elements: Vec<Element>,
}

impl ElementGroup {
    /// The level as a value.
    pub fn value(&self) -> Option<Level> {
        self.level.as_deref().and_then(Level::from_word)
    }
}

/// A second E/M service of the same visit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Additional {
    /// The code.
    pub code: String,
    /// Its modifiers.
    pub modifiers: Vec<String>,
    /// Units of service.
    pub units: u32,
    /// Why, in one sentence.
    pub reason: String,
    /// The words of the note.
    pub evidence: Vec<Evidence>,
}

/// The documented code judged by the supported one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The documentation supports the documented code.
    Supported,
    /// The documentation supports more.
    Undercoded,
    /// The documentation supports less.
    Overcoded,
    /// No code was documented.
    #[default]
    NotDocumented,
}

/// Supported minus documented.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// In work relative value units.
    pub rvu: f64,
    /// In money, two decimals.
    pub amount: String,
    /// ISO currency.
    pub currency: String,
    /// Fee schedule edition and conversion factor that the figures come from.
    pub edition: String,
    /// The edition's year is not the year of service.
    pub estimate: bool,
}

/// Work units and payment of a code in one fee schedule edition.
#[derive(Clone, Debug, PartialEq)]
pub struct Fee {
    /// Work relative value units.
    pub work_rvu: f64,
    /// National payment amount in US dollars.
    pub amount: f64,
    /// Edition and conversion factor date.
    pub edition: String,
    /// The edition's year is not the year of service.
    pub estimate: bool,
}

/// The level of a visit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EmResult {
    /// The main E/M code; the preventive one where one is billed. Null where the note is no visit.
    pub code: Option<String>,
    /// How sure the code is, where the last look has weighed it.
    #[serde(skip)]
    pub confidence: Option<f32>,
    /// Its modifiers.
    pub modifiers: Vec<String>,
    /// A separate problem visit beside a preventive one, prolonged services, further critical care.
    pub additional: Vec<Additional>,
    /// On what the level rests.
    pub basis: Basis,
    /// Category of service (`office_new`, `hospital_initial`, …).
    pub category: String,
    /// Why this category, and on what the level rests, in a sentence or two.
    pub reason: String,
    /// Number and nature of the problems addressed.
    pub problems: ElementGroup,
    /// Data reviewed and analysed.
    pub data: ElementGroup,
    /// Risk of complications, morbidity or mortality of management.
    pub risk: ElementGroup,
    /// Documented total time in minutes.
    pub time_minutes: Option<u32>,
    /// The words that state the time.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub time_evidence: Vec<Evidence>,
    /// The words that decided the category of service.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub category_evidence: Vec<Evidence>,
    /// The E/M code that the practice's coder chose.
    pub documented: Option<String>,
    /// The documented code judged.
    pub verdict: Verdict,
    /// Supported minus documented.
    pub difference: Option<Difference>,
    /// What the next level would need, as far as the note gives a sign of it.
    pub next_level_needs: Vec<String>,
    /// Questions to coder or provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub queries: Vec<Query>,
}

#[cfg(test)]
mod tests {
    use super::Level::*;
    use super::*;

    #[test]
    fn two_of_three_is_the_middle() {
        assert_eq!(Level::two_of_three(High, Minimal, Moderate), Moderate);
        assert_eq!(Level::two_of_three(High, High, Minimal), High);
        assert_eq!(Level::two_of_three(Minimal, Minimal, High), Minimal);
    }
}
