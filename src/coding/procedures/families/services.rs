//! From passages to services: which are done, which belong together, and what the table says of each.
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::coding::procedures::statements::Role;
use crate::extract::Laterality;
use crate::note::NoteType;

use super::Setting;
use super::found::{Found, Hints, Question, Service};
use super::groups::{Group, groups};
use super::passage::{Passage, Passages};
use super::reading::values_of;
use super::source::Family;
use super::status::Status;
use super::table::{Cell, Units, Value};
use super::values;

/// Probability from which the model's word is enough for a service that is named without a word about doing, and which a
/// service needs that a titled report does not name in its titles.
const TRUSTED: f32 = 0.3;
/// From here on the model's word stands against passages that speak of another day.
const SURE: f32 = 0.9;
/// The same for a service that a long account tells in other words.
const TRUSTED_TOLD: f32 = 0.15;
/// And for one that a long note without titles names.
const TRUSTED_LONG: f32 = 0.06;
/// Statements from which on an account is long.
pub const LONG: usize = 30;

/// Bytes up to which a note is terse.
const TERSE: usize = 700;

/// Evaluates one family.
pub fn evaluate(number: usize, family: &Family, passages: &Passages<'_>, setting: &Setting<'_>, hints: &Hints) -> Found {
    let (mass, offered) = (hints.mass, hints.offered.as_slice());
    let mut found = Found::default();
    if family.short && passages.view.text.len() > TERSE {
        return found;
    }
    let account = |words: &super::pattern::Alternatives| -> Option<Range<usize>> {
        passages.account.iter().find_map(|(_, range)| {
            words
                .places(&passages.tokens, range.clone())
                .into_iter()
                .find(|p| !passages.tokens[p.start].off && !super::pattern::is_negated(&passages.tokens, range.start, p.start))
        })
    };
    let told = |pattern: &super::pattern::Pattern| {
        if pattern.may_fit(&passages.vocabulary) { pattern.told(account) } else { None }
    };
    if family.never.iter().any(|pattern| told(pattern).is_some()) {
        found.ruled_out = true;
        return found;
    }
    let mut places = passages.find(&family.find, &family.unless, family.test);
    // "Cardioversion cancelled": whatever the title says.
    let off = |p: &Passage| {
        let lower = passages.text(&passages.piece_around(p.statement, &p.range)).to_lowercase();
        ["cancelled", "canceled", "called off"].iter().any(|w| lower.contains(w))
    };
    let cancelled = |p: &Passage| {
        let named = |t: &super::passage::Token| t.text.len() > 5;
        let names: Vec<&str> = passages.tokens[p.words.clone()].iter().filter(|t| named(t)).map(|t| t.text.as_str()).collect();
        passages.statements.iter().any(|s| {
            let words = &passages.tokens[s.clone()];
            let off = words.iter().position(|t| matches!(t.text.as_str(), "cancelled" | "canceled"));
            off.is_some_and(|at| words[at.saturating_sub(3)..at].iter().any(|t| names.contains(&t.text.as_str())))
        })
    };
    if places.iter().any(|p| p.status == Status::Denied && off(p) || visit_or_short(passages) && cancelled(p)) {
        found.ruled_out = true;
        return found;
    }
    // The lexicon's phrases speak where the family's own words find nothing.
    let own = places.iter().any(|p| p.status >= Status::Read);
    if !own {
        let other = |p: &Passage| family.unless.iter().any(|u| u.find(&passages.tokens, p.range.clone()).is_some());
        places.extend(hints.named.iter().filter(|p| !other(p)).cloned());
    }
    let of_the_past = |p: &Passage| {
        let lower = passages.text(&passages.piece_around(p.statement, &p.range)).to_lowercase();
        p.status == Status::Past && super::doing::PAST.iter().any(|w| lower.contains(w))
    };
    let past = !places.is_empty() && places.iter().all(of_the_past);
    let spoken = !places.is_empty() && places.iter().all(|p| p.status < Status::Read);
    // A film with its views and its finding in an office's note was taken there, unless its words say otherwise.
    let films = family.attributes.values().any(|a| a.kind == super::source::Kind::Views);
    let films_here = |p: &Passage| {
        let whole = passages.piece_around(p.statement, &p.range);
        let text = passages.text(&whole).to_lowercase();
        films
            && setting.context.note_type == NoteType::Office
            && !setting.facility
            && !["review", "disc", "report", "brought", "prior", "old ", "compar"].iter().any(|w| text.contains(w))
            && values::read(passages, &super::source::Kind::Views, std::slice::from_ref(&whole)).0 != Value::Unstated
    };
    places.retain(|p| match p.status {
        Status::Done => true,
        Status::Named => {
            family.stated || mass >= TRUSTED || family.visit || family.vaccine.is_some() && passages.lists_shots(p.statement)
        }
        // Where a test was done is the model's question.
        Status::Read => family.stated || !offered.is_empty() || films_here(p),
        _ => false,
    });
    if family.vaccine.is_some() {
        let year = setting.context.date_of_service.year().to_string();
        let recorded = |word: &str| {
            let dated =
                word.len() == 4 && word.bytes().all(|b| b.is_ascii_digit()) && (word.starts_with("19") || word.starts_with("20"));
            dated && word != year || matches!(word, "complete" | "completed" | "utd")
        };
        // An immunization record, not what was given.
        places.retain(|p| {
            let words = &passages.tokens[p.range.clone()];
            let sentence = &passages.tokens[passages.piece_around(p.statement, &p.range)];
            // "MMR was at twelve months."
            let was = sentence
                .windows(2)
                .any(|t| matches!(t[0].text.as_str(), "was" | "were") && matches!(t[1].text.as_str(), "at" | "in" | "last"));
            // "Comirnaty 2025-26" names the season's product.
            let season = |i: usize| words.get(i + 1).is_some_and(|t| year.ends_with(&t.text) && t.text.len() == 2);
            let end = passages.span(&p.words).end;
            let behind = passages.view.text.get(end..).unwrap_or_default();
            !was && !super::immunization::is_record(behind)
                && !words.iter().enumerate().any(|(i, t)| recorded(&t.text) && !season(i))
        });
    }
    // A report names what was done in its titles: what is only mentioned below them needs the model's word as well.
    let titled = passages.view.statements.iter().any(|s| s.role == Role::Title);
    let named_there = places.iter().any(|p| passages.role(p.statement) == Role::Title);
    let long = passages.view.statements.len() >= LONG;
    // A visit may have a title and yet say of a test that it was done "here".
    let visit = !super::status::is_report(setting.context.note_type);
    let placed = |p: &Passage| visit && passages.says_here(p.statement);
    // What stands under the heading of a procedure in a visit, or beside numbing, thread and needles, was done there.
    let at_work = |statement: usize, range: &Range<usize>| {
        visit && (matches!(passages.role(statement), Role::Title | Role::Description) || passages.has_signs(range))
    };
    let kept = |p: &Passage| placed(p) || p.status == Status::Done && at_work(p.statement, &p.range);
    if titled && long && !named_there && mass < TRUSTED && !family.by_words() {
        places.retain(kept);
    }
    if long && !titled && mass < TRUSTED_LONG && !family.by_words() {
        places.retain(kept);
    }
    // An account of a stay, or a consultant's, tells what others have done.
    let ward = crate::coding::procedures::lines::is_facility(&setting.context.place_of_service);
    let retells = match setting.context.note_type {
        NoteType::Inpatient | NoteType::Discharge | NoteType::NursingFacility => true,
        // A consultant in the office does what he tells.
        NoteType::Consult => ward || long,
        _ => false,
    };
    let retold = retells && mass < TRUSTED && !family.by_words();
    let discharge = setting.context.note_type == NoteType::Discharge;
    if retold && (!named_there || discharge) {
        places.retain(|p| !discharge && passages.says_own(p.statement));
    }
    // What a discharge summary tells was billed with its own report; a test in hospital is its reader's.
    let of_stay = matches!(setting.context.note_type, NoteType::Inpatient | NoteType::Discharge | NoteType::Consult);
    if discharge || (of_stay || family.stated) && family.test && setting.facility {
        places.retain(|p| passages.says_own(p.statement));
    }
    let may_be_told = if discharge {
        false
    } else if family.by_words() {
        true
    } else if retold {
        false
    } else if titled && long {
        mass >= TRUSTED
    } else {
        !long || mass >= TRUSTED_TOLD
    };
    let mut wide = Vec::new();
    if places.is_empty() {
        // What a visit names as done on another day is not told again in other words.
        let working = |words: &Vec<Range<usize>>| {
            may_be_told
                || !discharge
                    && !retold
                    && words.iter().all(|w| {
                        let part = passages.account.iter().find(|(_, r)| r.contains(&w.start));
                        part.is_some_and(|(statement, range)| at_work(*statement, range))
                    })
        };
        let told = family.told.iter().filter(|_| !(past && visit)).find_map(|pattern| told(pattern).filter(working));
        if let Some(words) = told {
            let first = words[0].clone();
            let part = passages.account.iter().find(|(_, r)| r.contains(&first.start)).cloned();
            let Some((statement, range)) = part else { return found };
            places.push(Passage { statement, range, words: first, status: Status::Done });
            wide = words;
        } else if offered.is_empty() || spoken {
            found.ruled_out = spoken && mass < if family.test { TRUSTED } else { SURE };
            return found;
        } else {
            places.extend(offered.iter().cloned());
            found.offered = true;
        }
    }
    found.lexical = !own && wide.is_empty() && !found.offered;
    let named = wide.is_empty();
    let groups = groups(family, passages, places, wide);
    let several = groups.len() > 1;
    let mut decided: Vec<(Group, BTreeMap<String, Value>, bool)> = Vec::new();
    for group in groups {
        let (values, lacking) = values_of(family, passages, setting, &group, several);
        decided.push((group, values, lacking));
    }
    if let Some(name) = &family.sum {
        add_up(name, family, &mut decided);
    }
    for decision in &decided {
        decide((number, family), passages, decision, named, &mut found);
    }
    found
}

/// Whether a note is a visit, or so short that a word of cancelling is about what it reports.
fn visit_or_short(passages: &Passages<'_>) -> bool {
    !super::status::is_report(passages.view.context.note_type) || passages.view.statements.len() < LONG
}

/// What the table says of one group.
fn decide(
    (number, family): (usize, &Family),
    passages: &Passages<'_>,
    (group, values, lacking): &(Group, BTreeMap<String, Value>, bool),
    named: bool,
    found: &mut Found,
) {
    let lacking = *lacking;
    let of = |name: &str| values.get(name).cloned().unwrap_or(Value::Unstated);
    let row_values: Vec<Value> = family.table.columns.iter().map(|c| of(c)).collect();
    let Some(row) = family.table.decide(&row_values) else { return };
    let lead = &group.passages[0];
    let span = passages.span(&lead.words);
    for line in &row.lines {
        let modifiers = line.modifiers.iter().filter_map(|m| match m.strip_prefix('{').and_then(|m| m.strip_suffix('}')) {
            None => Some(m.clone()),
            Some(name) => match of(name) {
                Value::Word(word) if word.len() == 2 => Some(word.to_uppercase()),
                _ => None,
            },
        });
        let mut because: Vec<String> = Vec::new();
        for (column, value) in family.table.columns.iter().zip(&row_values) {
            match value {
                Value::Word(word) if !super::source::BUILT_IN.contains(&column.as_str()) => {
                    because.push(format!("{column} {word}"))
                }
                Value::Number(n) if column != "age" => because.push(format!("{column} {}", (n * 100.0).round() / 100.0)),
                _ => {}
            }
        }
        found.services.push(Service {
            family: number,
            code: line.code.clone(),
            modifiers: modifiers.collect(),
            units: line.units.count(of),
            side: match of("side") {
                Value::Word(w) if w == "right" => Some(Laterality::Right),
                Value::Word(w) if w == "left" => Some(Laterality::Left),
                Value::Word(w) if w == "both" => Some(Laterality::Bilateral),
                _ => None,
            },
            statement: lead.statement,
            span,
            clause: clause(passages, group),
            because,
            place: group.keys.iter().filter(|(k, _)| *k != "side").map(|(_, v)| v.clone()).collect(),
            named,
            titled: named && group.passages.iter().any(|p| passages.is_titled(p.statement)),
            here: passages.says_here(lead.statement),
            confidence: 0.0,
        });
    }
    let Some(first) = row.lines.first() else { return };
    for ((column, cell), value) in family.table.columns.iter().zip(&row.cells).zip(&row_values) {
        let asked = *cell == Cell::Unstated || lacking && matches!(value, Value::Number(_));
        let Some(text) = family.attributes.get(column).and_then(|a| a.ask.clone()).filter(|_| asked) else { continue };
        let position = family.table.columns.iter().position(|c| c == column).unwrap_or(0);
        let options: BTreeSet<String> =
            family.table.rows.iter().filter_map(|r| r.cells.get(position)).flat_map(|c| c.words().iter().cloned()).collect();
        let question = Question { code: first.code.clone(), text, options: options.into_iter().collect(), span };
        if !found.questions.contains(&question) {
            found.questions.push(question);
        }
    }
    // A count that only sets the units is asked for as well.
    for line in &row.lines {
        if let Units::Of { attribute, .. } = &line.units
            && of(attribute) == Value::Unstated
            && let Some(text) = family.attributes.get(attribute).and_then(|a| a.ask.clone())
        {
            let question = Question { code: line.code.clone(), text, options: Vec::new(), span };
            if !found.questions.contains(&question) {
                found.questions.push(question);
            }
        }
    }
}

/// Words around the passages of a group.
fn clause(passages: &Passages<'_>, group: &Group) -> String {
    let mut text: String = group.passages.iter().map(|p| passages.text(&p.range)).collect::<Vec<_>>().join(" ");
    if group.passages.len() == 1 {
        let statement = passages.statements[group.passages[0].statement].clone();
        text = format!("{text}\n{}", passages.text(&statement));
    }
    text
}

/// Lengths of services that are alike in everything else are added up (repairs of one class and group of sites).
fn add_up(name: &str, family: &Family, decided: &mut Vec<(Group, BTreeMap<String, Value>, bool)>) {
    let alike = |a: &BTreeMap<String, Value>, b: &BTreeMap<String, Value>| {
        family.table.columns.iter().filter(|c| *c != name && *c != "side").all(|c| a.get(c) == b.get(c))
    };
    let mut summed: Vec<(Group, BTreeMap<String, Value>, bool)> = Vec::new();
    for (group, values, lacking) in decided.drain(..) {
        match summed.iter_mut().find(|(_, v, _)| alike(v, &values)) {
            Some((g, v, l)) => {
                if let (Some(Value::Number(a)), Some(Value::Number(b))) = (v.get(name).cloned(), values.get(name)) {
                    v.insert(name.to_owned(), Value::Number(a + b));
                }
                g.passages.extend(group.passages);
                *l |= lacking;
            }
            None => summed.push((group, values, lacking)),
        }
    }
    *decided = summed;
}
