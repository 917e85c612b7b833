//! Visits that CPT has given up, with their last day: facts of the relative value files of 2020 to 2024, in which each stands
//! until then. The catalogue carries codes of today; old habits and templates still carry these.
use jiff::civil::{Date, date};

/// First and last code, and the last day of all between them.
const RETIRED: [(&str, &str, Date); 10] = [
    ("99201", "99201", date(2020, 12, 31)),
    ("99217", "99220", date(2022, 12, 31)),
    ("99224", "99226", date(2022, 12, 31)),
    ("99241", "99241", date(2022, 12, 31)),
    ("99251", "99251", date(2022, 12, 31)),
    ("99318", "99318", date(2022, 12, 31)),
    ("99324", "99328", date(2022, 12, 31)),
    ("99334", "99340", date(2022, 12, 31)),
    ("99343", "99343", date(2022, 12, 31)),
    ("99354", "99357", date(2022, 12, 31)),
];

/// The last day of a code that was given up.
pub(super) fn last_day(code: &str) -> Option<Date> {
    let code = code.trim();
    let row = RETIRED.iter().find(|(first, last, _)| code.len() == 5 && (*first..=*last).contains(&code));
    row.map(|(.., day)| *day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn visits_of_before() {
        assert_eq!(last_day("99241"), Some(date(2022, 12, 31)));
        assert_eq!(last_day("99201"), Some(date(2020, 12, 31)));
        for code in ["99242", "99221", "99202", "99358", "9924", "99341", ""] {
            assert_eq!(last_day(code), None, "{code}");
        }
    }
}
