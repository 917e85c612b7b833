//! Which passages speak of one and the same service, and of which side.
use std::collections::BTreeMap;
use std::ops::Range;

use crate::coding::procedures::sides::sides;
use crate::coding::procedures::statements::Role;
use crate::document::SectionKind;
use crate::extract::Laterality;

use super::passage::{Passage, Passages};
use super::source::Family;
use super::table::Value;
use super::values;

/// Passages of one service.
pub(super) struct Group {
    /// Values of the attributes that keep services apart.
    pub keys: BTreeMap<String, String>,
    /// Passages that name it.
    pub passages: Vec<Passage>,
    /// Words that tell it where nothing names it.
    pub wide: Vec<Range<usize>>,
}

/// The values of a key that pieces and statements of a passage state.
fn keys_of(family: &Family, passages: &Passages<'_>, key: &str, range: &Range<usize>) -> Vec<String> {
    if key == "side" {
        return match sides_in(passages, std::slice::from_ref(range)) {
            Some(Laterality::Right) => vec!["right".to_owned()],
            Some(Laterality::Left) => vec!["left".to_owned()],
            Some(Laterality::Bilateral) => vec!["left".to_owned(), "right".to_owned()],
            None => Vec::new(),
        };
    }
    let Some(attribute) = family.attributes.get(key) else { return Vec::new() };
    match &attribute.kind {
        super::source::Kind::Choice(list) => {
            // A name may reach beyond its piece, which ends before "and": "CT of the abdomen | and pelvis".
            let statement = passages.statements.iter().find(|s| s.contains(&range.start)).unwrap_or(range);
            let touching = |words| {
                let places = values::places(passages, words, statement).into_iter();
                places.filter(|p| p.start < range.end && range.start < p.end).collect()
            };
            let places: Vec<(&String, Vec<Range<usize>>)> = list.iter().map(|(name, words)| (name, touching(words))).collect();
            // "abdomen and pelvis" is neither the abdomen nor the pelvis: what stands within a longer name does not count.
            let within = |name: &String, p: &Range<usize>| {
                places
                    .iter()
                    .filter(|(other, _)| *other != name)
                    .flat_map(|(_, list)| list)
                    .any(|q| q.start <= p.start && p.end <= q.end && q.len() > p.len())
            };
            let mut names: Vec<String> = Vec::new();
            for (name, own) in &places {
                if !names.contains(name) && own.iter().any(|p| !within(name, p)) {
                    names.push((*name).clone());
                }
            }
            // What says nothing is the first of its kind ("films", and "films after reduction").
            if names.is_empty() {
                names.extend(attribute.default.clone());
            }
            names
        }
        kind => match values::read(passages, kind, std::slice::from_ref(range)).0 {
            Value::Number(n) => vec![format!("{n:.2}")],
            _ => Vec::new(),
        },
    }
}

/// Passages that belong to one service each.
pub(super) fn groups(family: &Family, passages: &Passages<'_>, places: Vec<Passage>, wide: Vec<Range<usize>>) -> Vec<Group> {
    if family.each.is_empty() {
        return vec![Group { keys: BTreeMap::new(), passages: places, wide }];
    }
    // (keys, passage), best known first.
    let mut known: Vec<(BTreeMap<String, String>, Passage)> = Vec::new();
    for place in places {
        let further = further_places(family, passages, &place).into_iter().map(|range| (range, false));
        for (range, shared) in split(family, passages, &place).into_iter().chain(further) {
            let mut combinations = vec![BTreeMap::new()];
            for key in &family.each {
                let mut stated = keys_of(family, passages, key, &range);
                if stated.is_empty() && shared {
                    stated = keys_of(family, passages, key, &passages.statements[place.statement]);
                    if stated.len() > 1 && key != "side" {
                        stated.clear();
                    }
                }
                // "A: ellipse …" is the lesion that a list before it calls A.
                if stated.is_empty() && shared {
                    let told = passages.labelled(place.statement);
                    stated = told.iter().map(|r| keys_of(family, passages, key, r)).find(|k| k.len() == 1).unwrap_or_default();
                }
                if stated.is_empty() {
                    continue;
                }
                combinations = combinations
                    .into_iter()
                    .flat_map(|c: BTreeMap<String, String>| {
                        stated.iter().map(move |v| {
                            let mut c = c.clone();
                            c.insert(key.clone(), v.clone());
                            c
                        })
                    })
                    .collect();
            }
            let part = Passage { range: range.clone(), ..place.clone() };
            known.extend(combinations.into_iter().map(|c| (c, part.clone())));
        }
    }
    known.sort_by_key(|(keys, p)| (std::cmp::Reverse(keys.len()), p.range.start));
    let mut groups: Vec<Group> = Vec::new();
    for (keys, passage) in known {
        let agrees = |g: &Group| keys.iter().all(|(k, v)| g.keys.get(k).is_some_and(|w| w == v));
        let fitting: Vec<usize> = (0..groups.len()).filter(|i| agrees(&groups[*i])).collect();
        match fitting.as_slice() {
            [] => groups.push(Group { keys, passages: vec![passage], wide: wide.clone() }),
            list => list.iter().for_each(|i| groups[*i].passages.push(passage.clone())),
        }
    }
    groups.sort_by_key(|g| g.passages.iter().map(|p| p.range.start).min());
    groups
}

/// A passage that names several places is one passage a place: cut between pieces, each with one value of the first key.
/// With whether what a part does not state may be sought in the statement.
fn split(family: &Family, passages: &Passages<'_>, place: &Passage) -> Vec<(Range<usize>, bool)> {
    let key = &family.each[0];
    let whole = &passages.statements[place.statement];
    let in_range = keys_of(family, passages, key, &place.range);
    if key == "side" || in_range.len() < 2 && place.range != *whole {
        return vec![(place.range.clone(), true)];
    }
    let mut parts: Vec<(Range<usize>, Vec<String>)> = Vec::new();
    for piece in passages.pieces(place.range.clone()) {
        let stated = keys_of(family, passages, key, &piece);
        match parts.last_mut() {
            Some((range, has)) if stated.is_empty() || has.is_empty() || stated == *has => {
                range.end = piece.end;
                has.extend(stated.into_iter().filter(|s| !has.contains(s)).collect::<Vec<_>>());
            }
            _ => parts.push((piece, stated)),
        }
    }
    if parts.iter().filter(|(_, has)| !has.is_empty()).count() < 2 {
        return vec![(place.range.clone(), true)];
    }
    parts.retain(|(range, _)| !is_slight(passages, range));
    parts.into_iter().map(|(range, _)| (range, false)).collect()
}

/// "LAD 90%: DES x1, mid RCA 40%": a place of which a few words say no more than that it is narrowed by less than half.
fn is_slight(passages: &Passages<'_>, range: &Range<usize>) -> bool {
    let span = passages.span(range);
    let number = passages.tokens[range.clone()].last().and_then(|t| t.text.parse::<u32>().ok());
    let percent = passages.view.text.get(span.end..).is_some_and(|behind| behind.starts_with('%'));
    percent && range.len() <= 4 && number.is_some_and(|n| n < 50)
}

/// "A stent to the right coronary and, separately, to the circumflex": the pieces behind a passage that name one more place of
/// the same service and nothing else.
fn further_places(family: &Family, passages: &Passages<'_>, place: &Passage) -> Vec<Range<usize>> {
    const STATES: [&str; 12] =
        ["normal", "patent", "disease", "stenosis", "free", "clear", "intact", "without", "no", "mild", "untouched", "occluded"];
    let key = &family.each[0];
    let whole = passages.piece_around(place.statement, &place.range);
    if key == "side" || place.range.end >= whole.end {
        return Vec::new();
    }
    let here = keys_of(family, passages, key, &place.range);
    let mut list = Vec::new();
    let mut joined = false;
    for piece in passages.pieces(place.range.end..whole.end) {
        let words = &passages.tokens[piece.clone()];
        joined |= matches!(words[0].text.as_str(), "and" | "plus" | "to" | "then" | "also");
        let says_more = words.iter().any(|t| t.off || super::doing::is_doing(&t.text) || STATES.contains(&t.text.as_str()));
        if says_more || words.len() > 7 {
            break;
        }
        let named = keys_of(family, passages, key, &piece);
        if joined && named.len() == 1 && !here.is_empty() && !here.contains(&named[0]) {
            list.push(piece);
        }
    }
    list
}

/// The pieces of ranges that do not speak of the other side alone.
pub(super) fn of_side(passages: &Passages<'_>, ranges: &[Range<usize>], side: &str) -> Vec<Range<usize>> {
    let other = if side == "right" { Laterality::Left } else { Laterality::Right };
    ranges
        .iter()
        .filter(|r| sides_in(passages, std::slice::from_ref(r)) != Some(other))
        .flat_map(|r| {
            let pieces = passages.pieces(r.clone());
            if pieces.iter().any(|p| sides_in(passages, std::slice::from_ref(p)) == Some(other)) {
                pieces.into_iter().filter(|p| sides_in(passages, std::slice::from_ref(p)) != Some(other)).collect()
            } else {
                vec![r.clone()]
            }
        })
        .collect()
}

/// Sides named in ranges, without what was not done there.
fn sides_in(passages: &Passages<'_>, ranges: &[Range<usize>]) -> Option<Laterality> {
    const PAIRED: [&str; 50] = [
        "saphenous",
        "great",
        "veins",
        "knees",
        "puncta",
        "temples",
        "side",
        "sides",
        "ear",
        "ears",
        "nostril",
        "nostrils",
        "nares",
        "cavity",
        "cavities",
        "nasal",
        "turbinates",
        "inferior",
        "knee",
        "knees",
        "shoulders",
        "hands",
        "wrists",
        "feet",
        "hips",
        "eyes",
        "breasts",
        "ankles",
        "anterior",
        "legs",
        "heels",
        "thumbs",
        "frontal",
        "maxillary",
        "sphenoid",
        "ethmoid",
        "ethmoids",
        "ostia",
        "elbows",
        "arms",
        "groins",
        "inguinal",
        "tubes",
        "lids",
        "eyelids",
        "kidneys",
        "ureters",
        "testes",
        "carotids",
        "tympanic",
    ];
    let mut text = String::new();
    let mut both = false;
    const SOUND: [&str; 12] =
        ["normal", "clear", "intact", "unremarkable", "fine", "good", "small", "alright", "untreated", "dry", "ok", "healthy"];
    for range in ranges.iter().flat_map(|r| passages.pieces(r.clone())) {
        let piece = &passages.tokens[range.clone()];
        let sound =
            piece.iter().any(|t| SOUND.contains(&t.text.as_str())) && !piece.iter().any(|t| super::doing::is_doing(&t.text));
        if sound {
            continue;
        }
        for i in range.clone().filter(|i| !passages.tokens[*i].off) {
            let token = &passages.tokens[i];
            if matches!(token.text.as_str(), "both" | "each" | "either") {
                let after = passages.tokens[i + 1..range.end].iter().take(2);
                both |= after.into_iter().any(|t| PAIRED.contains(&t.text.as_str()));
            }
            both |= matches!(token.text.as_str(), "au" | "ou");
            text.push_str(token.span.of(passages.view.text));
            text.push(' ');
        }
    }
    if both { Some(Laterality::Bilateral) } else { sides(&text) }
}

/// The side that many statements together speak of: one that is named three times as often as the other, with no word of both.
fn chief_side(passages: &Passages<'_>, ranges: &[Range<usize>]) -> Option<Laterality> {
    let named: Vec<Laterality> = ranges.iter().filter_map(|r| sides_in(passages, std::slice::from_ref(r))).collect();
    let count = |side: Laterality| named.iter().filter(|s| **s == side).count();
    let (right, left, both) = (count(Laterality::Right), count(Laterality::Left), count(Laterality::Bilateral));
    match () {
        _ if named.is_empty() => None,
        _ if both == 0 && right >= 3 * left => Some(Laterality::Right),
        _ if both == 0 && left >= 3 * right => Some(Laterality::Left),
        _ => Some(Laterality::Bilateral),
    }
}

/// The side of a service: in its pieces, its statements, the titles, what was done, anywhere; "the same on the left" makes
/// it both.
pub(super) fn side_of(passages: &Passages<'_>, group: &Group) -> Option<Laterality> {
    let pieces: Vec<Range<usize>> = group.passages.iter().map(|p| p.range.clone()).collect();
    let statements: Vec<Range<usize>> = group.passages.iter().map(|p| passages.statements[p.statement].clone()).collect();
    let by_role = |wanted: &dyn Fn(Role) -> bool| -> Vec<Range<usize>> {
        (0..passages.statements.len()).filter(|s| wanted(passages.role(*s))).map(|s| passages.statements[s].clone()).collect()
    };
    let account: Vec<Range<usize>> = passages.account.iter().map(|(_, r)| r.clone()).collect();
    let found_after: Vec<Range<usize>> = (0..passages.statements.len())
        .filter(|s| passages.view.statements[*s].section == SectionKind::PostoperativeDiagnosis)
        .map(|s| passages.statements[s].clone())
        .collect();
    let near = [pieces, group.wide.clone(), statements, by_role(&|r| r == Role::Title), found_after];
    let far = [account.clone(), by_role(&|r| r != Role::History)];
    let of_near = near.iter().find_map(|ranges| sides_in(passages, ranges));
    let side = of_near.or_else(|| far.iter().find_map(|ranges| chief_side(passages, ranges)))?;
    let other = match side {
        Laterality::Right => Laterality::Left,
        Laterality::Left => Laterality::Right,
        Laterality::Bilateral => return Some(side),
    };
    const SAME: [&str; 8] = ["same", "likewise", "identical", "identically", "similarly", "similar", "repeated", "mirror"];
    let again = account.iter().any(|r| {
        passages.tokens[r.clone()].iter().any(|t| !t.off && SAME.contains(&t.text.as_str()))
            && matches!(sides_in(passages, std::slice::from_ref(r)), Some(s) if s == other || s == Laterality::Bilateral)
    });
    Some(if again { Laterality::Bilateral } else { side })
}
