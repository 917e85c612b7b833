//! Families of E/M codes: the level each code stands for and the total time it needs.
//!
//! Times "must be met or exceeded" (CPT since 2024; office values AAPC 176626; hospital, consultation, nursing facility
//! and home values from the public eCQM value sets of 2025; NGS Medicare 2025 for 99306 = 50, which was 45 in 2023).
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::result::Level;

/// Category of service: which family of codes the visit belongs to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Category {
    OfficeNew,
    #[default]
    OfficeEstablished,
    OfficeConsult,
    HospitalConsult,
    HospitalInitial,
    HospitalSubsequent,
    HospitalSameDay,
    HospitalDischarge,
    Emergency,
    CriticalCare,
    NursingInitial,
    NursingSubsequent,
    NursingDischarge,
    HomeNew,
    HomeEstablished,
    PreventiveNew,
    PreventiveEstablished,
    WellnessVisit,
    PostoperativeGlobal,
    DisabilityExam,
    TransitionalCare,
    NurseVisit,
    PsychiatricEvaluation,
    Newborn,
    VideoNew,
    VideoEstablished,
    AudioNew,
    AudioEstablished,
    BriefCheckIn,
    NotAVisit,
}

/// A code, the level of decision making it needs, and its minimum minutes.
pub struct Step {
    /// The code.
    pub code: &'static str,
    /// Level of medical decision making that reaches it.
    pub level: Level,
    /// Minutes that reach it; absent where time does not choose (emergency).
    pub minutes: Option<u32>,
}

const fn step(code: &'static str, level: Level, minutes: u32) -> Step {
    Step { code, level, minutes: if minutes == 0 { None } else { Some(minutes) } }
}

use Level::{High, Low, Minimal, Moderate};

const OFFICE_NEW: &[Step] =
    &[step("99202", Minimal, 15), step("99203", Low, 30), step("99204", Moderate, 45), step("99205", High, 60)];
const OFFICE_ESTABLISHED: &[Step] =
    &[step("99212", Minimal, 10), step("99213", Low, 20), step("99214", Moderate, 30), step("99215", High, 40)];
const OFFICE_CONSULT: &[Step] =
    &[step("99242", Minimal, 20), step("99243", Low, 30), step("99244", Moderate, 40), step("99245", High, 55)];
const HOSPITAL_CONSULT: &[Step] =
    &[step("99252", Minimal, 35), step("99253", Low, 45), step("99254", Moderate, 60), step("99255", High, 80)];
const HOSPITAL_INITIAL: &[Step] = &[step("99221", Minimal, 40), step("99222", Moderate, 55), step("99223", High, 75)];
const HOSPITAL_SUBSEQUENT: &[Step] = &[step("99231", Minimal, 25), step("99232", Moderate, 35), step("99233", High, 50)];
const HOSPITAL_SAME_DAY: &[Step] = &[step("99234", Minimal, 45), step("99235", Moderate, 70), step("99236", High, 85)];
const EMERGENCY: &[Step] =
    &[step("99282", Minimal, 0), step("99283", Low, 0), step("99284", Moderate, 0), step("99285", High, 0)];
const NURSING_INITIAL: &[Step] = &[step("99304", Minimal, 25), step("99305", Moderate, 35), step("99306", High, 50)];
const NURSING_INITIAL_2023: &[Step] = &[step("99304", Minimal, 25), step("99305", Moderate, 35), step("99306", High, 45)];
const NURSING_SUBSEQUENT: &[Step] =
    &[step("99307", Minimal, 10), step("99308", Low, 20), step("99309", Moderate, 30), step("99310", High, 45)];
const VIDEO_NEW: &[Step] =
    &[step("98000", Minimal, 15), step("98001", Low, 30), step("98002", Moderate, 45), step("98003", High, 60)];
const VIDEO_ESTABLISHED: &[Step] =
    &[step("98004", Minimal, 10), step("98005", Low, 20), step("98006", Moderate, 30), step("98007", High, 40)];
const AUDIO_NEW: &[Step] =
    &[step("98008", Minimal, 15), step("98009", Low, 30), step("98010", Moderate, 45), step("98011", High, 60)];
const AUDIO_ESTABLISHED: &[Step] =
    &[step("98012", Minimal, 10), step("98013", Low, 20), step("98014", Moderate, 30), step("98015", High, 40)];
const HOME_NEW: &[Step] =
    &[step("99341", Minimal, 15), step("99342", Low, 30), step("99344", Moderate, 60), step("99345", High, 75)];
const HOME_ESTABLISHED: &[Step] =
    &[step("99347", Minimal, 20), step("99348", Low, 30), step("99349", Moderate, 40), step("99350", High, 60)];

impl Category {
    /// The steps of a family that is leveled by decision making or time; empty for the others.
    pub fn steps(self, date: Date) -> &'static [Step] {
        match self {
            Self::OfficeNew => OFFICE_NEW,
            Self::OfficeEstablished => OFFICE_ESTABLISHED,
            Self::OfficeConsult => OFFICE_CONSULT,
            Self::HospitalConsult => HOSPITAL_CONSULT,
            Self::HospitalInitial => HOSPITAL_INITIAL,
            Self::HospitalSubsequent => HOSPITAL_SUBSEQUENT,
            Self::HospitalSameDay => HOSPITAL_SAME_DAY,
            Self::Emergency => EMERGENCY,
            Self::NursingInitial if date.year() < 2024 => NURSING_INITIAL_2023,
            Self::NursingInitial => NURSING_INITIAL,
            Self::NursingSubsequent => NURSING_SUBSEQUENT,
            Self::HomeNew => HOME_NEW,
            Self::HomeEstablished => HOME_ESTABLISHED,
            Self::VideoNew => VIDEO_NEW,
            Self::VideoEstablished => VIDEO_ESTABLISHED,
            Self::AudioNew => AUDIO_NEW,
            Self::AudioEstablished => AUDIO_ESTABLISHED,
            _ => &[],
        }
    }

    /// Families with levels.
    const LEVELED: [Category; 16] = [
        Self::OfficeNew,
        Self::OfficeEstablished,
        Self::OfficeConsult,
        Self::HospitalConsult,
        Self::HospitalInitial,
        Self::HospitalSubsequent,
        Self::HospitalSameDay,
        Self::Emergency,
        Self::NursingInitial,
        Self::NursingSubsequent,
        Self::HomeNew,
        Self::HomeEstablished,
        Self::VideoNew,
        Self::VideoEstablished,
        Self::AudioNew,
        Self::AudioEstablished,
    ];

    /// Patients of this family are new to the practice (or seen in consultation).
    pub fn is_new(self) -> bool {
        matches!(
            self,
            Self::OfficeNew | Self::OfficeConsult | Self::HomeNew | Self::VideoNew | Self::AudioNew | Self::PreventiveNew
        )
    }

    /// The name as the JSON writes it.
    pub fn name(self) -> String {
        serde_json::to_value(self).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
    }

    /// Hospital bed, emergency room or intensive care.
    pub fn is_acute(self) -> bool {
        self.is_hospital() || matches!(self, Self::Emergency | Self::CriticalCare)
    }

    /// Whether patients are in a hospital bed (decides how sick "addressed" usually means).
    pub fn is_hospital(self) -> bool {
        matches!(
            self,
            Self::HospitalConsult
                | Self::HospitalInitial
                | Self::HospitalSubsequent
                | Self::HospitalSameDay
                | Self::HospitalDischarge
        )
    }
}

/// Levels between two codes, positive where the first is higher: steps of their family, or levels of decision making
/// where the families differ. `None` where one of the two has no level.
pub fn levels_apart(a: &str, b: &str) -> Option<i32> {
    let day = Date::constant(2026, 1, 1);
    let place = |code: &str| {
        Category::LEVELED.iter().find_map(|c| {
            let at = c.steps(day).iter().position(|s| s.code == code)?;
            Some((*c, at, c.steps(day).get(at)?.level))
        })
    };
    let ((family, at, level), (other, to, wanted)) = (place(a)?, place(b)?);
    Some(if family == other { at as i32 - to as i32 } else { level.index() as i32 - wanted.index() as i32 })
}

/// The highest step that a level of decision making reaches.
pub fn by_mdm(steps: &'static [Step], level: Level) -> Option<&'static Step> {
    steps.iter().rev().find(|s| s.level <= level)
}

/// The highest step that the minutes reach.
pub fn by_time(steps: &'static [Step], minutes: u32) -> Option<&'static Step> {
    steps.iter().rev().find(|s| s.minutes.is_some_and(|m| m <= minutes))
}

/// Prolonged service: its code and the whole 15-minute units beyond the highest level chosen by time.
///
/// CPT counts from the minimum of the base code; Medicare's G codes count from later (NGS Medicare 2025).
pub fn prolonged(code: &str, minutes: u32, medicare: bool) -> Option<(&'static str, u32)> {
    let (add_on, first) = match (code, medicare) {
        ("99205", false) => ("99417", 75),
        ("99215", false) => ("99417", 55),
        ("99245", false) => ("99417", 70),
        ("99345", false) => ("99417", 90),
        ("99350", false) => ("99417", 75),
        ("99223", false) => ("99418", 90),
        ("99233", false) => ("99418", 65),
        ("99236", false) => ("99418", 100),
        ("99255", false) => ("99418", 95),
        ("99306", false) => ("99418", 65),
        ("99310", false) => ("99418", 60),
        ("99205", true) => ("G2212", 89),
        ("99215", true) => ("G2212", 69),
        ("99223", true) => ("G0316", 90),
        ("99233", true) => ("G0316", 65),
        ("99236", true) => ("G0316", 110),
        ("99306", true) => ("G0317", 95),
        ("99310", true) => ("G0317", 85),
        ("99345", true) => ("G0318", 140),
        ("99350", true) => ("G0318", 110),
        _ => return None,
    };
    (minutes >= first).then(|| (add_on, (minutes - first) / 15 + 1))
}

/// Critical care: units of 99292 beyond 99291. CPT from 75 minutes (mid-point), Medicare from 104 (the full 30).
pub fn critical_care_units(minutes: u32, medicare: bool) -> u32 {
    let first = if medicare { 104 } else { 75 };
    if minutes < first { 0 } else { (minutes - first) / 30 + 1 }
}

/// Preventive medicine code by age in years.
pub fn preventive(new: bool, age: u16) -> &'static str {
    match (age, new) {
        (0, true) => "99381",
        (0, false) => "99391",
        (1..=4, true) => "99382",
        (1..=4, false) => "99392",
        (5..=11, true) => "99383",
        (5..=11, false) => "99393",
        (12..=17, true) => "99384",
        (12..=17, false) => "99394",
        (18..=39, true) => "99385",
        (18..=39, false) => "99395",
        (40..=64, true) => "99386",
        (40..=64, false) => "99396",
        (_, true) => "99387",
        (_, false) => "99397",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_must_be_met() {
        let day = jiff::civil::date(2026, 5, 4);
        let steps = Category::OfficeEstablished.steps(day);
        assert_eq!(by_time(steps, 39).map(|s| s.code), Some("99214"));
        assert_eq!(by_time(steps, 40).map(|s| s.code), Some("99215"));
        assert!(by_time(steps, 9).is_none());
        assert!(by_time(Category::Emergency.steps(day), 90).is_none());
        assert_eq!(by_time(Category::NursingInitial.steps(jiff::civil::date(2023, 12, 31)), 45).map(|s| s.code), Some("99306"));
        assert_eq!(by_time(Category::NursingInitial.steps(day), 45).map(|s| s.code), Some("99305"));
    }

    #[test]
    fn prolonged_thresholds_differ_by_payer() {
        assert_eq!(prolonged("99215", 55, false), Some(("99417", 1)));
        assert_eq!(prolonged("99215", 55, true), None);
        assert_eq!(prolonged("99205", 104, true), Some(("G2212", 2)));
        assert_eq!((critical_care_units(74, false), critical_care_units(75, false)), (0, 1));
        assert_eq!((critical_care_units(103, true), critical_care_units(134, true)), (0, 2));
    }

    #[test]
    fn hospital_low_and_straightforward_share_a_code() {
        let day = jiff::civil::date(2026, 5, 4);
        assert_eq!(by_mdm(Category::HospitalInitial.steps(day), Level::Low).map(|s| s.code), Some("99221"));
        assert_eq!(by_mdm(Category::HospitalInitial.steps(day), Level::High).map(|s| s.code), Some("99223"));
        assert_eq!((preventive(true, 64), preventive(false, 65)), ("99386", "99397"));
    }
}
