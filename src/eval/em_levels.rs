//! How an E/M level compares with the accepted ones.
use jiff::civil::Date;

use crate::em::Category;

/// How an E/M level came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EmOutcome {
    /// Gold has no level and none was given.
    NotApplicable,
    /// Among the accepted levels.
    Accepted,
    /// Same family of services, so many levels higher.
    Over(u8),
    /// Same family, so many levels lower.
    Under(u8),
    /// Another family of services, or a level where none belongs, or none where one does.
    OtherCategory,
}

impl EmOutcome {
    /// Exact or one level off in the same family.
    pub fn within_one(self) -> bool {
        matches!(self, Self::Accepted | Self::Over(1) | Self::Under(1))
    }
}

const FAMILIES: [Category; 12] = [
    Category::OfficeNew,
    Category::OfficeEstablished,
    Category::OfficeConsult,
    Category::HospitalConsult,
    Category::HospitalInitial,
    Category::HospitalSubsequent,
    Category::HospitalSameDay,
    Category::Emergency,
    Category::NursingInitial,
    Category::NursingSubsequent,
    Category::HomeNew,
    Category::HomeEstablished,
];

/// Family and step of a leveled code. The visits that need no physician stand one step below the lowest level.
fn place(code: &str) -> Option<(Category, i32)> {
    let day = Date::constant(2026, 1, 1);
    let step = |c: &Category| Some((*c, c.steps(day).iter().position(|s| s.code == code)? as i32));
    FAMILIES.iter().find_map(step).or(match code {
        "99211" => Some((Category::OfficeEstablished, -1)),
        "99281" => Some((Category::Emergency, -1)),
        _ => None,
    })
}

/// Compares a level with the accepted ones; the nearest accepted level of the same family counts.
pub fn em_outcome(accepted: &[String], predicted: Option<&str>) -> EmOutcome {
    let code = match (accepted.is_empty(), predicted) {
        (true, None) => return EmOutcome::NotApplicable,
        (true, Some(_)) | (false, None) => return EmOutcome::OtherCategory,
        (false, Some(code)) => code,
    };
    if accepted.iter().any(|a| a == code) {
        return EmOutcome::Accepted;
    }
    let Some((family, step)) = place(code) else { return EmOutcome::OtherCategory };
    let steps = accepted.iter().filter_map(|a| place(a)).filter(|(other, _)| *other == family);
    match steps.map(|(_, other)| step - other).min_by_key(|off| off.abs()) {
        Some(off) if off > 0 => EmOutcome::Over(off.unsigned_abs() as u8),
        Some(off) => EmOutcome::Under(off.unsigned_abs() as u8),
        None => EmOutcome::OtherCategory,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_compared_within_their_family() {
        let accepted = vec!["99213".to_owned(), "99214".to_owned()];
        assert_eq!(em_outcome(&accepted, Some("99214")), EmOutcome::Accepted);
        assert_eq!(em_outcome(&accepted, Some("99215")), EmOutcome::Over(1));
        assert_eq!(em_outcome(&accepted, Some("99211")), EmOutcome::Under(2));
        assert_eq!(em_outcome(&accepted, Some("99203")), EmOutcome::OtherCategory);
        assert_eq!(em_outcome(&accepted, None), EmOutcome::OtherCategory);
        assert_eq!(em_outcome(&[], Some("99213")), EmOutcome::OtherCategory);
        assert_eq!(em_outcome(&[], None), EmOutcome::NotApplicable);
        // 99234 is same-day care, not a step above 99233; an age of a preventive visit is no level.
        assert_eq!(em_outcome(&["99233".to_owned()], Some("99234")), EmOutcome::OtherCategory);
        assert_eq!(em_outcome(&["99396".to_owned()], Some("99397")), EmOutcome::OtherCategory);
        assert_eq!(em_outcome(&["99342".to_owned()], Some("99344")), EmOutcome::Over(1));
        assert!(EmOutcome::Under(1).within_one() && !EmOutcome::Over(2).within_one());
    }
}
