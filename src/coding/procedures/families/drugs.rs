//! Drugs given in the office: code, units from the dose, and what was left of a single-dose container.
//!
//! The drug table gives the code and the size of its unit; the dose is the one beside the name.
use crate::claim::{Line, Query};
use crate::codeset::drugs::Drugs;
use crate::coding::procedures::lines::is_facility;
use crate::coding::procedures::statements::Role;
use crate::document::{Evidence, Span};
use crate::note::NoteType;

use super::Setting;
use super::doing::is_doing;
use super::doses::dose_near;
use super::passage::Passages;

/// Whether the drug table decides a code; implants, devices and products without a dose stay with their own tables.
pub fn decides(code: &str) -> bool {
    Drugs::embedded().all().iter().any(|d| d.hcpcs.iter().any(|(c, _)| *c == code))
        && !matches!(code, "J7620" | "J7613" | "J7308" | "J7345")
}

/// Drugs that offices buy and give: hardly one is taken at home.
pub fn is_given_in_offices(code: &str) -> bool {
    const CODES: [&str; 38] = [
        "J3301", "J1010", "J1100", "J0702", "J1885", "J0696", "J3420", "J1050", "J2405", "J1200", "J0561", "J0897", "J3489",
        "J1071", "J2550", "J1439", "J1756", "J1745", "J2919", "J0585", "J0586", "J0587", "J0588", "J2426", "J3111", "J7325",
        "J3304", "J0178", "J2777", "J2778", "J0775", "J2791", "J2790", "J1453", "J9217", "J2360", "J0171", "J2507",
    ];
    CODES.contains(&code)
}

/// Words around a name that say that it was given, and how.
const GIVEN: [&str; 47] = [
    "ivp",
    "ivpb",
    "d5w",
    "ns",
    "bolus",
    "sites",
    "intravitreal",
    "glute",
    "delt",
    "buttock",
    "tolerated",
    "subacromial",
    "approach",
    "space",
    "vial",
    "im",
    "iv",
    "sc",
    "sq",
    "subq",
    "subcut",
    "intramuscular",
    "intramuscularly",
    "subcutaneous",
    "subcutaneously",
    "push",
    "injected",
    "injection",
    "infused",
    "ran",
    "given",
    "administered",
    "joint",
    "bursa",
    "sheath",
    "intra",
    "knee",
    "shoulder",
    "deltoid",
    "gluteal",
    "ventrogluteal",
    "infiltrated",
    "solution",
    "applied",
    "syringe",
    "into",
    "intralesional",
];
/// Routes of what a clinic gives.
const ROUTES: [&str; 10] = ["im", "iv", "ivp", "ivpb", "sc", "sq", "subq", "injected", "intramuscular", "push"];
/// Words of a drug that the patient takes.
const BY_HOURS: [&str; 22] = [
    "odt", "tablet", "qid", "qd", "qhs", "hs", "otc", "prn", "q4h", "q6h", "q8h", "q6", "q8", "q12h", "drops", "gtt", "gtts",
    "tabs", "tab", "rx", "cream", "taper",
];
/// First digits of injections whose drug may be named with its dose alone.
const INJECTIONS: [&str; 13] =
    ["2052", "2055", "2060", "2061", "1190", "6461", "6464", "6465", "6702", "6440", "6445", "6448", "2709"];
/// What goes into a joint, a tendon sheath, a lesion, a muscle or an eye that is on the claim as injected.
const JOINT_DRUGS: [&str; 24] = [
    "J0702", "J1010", "J1100", "J3301", "J7325", "J7321", "J0585", "J0586", "J0587", "J0588", "J0178", "J2778", "J2777", "J7318",
    "J7320", "J7322", "J7323", "J7324", "J7326", "J7327", "J7328", "J7329", "J7331", "J7332",
];
/// Anesthetics and fluids that belong to the procedure, and what has a table of its own.
const INCLUDED: [&str; 13] =
    ["J2003", "J2002", "J2004", "J7620", "J7613", "J7611", "J0171", "J7120", "J2795", "J0665", "J7308", "J7345", "J2590"];

/// Lines of the drugs given; nothing where a facility supplies them.
pub fn lines(passages: &Passages<'_>, setting: &Setting<'_>, claimed: &[String]) -> Vec<(Line, Option<Query>)> {
    let view = passages.view;
    let whole = view.text.to_lowercase();
    if setting.facility && !of_clinic(setting, claimed, &whole) {
        return Vec::new();
    }
    let by_facility = ["supplied by the", "hospital supplied", "drug brought by", "supplied by patient", "specialty pharmacy"];
    if by_facility.iter().any(|w| whole.contains(w)) {
        return Vec::new();
    }
    let injects = claimed.iter().any(|c| INJECTIONS.iter().any(|stem| c.starts_with(stem)));
    let mut found: Vec<(Line, Option<Query>)> = Vec::new();
    let parts = (0..passages.statements.len())
        .filter(|s| passages.role(*s) != Role::History)
        .flat_map(|s| passages.parts(s).into_iter().map(move |r| (s, r)));
    for (statement, range) in parts {
        let (statement, range) = (&statement, &range);
        let role = view.statements[*statement].role;
        let span = passages.span(range);
        let text = span.of(view.text);
        let known = Drugs::embedded()
            .find(text)
            .filter(|h| !h.drug.hcpcs.is_empty())
            .map(|h| (h.start, h.end, h.drug.class, h.drug.hcpcs.clone()));
        let lower = text.to_lowercase();
        let plain = PLAIN.iter().filter_map(|(name, code, unit)| {
            let start = lower.find(name)?;
            let cut = |c: char| c.is_alphanumeric() || c == '-';
            let inside = lower[..start].ends_with(char::is_alphanumeric) || lower[start + name.len()..].starts_with(cut);
            // 150 is the contraceptive's dose.
            let contraceptive =
                ["provera", "contracep", "depo 150", "150 depo", "hcg", "window"].iter().any(|w| lower.contains(w));
            if inside || *name == "depo" && contraceptive != (*code == "J1050") {
                return None;
            }
            Some((start, start + name.len(), "", vec![(*code, *unit)]))
        });
        let mut hits: Vec<_> = known.collect();
        for other in plain {
            // A plain name inside a known one says nothing more.
            if !hits.iter().any(|h| h.0 < other.1 && other.0 < h.1 || h.3.iter().any(|(c, _)| *c == other.3[0].0)) {
                hits.push(other);
            }
        }
        for (start, end, class, hcpcs) in hits {
            let Some(name) = text.get(start..end) else { continue };
            let at = span.start + start;
            if class.contains("anesthetic") {
                continue;
            }
            let token = range.clone().find(|i| passages.tokens[*i].span.end > at);
            if token.is_some_and(|t| passages.tokens[t].off) {
                continue;
            }
            let tokens = &passages.tokens[range.clone()];
            let given = tokens.iter().any(|t| !t.off && GIVEN.contains(&t.text.as_str()));
            let Some((code, unit)) =
                choose(&hcpcs, name, text).filter(|(c, _)| !INCLUDED.contains(c) && !claimed.iter().any(|x| x == c))
            else {
                continue;
            };
            let units = dose_near(text, (start, end), unit, 1).or_else(|| {
                // The dose may stand in another piece of the sentence.
                let sentence = passages.view.statements[*statement].span;
                let start = at.checked_sub(sentence.start).filter(|_| at + name.len() <= sentence.end)?;
                dose_near(sentence.of(view.text), (start, start + name.len()), unit, 1)
            });
            let goes_in = injects && JOINT_DRUGS.contains(&code) && units.is_some();
            let route = tokens.iter().any(|t| ROUTES.contains(&t.text.as_str()));
            let history = role == Role::Story && !goes_in && !route && !tokens.iter().any(|t| is_doing(&t.text));
            let planned = PLANS.iter().any(|w| lower.replace("next due", "").contains(w));
            if !(given || goes_in) || history || home(&lower) || planned {
                continue;
            }
            // Taken by the mouth or the eye, at hours: no injection, unless its route is said.
            if !route && !goes_in && tokens.iter().any(|t| BY_HOURS.contains(&t.text.as_str())) {
                continue;
            }
            add(&mut found, code, (units, lower.contains("total")), passages, Span::new(at, at + name.len()));
        }
    }
    found
}

/// Units of a drug's code by the first dose that a text tells in one line with one of its names; `places`: how many were injected.
pub fn units_of(code: &str, text: &str, places: u32) -> Option<u32> {
    text.lines().find_map(|line| units_in(code, line, places))
}

fn units_in(code: &str, text: &str, places: u32) -> Option<u32> {
    let known = Drugs::embedded().find(text).filter_map(|h| {
        let (_, unit) = h.drug.hcpcs.iter().find(|(c, _)| *c == code)?;
        dose_near(text, (h.start, h.end), unit, places)
    });
    let lower = text.to_lowercase();
    let plain = PLAIN.iter().filter(|(_, c, _)| *c == code).filter_map(|(name, _, unit)| {
        let start = lower.find(name).filter(|_| lower.len() == text.len())?;
        dose_near(text, (start, start + name.len()), unit, places)
    });
    known.chain(plain).next()
}

/// A report of an injection into a joint, a tendon or the skin that names no hospital and none of its machines comes from a
/// clinic, which buys the drug.
fn of_clinic(setting: &Setting<'_>, claimed: &[String], whole: &str) -> bool {
    let injection = |c: &String| ["2052", "2055", "2060", "2061", "1190"].iter().any(|stem| c.starts_with(stem));
    let hospital = ["fluoro", "c-arm", "anesthesiolog", "hospital", "operating", "surgery center", "inpatient"];
    setting.context.note_type == NoteType::Procedure
        && !is_facility(&setting.context.place_of_service)
        && claimed.iter().any(injection)
        && !hospital.iter().any(|w| whole.contains(w))
}

/// Drugs that notes name without what tells the injected form from others.
const PLAIN: [(&str, &str, &str); 14] = [
    ("benzathine pcn", "J0561", "100,000 units"),
    ("pcn g benzathine", "J0561", "100,000 units"),
    ("triamcinolone", "J3301", "10 mg"),
    ("medroxyprogesterone", "J1050", "1 mg"),
    ("synvisc", "J7325", "1 mg"),
    ("depo", "J1010", "1 mg"),
    ("depo", "J1050", "1 mg"),
    ("methylpred", "J1010", "1 mg"),
    ("dex", "J1100", "1 mg"),
    ("tac", "J3301", "10 mg"),
    ("triam", "J3301", "10 mg"),
    ("ketorolac", "J1885", "15 mg"),
    ("onabotulinum", "J0585", "1 unit"),
    ("solumedrol", "J2919", "5 mg"),
];
/// Words of what is still to be given.
const PLANS: [&str; 11] =
    ["will ", "next ", "schedul", "consider", "plan ", "offered", "declin", "last ", "failed ", "allerg", "ordered"];

fn home(lower: &str) -> bool {
    [
        "at home",
        "home:",
        "prescrib",
        " refill",
        "continue",
        "daily",
        "twice",
        "tablet",
        " po ",
        "by mouth",
        " bid",
        " tid",
        "nightly",
        "weekly at",
    ]
    .iter()
    .any(|w| lower.contains(w))
}

/// The code of a drug: the only one, the one whose brand is named, else the first.
fn choose<'a>(hcpcs: &[(&'a str, &'a str)], name: &str, text: &str) -> Option<(&'a str, &'a str)> {
    let lower = text.to_lowercase();
    let named = hcpcs.iter().find(|(_, unit)| {
        let Some((_, brands)) = unit.split_once('(') else { return false };
        let list = brands.trim_end_matches(')').to_lowercase();
        list.split(", ").any(|b| name.to_lowercase() == b || lower.contains(b) && b.len() > 4)
    });
    named.or(hcpcs.first()).copied()
}

fn add(
    found: &mut Vec<(Line, Option<Query>)>,
    code: &str,
    (units, total): (Option<u32>, bool),
    passages: &Passages<'_>,
    place: Span,
) {
    let evidence = Evidence { start: place.start, end: place.end, text: place.of(passages.view.text).to_owned(), document: None };
    if let Some((line, question)) = found.iter_mut().find(|(l, _)| l.code == code) {
        // Named twice with one dose is given once; two doses are added, unless the second is their total.
        match (units, question.is_some()) {
            (Some(n), true) => {
                line.units = n;
                *question = None;
            }
            (Some(n), false) => line.units = if total { n } else { line.units + n },
            _ => return,
        }
        line.evidence.push(evidence);
        return;
    }
    let question = units.is_none().then(|| Query {
        about: format!("line:{code}"),
        question: "Which dose of this drug was given, and was the container used up?".to_owned(),
        options: Vec::new(),
        evidence: vec![evidence.clone()],
    });
    let line = Line {
        code: code.to_owned(),
        units: units.unwrap_or(1),
        confidence: 0.8,
        source: vec!["decision_table".to_owned()],
        evidence: vec![evidence],
        reason: "Drug given here; units from the dose, rounded up.".to_owned(),
        ..Line::default()
    };
    found.push((line, question));
}
