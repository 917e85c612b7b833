//! Work units, payment and global days of a code from the code sets, for leveling and its verdict.
use super::result::Fee;
use crate::codeset::CodeSets;
use crate::note::Context;

/// Places of service that Medicare pays at the facility rate.
const FACILITY: &[&str] = &["02", "19", "21", "22", "23", "24", "26", "31", "34", "41", "42", "51", "52", "53", "56", "61"];

/// Work units and national payment of a code on the date of service.
///
/// Medicare's fee schedule also stands in for other payers' amounts; that too makes the figure an estimate.
pub fn fee(sets: &CodeSets, context: &Context, code: &str) -> Option<Fee> {
    let date = context.date_of_service;
    let facts = sets.procedures.facts(code, date)?;
    let exact = sets.payment.conversion_factor(date);
    let factor = exact.or_else(|| sets.payment.newest_conversion_factor())?;
    let facility = FACILITY.contains(&context.place_of_service.as_str());
    let units = if facility { facts.facility_rvu } else { facts.non_facility_rvu };
    Some(Fee {
        work_rvu: facts.work_rvu,
        amount: units * factor.dollars,
        edition: format!("{}, conversion factor of {}", facts.edition.name(), factor.effective),
        estimate: !facts.same_year || exact.is_none() || context.payer != "medicare",
    })
}

/// Global days indicator of a code on the date of service.
pub fn global_days(sets: &CodeSets, context: &Context, code: &str) -> Option<String> {
    sets.procedures.facts(code, context.date_of_service).map(|f| f.global.indicator().to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::category::tests::context;
    use super::*;
    use crate::note::NoteType;

    #[test]
    fn one_level_in_money_and_units() {
        let sets = CodeSets::open(&CodeSets::default_dir().expect("tables are there")).expect("tables open");
        let at = context(NoteType::Office);
        let (lower, higher) = (fee(&sets, &at, "99213").expect("99213"), fee(&sets, &at, "99214").expect("99214"));
        assert_eq!(((higher.work_rvu - lower.work_rvu) * 100.0).round(), 62.0);
        assert!(higher.amount - lower.amount > 20.0 && higher.amount - lower.amount < 80.0);
        // The newest full fee schedule is of 2024, the date of service in 2026.
        assert!(higher.estimate && higher.edition.contains("24"));
        assert_eq!(global_days(&sets, &at, "27447").as_deref(), Some("090"));
    }
}
