//! The codes of a target, weighed by what is said.
use std::collections::{BTreeMap, BTreeSet};

use super::context::{AttributeContext, Zone};
use super::encounter::letters;
use super::values::{Said, judge};
use crate::coding::lexicon::{CodeId, Concept, ConceptOption, Lexicon, Side, Target};
use crate::document::Span;
use crate::extract::Laterality;

/// An attribute value that spoke for a code.
#[derive(Clone, Debug, PartialEq)]
pub struct Reason {
    /// Attribute (`laterality`, `seventh`, `stage`, …).
    pub attribute: String,
    /// Its value.
    pub value: String,
    /// How near to the mention it is said.
    pub zone: Zone,
    /// The words; empty for values that follow from patient or note type.
    pub spans: Vec<Span>,
}

/// A code of a target.
#[derive(Clone, Debug, PartialEq)]
pub struct ResolvedCode {
    /// Which code.
    pub code: CodeId,
    /// How likely it is the one among the target's codes, as far as attributes tell; they add up to one.
    pub weight: f32,
    /// The target has no default and the note does not say enough: a coder has to be asked.
    pub ask: bool,
    /// What spoke for it.
    pub reasons: Vec<Reason>,
}

/// Options of one concept that are weighed; wider concepts (external causes) are cut after their order in the lexicon.
const MOST_OPTIONS: usize = 3000;

/// All codes of a target with their weights, best first (ties in the order of code).
pub fn resolve(lexicon: &Lexicon, target: Target, context: &AttributeContext<'_>) -> Vec<ResolvedCode> {
    let one = |code, reasons| ResolvedCode { code, weight: 1.0, ask: false, reasons };
    match target {
        Target::Code(code) => {
            let (code, reasons) = within_family(lexicon, code, context);
            vec![one(code, reasons)]
        }
        Target::ConceptCode(concept, code) => {
            let (own, reasons) = within_family(lexicon, code, context);
            if own != code {
                return vec![one(own, reasons)];
            }
            lexicon
                .concept(concept)
                .and_then(|c| qualified(lexicon, c, code, context))
                .unwrap_or_else(|| vec![one(code, reasons)])
        }
        Target::Family(family) => family_codes(lexicon, lexicon.members(family), context),
        Target::Range(..) => range(lexicon, target, context),
        Target::Concept(id) => {
            lexicon.concept(id).map(|c| concept_codes(lexicon, c, &c.options, c.default.as_deref(), context)).unwrap_or_default()
        }
        Target::NotConcept(_) => Vec::new(),
    }
}

/// The member of a code's family that fits side and encounter; the code itself where nothing speaks for another.
pub fn specialise(lexicon: &Lexicon, code: CodeId, context: &AttributeContext<'_>) -> CodeId {
    within_family(lexicon, code, context).0
}

fn within_family(lexicon: &Lexicon, code: CodeId, context: &AttributeContext<'_>) -> (CodeId, Vec<Reason>) {
    let members = lexicon.family(code).map(|f| lexicon.members(f.0)).unwrap_or(&[]);
    if members.len() < 2 {
        return (code, Vec::new());
    }
    family_codes(lexicon, members, context).into_iter().next().map_or((code, Vec::new()), |r| (r.code, r.reasons))
}

fn family_codes(lexicon: &Lexicon, members: &[CodeId], context: &AttributeContext<'_>) -> Vec<ResolvedCode> {
    let rows: Vec<(CodeId, Side, u8)> = members.iter().filter_map(|c| lexicon.family(*c).map(|r| (*c, r.1, r.2))).collect();
    let available: Vec<u8> = rows.iter().map(|r| r.2).filter(|l| *l != 0).collect::<BTreeSet<_>>().into_iter().collect();
    let encounter = if available.is_empty() {
        Vec::new()
    } else {
        letters(context, &available, members.first().map_or("", |c| lexicon.code(*c)))
    };
    let sided = rows.iter().any(|r| r.1 != Side::None);
    let said = if sided { context.laterality() } else { None };
    let has_both = rows.iter().any(|r| r.1 == Side::Bilateral);
    let scored = rows
        .iter()
        .map(|(code, side, seventh)| {
            let mut score = 0.0;
            let mut reasons = Vec::new();
            if sided {
                let wanted = said.as_ref().map(|(side, _)| *side);
                let fits = match (side, wanted) {
                    (Side::Right, Some(Laterality::Right)) | (Side::Left, Some(Laterality::Left)) => true,
                    (Side::Bilateral, Some(Laterality::Bilateral)) => true,
                    // Both sides, and no code for both: one code a side.
                    (Side::Right | Side::Left, Some(Laterality::Bilateral)) => !has_both,
                    _ => false,
                };
                if let (true, Some((_, e))) = (fits, &said) {
                    score += 1.0 + e.zone.weight();
                    reasons.push(Reason {
                        attribute: "laterality".into(),
                        value: name(*side).into(),
                        zone: e.zone,
                        spans: e.spans.clone(),
                    });
                } else if matches!(side, Side::Unspecified | Side::None) {
                    score += 1.3;
                }
            }
            if let Some((letter, s, spans)) = encounter.iter().find(|e| e.0 == *seventh) {
                score += s;
                if *s > 2.0 {
                    let value = char::from(*letter).to_string();
                    reasons.push(Reason { attribute: "seventh".into(), value, zone: Zone::Sentence, spans: spans.clone() });
                }
            }
            (*code, score, reasons)
        })
        .collect();
    weigh(scored, false)
}

fn name(side: Side) -> &'static str {
    match side {
        Side::Right => "right",
        Side::Left => "left",
        Side::Bilateral => "bilateral",
        Side::Unspecified | Side::None => "unspecified",
    }
}

/// Each family under a header with its best code, all alike; the header does not say which.
fn range(lexicon: &Lexicon, target: Target, context: &AttributeContext<'_>) -> Vec<ResolvedCode> {
    let mut families: BTreeMap<_, CodeId> = BTreeMap::new();
    for (code, _) in lexicon.codes_of(target) {
        if let Some(row) = lexicon.family(code) {
            families.entry(row.0).or_insert(code);
        }
    }
    let share = 1.0 / families.len().max(1) as f32;
    let mut out: Vec<ResolvedCode> = families
        .keys()
        .filter_map(|f| family_codes(lexicon, lexicon.members(*f), context).into_iter().next())
        .map(|r| ResolvedCode { weight: share, ..r })
        .collect();
    out.sort_by_key(|r| r.code);
    out
}

/// Options of a concept that share everything but side and encounter with the code that the wording decided.
fn qualified(lexicon: &Lexicon, concept: &Concept, code: CodeId, context: &AttributeContext<'_>) -> Option<Vec<ResolvedCode>> {
    let plain = |o: &ConceptOption| -> BTreeMap<String, String> {
        let kept = o.attributes.iter().filter(|(k, _)| !matches!(k.as_str(), "laterality" | "side" | "seventh" | "encounter"));
        kept.map(|(k, v)| (k.clone(), v.clone())).collect()
    };
    let code = lexicon.code(code);
    let fixed = plain(concept.options.iter().find(|o| o.code == code)?);
    let group: Vec<ConceptOption> = concept.options.iter().filter(|o| plain(o) == fixed).cloned().collect();
    (group.len() > 1).then(|| concept_codes(lexicon, concept, &group, Some(code), context))
}

fn concept_codes(
    lexicon: &Lexicon,
    concept: &Concept,
    options: &[ConceptOption],
    default: Option<&str>,
    context: &AttributeContext<'_>,
) -> Vec<ResolvedCode> {
    let options = options.get(..MOST_OPTIONS).unwrap_or(options);
    let mut values: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for o in options {
        for (k, v) in &o.attributes {
            values.entry(k).or_default().insert(v);
        }
    }
    let mut table: BTreeMap<(&str, &str), Said> = BTreeMap::new();
    for (key, set) in &values {
        judge(concept, key, set, context, &mut table);
    }
    let decided = table.values().any(|s| s.reason.is_some());
    let mut best: BTreeMap<CodeId, (f32, Vec<Reason>)> = BTreeMap::new();
    for o in options {
        let Some(code) = lexicon.code_id(&o.code) else { continue };
        let mut score = 0.0;
        let mut reasons = Vec::new();
        for (key, set) in &values {
            match o.attributes.get(*key) {
                Some(v) => {
                    if let Some(said) = table.get(&(*key, v.as_str())) {
                        score += said.score;
                        reasons.extend(said.reason.clone());
                    }
                }
                // The option does not speak of this attribute: less good than one that does when a value is said.
                None if set.iter().any(|v| table.get(&(*key, *v)).is_some_and(|s| s.reason.is_some())) => score -= 0.4,
                None => score += 0.3,
            }
        }
        if default == Some(o.code.as_str()) {
            score += 1.0;
        }
        let slot = best.entry(code).or_insert((f32::MIN, Vec::new()));
        if score > slot.0 {
            *slot = (score, reasons);
        }
    }
    if let Some(code) = default.and_then(|c| lexicon.code_id(c)) {
        best.entry(code).or_insert((0.5, Vec::new()));
    }
    weigh(best.into_iter().map(|(c, (s, r))| (c, s, r)).collect(), default.is_none() && !decided)
}

/// Softmax over scores, best first.
fn weigh(mut scored: Vec<(CodeId, f32, Vec<Reason>)>, ask: bool) -> Vec<ResolvedCode> {
    scored.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let top = scored.first().map_or(0.0, |s| s.1);
    let total: f32 = scored.iter().map(|s| (s.1 - top).exp()).sum();
    scored
        .into_iter()
        .map(|(code, score, reasons)| ResolvedCode {
            code,
            weight: (score - top).exp() / total.max(f32::MIN_POSITIVE),
            ask,
            reasons,
        })
        .collect()
}
