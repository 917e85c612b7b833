//! Age, sex and whether the patient is new, from the words of the note.
use std::sync::LazyLock;

use jiff::civil::Date;
use regex::Regex;

use super::{Inferred, dates};
use crate::document::numerals::number_word;
use crate::document::{Document, SectionKind, Span};
use crate::note::Sex;

fn pattern(text: &str) -> Option<Regex> {
    Regex::new(text).ok()
}

const NUMBER_WORDS: &str = "(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)";

static AGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(&format!(
        r"(?i)\b(?:a)?(?P<n>\d{{1,3}}|{NUMBER_WORDS})(?:[- ]1/2|\.\d|(?:[- ]and[- ]a[- ]half))?(?:\s|-|–)*(?:(?P<y>year)s?,?[- ](?:and )?\d{{1,2}}(?:\s|-)*)?(?P<unit>years?|yrs?|y|months?|mos?|weeks?|wks?|days?|d)\.?(?:\s|-|–|/)*(?:olds?|o)\b\.?|\b(?P<n2>\d{{1,3}}) years of age\b|\bage[d]?:? (?P<n3>\d{{1,3}})\b|\b(?P<n4>\d{{1,3}}) ?(?P<y4>y|yr|yrs)? ?(?-i:[MF])\b|\b(?P<n5>\d{{1,2}}) (?P<u5>months?|weeks?|days?) of age\b|\b(?P<n6>\d{{1,2}})[- ]?(?P<u6>mos?|months?|weeks?|wks?|years?|yrs?|yo) (?:old )?(?:wcc|well|check-?up|physical|epsdt)\b|\b(?P<u7>dol|day of life) ?#?(?P<n7>\d{{1,2}})\b"
    ))
});

const RELATIVES: [&str; 24] = [
    "mother",
    "father",
    "brother",
    "sister",
    "son",
    "daughter",
    "husband",
    "wife",
    "parent",
    "sibling",
    "grandmother",
    "grandfather",
    "aunt",
    "uncle",
    "cousin",
    "mom",
    "dad",
    "spouse",
    "partner",
    "boyfriend",
    "girlfriend",
    "twin",
    "roommate",
    "sons",
];

/// Age in completed years: "54-year-old", "54 y.o.", "5-month-old" (0), "Age: 54", or a date of birth.
pub(super) fn age(document: &Document, date_of_service: Option<Date>) -> Option<Inferred<u16>> {
    let text = &*document.text;
    if let Some(regex) = AGE.as_ref() {
        for found in regex.captures_iter(text) {
            let Some(whole) = found.get(0) else { continue };
            if is_of_another(document, whole.start(), whole.end()) {
                continue;
            }
            let number =
                ["n", "n2", "n3", "n4", "n5", "n6", "n7"].iter().find_map(|name| found.name(name)).map_or("", |m| m.as_str());
            // "6F" is a catheter and "99.4 F" a temperature.
            let bare = found.name("n4").is_some() && found.name("y4").is_none();
            if bare
                && (number.len() < 2
                    || text[..whole.start()].ends_with(['.', '°', '/', '#'])
                    || is_temperature(text, whole.start(), number))
            {
                continue;
            }
            let Some(value) = number.parse().ok().or_else(|| u16::try_from(number_word(number)?).ok()) else { continue };
            let unit = ["y", "unit", "u5", "u6", "u7"].iter().find_map(|name| found.name(name)).map_or("y", |m| m.as_str());
            let years = years_of(value, unit);
            if years <= 120 {
                return Some(Inferred { value: years, span: Span::new(whole.start(), whole.end()) });
            }
        }
    }
    let birth = dates::birth_date(text)?;
    let date = date_of_service?;
    let years = completed_years(birth.value, date)?;
    Some(Inferred { value: years, span: birth.span })
}

/// Completed years between birth and a later date.
pub(super) fn completed_years(birth: Date, date: Date) -> Option<u16> {
    let before_birthday = (date.month(), date.day()) < (birth.month(), birth.day());
    u16::try_from(i32::from(date.year()) - i32::from(birth.year()) - i32::from(before_birthday)).ok().filter(|y| *y <= 120)
}

fn is_temperature(text: &str, start: usize, number: &str) -> bool {
    let before = text[ceil_boundary(text, start.saturating_sub(14))..start].to_lowercase();
    matches!(number, "95" | "96" | "97" | "98" | "99" | "100" | "101" | "102" | "103" | "104" | "105")
        && (before.contains('t') || before.contains("fever"))
}

fn years_of(value: u16, unit: &str) -> u16 {
    match unit.to_ascii_lowercase().chars().next() {
        Some('y') => value,
        Some('m') => value / 12,
        Some('w') => value / 52,
        _ => value / 365,
    }
}

/// An age of a relative, of a past event ("at age 12"), or in a section about the family.
fn is_of_another(document: &Document, start: usize, end: usize) -> bool {
    let text = &*document.text;
    if matches!(document.section_kind_at(start), SectionKind::FamilyHistory) {
        return true;
    }
    let before = text[ceil_boundary(text, start.saturating_sub(40))..start].to_lowercase();
    let after: String = text[end..].chars().take(28).collect::<String>().to_lowercase();
    let last: Vec<&str> = before.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).rev().take(3).collect();
    let related = |word: &&str| RELATIVES.contains(word);
    let next: Vec<&str> = after.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).take(2).collect();
    let own = last.first().is_some_and(|w| matches!(*w, "his" | "her" | "their" | "whose"));
    let is_event = last.first().is_some_and(|w| matches!(*w, "at" | "since" | "until" | "age" | "around" | "under" | "over"))
        || next.first() == Some(&"history");
    let clause = before.rsplit(['.', ',', '\n', ';']).next().unwrap_or("");
    let of_relative = clause.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).any(|w| related(&w))
        && !clause.contains("patient");
    let names_relative = next.first().is_some_and(related) && next.get(1) != Some(&"of");
    names_relative || own || is_event || of_relative
}

static NEAR_AGE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:(?P<f>females?|wom[ae]n|lady|girl|gal|RHF|LHF|WF|BF|HF|AAF|mother|G\dP\d|gravida|housewife|nun)|(?P<m>males?|m[ae]n|gentlem[ae]n|boy|RHM|LHM|WM|BM|AAM|guy|veteran male))\b|\b(?-i:(?P<f2>F)|(?P<m2>M))\b",
    )
});

static WORDS_OF_SEX: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:(?P<f>she|her|hers|herself|mrs|ms|miss)|(?P<m>he|him|his|himself|mr)|(?P<fa>female|woman|lady|girl|gravida|para|uterus|uterine|ovary|ovaries|ovarian|vaginal|vagina|hysterectomy|menses|menstrual|pregnancy|pregnant|lmp|labia|cesarean|adnexa|menopausal|postmenopausal|fetal|fetus)|(?P<ma>male|gentleman|boy|prostate|prostatic|penis|penile|testes|testis|testicular|scrotum|scrotal|psa|vasectomy|circumcision|circumcised|erectile|bph|glans))\b",
    )
});

static LABEL: LazyLock<Option<Regex>> =
    LazyLock::new(|| pattern(r"(?i)\b(?:sex|gender)\s*[:\-]\s*(?:(?P<f>f(?:emale)?\b)|(?P<m>m(?:ale)?\b))"));

/// Sex: a label, then the word beside the age, then pronouns, titles and organs counted over the note.
pub(super) fn sex(document: &Document, age: Option<Span>) -> Option<Inferred<Sex>> {
    let text = &*document.text;
    if let Some(found) = LABEL.as_ref().and_then(|r| r.captures(text)) {
        let (value, at) = found.name("f").map(|m| (Sex::F, m)).or_else(|| found.name("m").map(|m| (Sex::M, m)))?;
        return Some(Inferred { value, span: Span::new(at.start(), at.end()) });
    }
    if let Some(age) = age
        && let Some(found) = beside_age(text, age)
    {
        return Some(found);
    }
    let regex = WORDS_OF_SEX.as_ref()?;
    let (mut female, mut male) = (0u32, 0u32);
    let mut first: [Option<Span>; 2] = [None, None];
    for found in regex.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        let span = Span::new(whole.start(), whole.end());
        if document.section_kind_at(span.start) == SectionKind::FamilyHistory {
            continue;
        }
        let title = matches!(whole.as_str().to_ascii_lowercase().as_str(), "mr" | "mrs" | "ms");
        let is_female = found.name("f").is_some() || found.name("fa").is_some();
        let organ = found.name("fa").is_some() || found.name("ma").is_some();
        let weight = if title {
            4
        } else if organ {
            2
        } else {
            1
        };
        *(if is_female { &mut female } else { &mut male }) += weight;
        first[usize::from(is_female)].get_or_insert(span);
    }
    let (value, more, less) = if female > male { (Sex::F, female, male) } else { (Sex::M, male, female) };
    (more >= 2 && more * 2 > less * 3).then_some(())?;
    first[usize::from(value == Sex::F)].map(|span| Inferred { value, span })
}

fn beside_age(text: &str, age: Span) -> Option<Inferred<Sex>> {
    // "56 M" holds its own letter; else the next words of the same sentence.
    let tail_end = ceil_boundary(text, (age.end + 90).min(text.len()));
    let letter = age.of(text).chars().next_back();
    if let (Some(value), false) = (
        letter.and_then(|c| {
            if c == 'F' {
                Some(Sex::F)
            } else if c == 'M' {
                Some(Sex::M)
            } else {
                None
            }
        }),
        age.is_empty(),
    ) {
        return Some(Inferred { value, span: Span::new(age.end - 1, age.end) });
    }
    let tail = &text[age.start..tail_end];
    let tail = tail.find(['\n', ';']).map_or(tail, |i| &tail[..i.max(age.len())]);
    let found = NEAR_AGE.as_ref()?.captures(tail)?;
    let female = found.name("f").or_else(|| found.name("f2"));
    let male = found.name("m").or_else(|| found.name("m2"));
    let (value, at) = female.map(|m| (Sex::F, m)).or_else(|| male.map(|m| (Sex::M, m)))?;
    if at.as_str().eq_ignore_ascii_case("mother") {
        return None;
    }
    Some(Inferred { value, span: Span::new(age.start + at.start(), age.start + at.end()) })
}

static NEW: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:new[- ]patient|new pt|establish(?:ing|es)? (?:primary )?care|new to (?:our|my|this|the) (?:[a-z]+ )?(?:practice|clinic|office|service)|first visit (?:to|with|here)|initial (?:office )?(?:visit|consultation|evaluation)|never (?:been )?seen (?:here|before in our)|self[- ]referred)\b",
    )
});

static ESTABLISHED: LazyLock<Option<Regex>> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:established (?:patient|pt|care)|est(?:ablished)?\.? pt|last seen (?:in|by|here|on)|(?:well[- ])?known to (?:me|our|my|this)|here (?:today )?for (?:a |her |his )?(?:[a-z]+ )?follow[- ]?up|returns? (?:today|to (?:clinic|the (?:clinic|office)))|return visit|(?:presents|comes in|seen) (?:today )?(?:for|in) (?:a |her |his )?(?:[a-z]+ )?follow[- ]?up|follow[- ]?up visit|post[- ]?op(?:erative)? (?:visit|check)|since (?:the |her |his )?last visit)\b",
    )
});

/// Whether the note calls the patient new (true) or established (false).
pub(super) fn new_patient(document: &Document) -> Option<Inferred<bool>> {
    let find = |regex: &Option<Regex>| {
        let found = regex.as_ref()?.find(&document.text)?;
        Some(Span::new(found.start(), found.end()))
    };
    let (new, established) = (find(&NEW), find(&ESTABLISHED));
    match (new, established) {
        (Some(new), Some(old)) if old.start < new.start => Some(Inferred { value: false, span: old }),
        (Some(new), _) => Some(Inferred { value: true, span: new }),
        (None, Some(old)) => Some(Inferred { value: false, span: old }),
        (None, None) => None,
    }
}

/// The smallest character boundary at or above `at`.
pub(super) fn ceil_boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|&i| text.is_char_boundary(i)).unwrap_or(text.len())
}
