//! Administration of vaccines: which codes, how often, for whom.
//!
//! Medicare has its own codes for influenza, pneumococcus and hepatitis B (G0008, G0009, G0010), COVID-19 has one for
//! every payer (90480). Otherwise under 19 with counselling by the physician 90460 counts vaccines and 90461 their
//! further components; without it 90471/90472 count injections and 90473/90474 what is given by mouth or nose, with one
//! first code a day.
use crate::claim::{Line, Query};
use crate::document::{Evidence, Span};

use super::found::Found;
use super::passage::Passages;
use super::{FamilyTables, Setting};

/// Whether vaccines on the claim decide a code.
pub fn decides(code: &str) -> bool {
    matches!(code, "90460" | "90461" | "90471" | "90472" | "90473" | "90474" | "90480" | "G0008" | "G0009" | "G0010")
}

/// Sets the units of administration by the products that are on the claim, whoever found them.
pub fn recount(lines: &mut Vec<Line>, families: &FamilyTables, title: &dyn Fn(&str) -> String) {
    let has = |code: &str| lines.iter().any(|l| l.code == code);
    let medicares = |code: &str| ["G0008", "G0009", "G0010"].contains(&code) && has(code);
    let vaccine = |line: &Line| {
        let own = families.of_code(&line.code).iter().filter_map(|f| families.families[*f].vaccine.as_ref());
        own.into_iter().find(|v| v.own.is_none() && !v.medicare.as_deref().is_some_and(medicares))
    };
    let products: Vec<_> = lines.iter().filter_map(vaccine).collect();
    let count = products.len() as u32;
    if count == 0 {
        return;
    }
    let oral = products.iter().filter(|v| v.oral_or_nasal).count() as u32;
    let components: u32 = products.iter().map(|v| v.components.max(1)).sum();
    if has("90460") {
        set(lines, "90460", count, "90460", title);
        set(lines, "90461", components - count, "90460", title);
    } else if has("90471") && count > oral {
        set(lines, "90472", count - oral - 1, "90471", title);
        set(lines, "90474", oral, "90471", title);
    }
}

/// Gives a code its units: none takes it off, and where it is missing it comes behind `first`.
fn set(lines: &mut Vec<Line>, code: &str, units: u32, first: &str, title: &dyn Fn(&str) -> String) {
    if units == 0 {
        lines.retain(|l| l.code != code);
    } else if let Some(line) = lines.iter_mut().find(|l| l.code == code) {
        line.units = units;
    } else if let Some(at) = lines.iter().position(|l| l.code == first) {
        let reason = "Counted by the vaccines on this claim.".to_owned();
        let line = Line { code: code.to_owned(), units, title: title(code), reason, ..lines[at].clone() };
        lines.insert(at + 1, line);
    }
}

/// Words that say that the physician counselled patient or family.
const COUNSELLED: [&str; 22] = [
    "talked w/",
    "i talked",
    "discussed w/",
    "reviewed w/",
    "explained w/",
    "counselled",
    "went through",
    "discussed risks",
    "risks and benefits",
    "risks/benefits",
    "counsel",
    "talked with",
    "i explained",
    "explained to",
    "went over",
    "discussed with",
    "discussed each",
    "reviewed with",
    "i discussed",
    "personally",
    "we discussed",
    "answered",
];

/// The administration lines that go with the vaccines found.
pub fn lines(
    passages: &Passages<'_>,
    families: &FamilyTables,
    results: &[(usize, Found, f32)],
    setting: &Setting<'_>,
) -> Vec<(Line, Option<Query>)> {
    // Where nobody names the payer it is taken for Medicare, which a child hardly ever has.
    let young = setting.context.patient.age_years.is_some_and(|a| a < 19);
    let medicare = setting.context.payer == "medicare" && !young;
    let mut lines: Vec<(Line, Option<Query>)> = Vec::new();
    let (mut vaccines, mut components, mut injections, mut oral) = (0u32, 0u32, 0u32, 0u32);
    let mut span: Option<Span> = None;
    let evidence =
        |span: Span| Evidence { start: span.start, end: span.end, text: span.of(passages.view.text).to_owned(), document: None };
    let line = |code: &str, units: u32, reason: &str, span: Span| Line {
        code: code.to_owned(),
        units,
        confidence: 0.85,
        source: vec!["decision_table".to_owned()],
        evidence: vec![evidence(span)],
        reason: reason.to_owned(),
        ..Line::default()
    };
    for (number, found, _) in results {
        let (Some(vaccine), Some(service)) = (&families.families[*number].vaccine, found.services.first()) else { continue };
        if let Some(own) = &vaccine.own {
            lines.push((line(own, 1, "Administration with a code of its own.", service.span), None));
        } else if let Some(code) = vaccine.medicare.as_ref().filter(|_| medicare) {
            lines.push((line(code, 1, "Medicare's own administration code for this vaccine.", service.span), None));
        } else {
            vaccines += 1;
            components += vaccine.components;
            if vaccine.oral_or_nasal {
                oral += 1
            } else {
                injections += 1
            }
            span = span.or(Some(service.span));
        }
    }
    let Some(span) = span else { return lines };
    // "No counseling by MD", "counseled by RN": neither is the physician's.
    const OTHERS: [&str; 7] = [
        "no counsel",
        "without counsel",
        "not counsel",
        "counseled by rn",
        "counselled by rn",
        "counseling by rn",
        "no md counsel",
    ];
    let lower = OTHERS.iter().fold(passages.view.text.to_lowercase(), |text, w| text.replace(w, " "));
    if young && COUNSELLED.iter().any(|w| lower.contains(w)) {
        lines.push((line("90460", vaccines, "Under 19 with counselling: one a vaccine.", span), None));
        if components > vaccines {
            lines.push((line("90461", components - vaccines, "Further components of these vaccines.", span), None));
        }
        return lines;
    }
    let question = young.then(|| Query {
        about: "line:90471".to_owned(),
        question: "Did the physician or other qualified professional counsel the patient or family on each vaccine?".to_owned(),
        options: vec!["no".to_owned(), "yes".to_owned()],
        evidence: vec![evidence(span)],
    });
    if injections > 0 {
        lines.push((line("90471", 1, "First injection of a vaccine.", span), question));
        if injections > 1 {
            lines.push((line("90472", injections - 1, "Further injections of vaccines.", span), None));
        }
        if oral > 0 {
            lines.push((line("90474", oral, "By mouth or nose beside an injection.", span), None));
        }
    } else {
        lines.push((line("90473", 1, "First vaccine by mouth or nose.", span), question));
        if oral > 1 {
            lines.push((line("90474", oral - 1, "Further vaccines by mouth or nose.", span), None));
        }
    }
    lines
}
