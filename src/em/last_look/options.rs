//! The codes that come into question for a visit.
use std::collections::BTreeMap;

use super::NO_VISIT;
use crate::coding::bag_of_words::NoteWords;
use crate::em::codes::Category;
use crate::em::input::{Input, PayerTerms};

/// Codes by words that are considered, and the least score of one.
const MOST: usize = 8;
const LEAST: f32 = 0.03;

/// One code in question.
pub struct Choice {
    /// The code, or [`NO_VISIT`].
    pub code: String,
    /// The code as the words say it: one that this payer does not take has another in its place.
    pub said: String,
    /// Its kind of service.
    pub category: Category,
    /// What the words say for it.
    pub score: f32,
    /// The code that cues and tables found.
    pub is_base: bool,
}

/// All of them.
pub struct Options {
    /// That of cues and tables first.
    pub list: Vec<Choice>,
    /// What the words say for each kind of service.
    pub by_category: BTreeMap<Category, f32>,
    /// What they say for every code in question here.
    pub scores: BTreeMap<String, f32>,
}

impl Options {
    /// Of a note whose code by cues and tables is `base`.
    pub fn of(input: &Input, base: &str, words: &NoteWords<'_>) -> Self {
        let mut by_category: BTreeMap<Category, f32> = BTreeMap::new();
        let mut scores: BTreeMap<String, f32> = BTreeMap::new();
        let mut said: Vec<(String, String)> = Vec::new();
        for (code, score) in words.scores.best(usize::MAX) {
            let own = payable(code, &input.payer);
            let Some(category) = category_of(&own) else { continue };
            *by_category.entry(category).or_default() += score;
            let known = scores.entry(own.clone()).or_default();
            *known = known.max(score);
            if !said.iter().any(|(o, _)| *o == own) {
                said.push((own, code.to_owned()));
            }
        }
        let mut codes: Vec<String> = vec![base.to_owned()];
        let best = said.iter().filter(|(own, _)| scores.get(own).is_some_and(|s| *s >= LEAST)).take(MOST);
        let near = neighbours(base, input).into_iter();
        for code in best.map(|(own, _)| own.clone()).chain(near).chain([NO_VISIT.to_owned()]) {
            if !codes.contains(&code) {
                codes.push(code);
            }
        }
        let choice = |(i, code): (usize, String)| {
            let category = category_of(&code).unwrap_or_default();
            let said = said.iter().find(|(own, _)| *own == code).map_or_else(|| code.clone(), |(_, said)| said.clone());
            let score = scores.get(&code).copied().unwrap_or_default();
            Choice { said, category, score, is_base: i == 0, code }
        };
        let list = codes.into_iter().enumerate().map(choice).collect();
        Self { list, by_category, scores }
    }

    /// The choice: first the kind of service with the most probability, then its likeliest code; what cues and tables found stands
    /// where nothing is likelier by `margin`.
    pub fn choose(&self, probabilities: &[f32], margin: f32) -> usize {
        let mut by_kind: BTreeMap<Category, f32> = BTreeMap::new();
        for (option, p) in self.list.iter().zip(probabilities) {
            *by_kind.entry(option.category).or_default() += p;
        }
        let of = |category: Category| by_kind.get(&category).copied().unwrap_or_default();
        let base = self.list[0].category;
        let likeliest = by_kind.keys().copied().max_by(|a, b| of(*a).total_cmp(&of(*b)).then(b.cmp(a))).unwrap_or(base);
        let kind = if of(likeliest) >= of(base) + margin { likeliest } else { base };
        let among = (0..self.list.len()).filter(|i| self.list[*i].category == kind);
        let best = among.max_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]).then(b.cmp(a))).unwrap_or(0);
        if kind == base && probabilities[best] < probabilities[0] + margin { 0 } else { best }
    }
}

/// The codes one step beside one of a family with levels.
fn neighbours(code: &str, input: &Input) -> Vec<String> {
    let steps = category_of(code).map(|c| c.steps(input.context.date_of_service)).unwrap_or_default();
    let Some(at) = steps.iter().position(|s| s.code == code) else { return Vec::new() };
    let near = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
    near.filter_map(|i| steps.get(i)).map(|s| s.code.to_owned()).collect()
}

/// The code in place of one that a payer does not take: consultations are visits to Medicare, and remote visits office visits.
pub fn payable(code: &str, payer: &PayerTerms) -> String {
    let index = |list: &[&str]| list.iter().position(|c| *c == code);
    const NEW: [&str; 4] = ["99202", "99203", "99204", "99205"];
    const ESTABLISHED: [&str; 4] = ["99212", "99213", "99214", "99215"];
    if !payer.consultation_codes {
        if let Some(i) = index(&["99242", "99243", "99244", "99245"]) {
            return NEW[i].to_owned();
        }
        if let Some(i) = index(&["99252", "99253", "99254", "99255"]) {
            return ["99221", "99221", "99222", "99223"][i].to_owned();
        }
    }
    if !payer.telemedicine_codes {
        for (list, own) in [
            (["98000", "98001", "98002", "98003"], NEW),
            (["98004", "98005", "98006", "98007"], ESTABLISHED),
            (["98008", "98009", "98010", "98011"], NEW),
            (["98012", "98013", "98014", "98015"], ESTABLISHED),
        ] {
            if let Some(i) = index(&list) {
                return own[i].to_owned();
            }
        }
    }
    code.to_owned()
}

/// The kind of service of a code; none for codes that no note is leveled to.
pub fn category_of(code: &str) -> Option<Category> {
    use Category as C;
    Some(match code {
        NO_VISIT => C::NotAVisit,
        "99211" => C::NurseVisit,
        "99234" | "99235" | "99236" => C::HospitalSameDay,
        "99238" | "99239" => C::HospitalDischarge,
        "99291" => C::CriticalCare,
        "99304" | "99305" | "99306" => C::NursingInitial,
        "99315" | "99316" => C::NursingDischarge,
        "99024" => C::PostoperativeGlobal,
        "99455" | "99456" => C::DisabilityExam,
        "99495" | "99496" => C::TransitionalCare,
        "98016" => C::BriefCheckIn,
        "G0402" | "G0438" | "G0439" => C::WellnessVisit,
        "90791" | "90792" => C::PsychiatricEvaluation,
        "99281" => C::Emergency,
        _ => match code.get(..4)? {
            "9920" => C::OfficeNew,
            "9921" => C::OfficeEstablished,
            "9924" => C::OfficeConsult,
            "9925" => C::HospitalConsult,
            "9922" => C::HospitalInitial,
            "9923" => C::HospitalSubsequent,
            "9928" => C::Emergency,
            "9930" | "9931" => C::NursingSubsequent,
            "9934" if code < "99346" => C::HomeNew,
            "9934" | "9935" => C::HomeEstablished,
            "9938" => C::PreventiveNew,
            "9939" => C::PreventiveEstablished,
            "9946" | "9947" | "9948" => C::Newborn,
            "9800" if code < "98004" => C::VideoNew,
            "9800" if code < "98008" => C::VideoEstablished,
            "9800" | "9801" if code < "98012" => C::AudioNew,
            "9801" => C::AudioEstablished,
            _ => return None,
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_have_a_kind() {
        let of = |code: &str| category_of(code);
        assert_eq!([of("99213"), of("99211")], [Some(Category::OfficeEstablished), Some(Category::NurseVisit)]);
        assert_eq!([of("99350"), of("99345")], [Some(Category::HomeEstablished), Some(Category::HomeNew)]);
        assert_eq!([of("98007"), of("98009")], [Some(Category::VideoEstablished), Some(Category::AudioNew)]);
        assert_eq!([of("20610"), of(""), of("none")], [None, None, Some(Category::NotAVisit)]);
        let medicare = PayerTerms::medicare();
        assert_eq!([payable("99244", &medicare), payable("98006", &medicare)], ["99204", "99214"]);
        let commercial = PayerTerms { consultation_codes: true, ..medicare };
        assert_eq!(payable("99244", &commercial), "99244");
    }

    #[test]
    fn what_was_found_stands_unless_another_is_likelier() {
        let choice = |code: &str, is_base| Choice {
            code: code.to_owned(),
            said: code.to_owned(),
            category: category_of(code).unwrap_or_default(),
            score: 0.0,
            is_base,
        };
        let list = vec![choice("99213", true), choice("99214", false), choice(NO_VISIT, false)];
        let options = Options { list, by_category: BTreeMap::new(), scores: BTreeMap::new() };
        assert_eq!(options.choose(&[0.4, 0.45, 0.1], 0.1), 0);
        assert_eq!(options.choose(&[0.3, 0.45, 0.1], 0.1), 1);
        // Both levels together are likelier than no visit.
        assert_eq!(options.choose(&[0.3, 0.3, 0.4], 0.1), 0);
        assert_eq!(options.choose(&[0.1, 0.1, 0.7], 0.1), 2);
    }
}
