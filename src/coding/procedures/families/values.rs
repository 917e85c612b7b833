//! Reading an attribute's value from ranges of the note.
use std::ops::Range;
use std::sync::LazyLock;

use regex::Regex;

use crate::coding::procedures::measures::Measures;
use crate::coding::procedures::units;
use crate::document::numerals::number_word;

use super::doses;
use super::passage::Passages;
use super::pattern::Alternatives;
use super::short_values;
use super::source::Kind;
use super::table::Value;

/// A value, and whether it lacks a part that would raise it (an excision without its margins).
pub type Read = (Value, bool);

/// Reads a value from the first of the ranges that states one.
pub fn read(passages: &Passages<'_>, kind: &Kind, ranges: &[Range<usize>]) -> Read {
    let unstated = (Value::Unstated, false);
    match kind {
        Kind::Choice(values) => {
            for (name, words) in values {
                // Words of what was not done stand in pieces that deny.
                let denies = matches!(name.as_str(), "no" | "none" | "failed");
                let says_so = |p: &Range<usize>| {
                    let own = &passages.tokens[p.clone()];
                    own.iter().any(|t| matches!(t.text.as_str(), "not" | "could" | "unable" | "failed"))
                };
                let denied = |r: &Range<usize>| denies && words.places(&passages.tokens, r.clone()).iter().any(says_so);
                if ranges.iter().any(|r| stated(passages, words, r) || denied(r)) {
                    return (Value::Word(name.clone()), false);
                }
            }
            unstated
        }
        Kind::Count(nouns) => (count(passages, nouns, ranges).map_or(Value::Unstated, |n| Value::Number(f64::from(n))), false),
        Kind::Conductions(nouns) => {
            let studies = count(passages, nouns, ranges).or_else(|| super::conduction::studies(passages.view.text));
            (studies.map_or(Value::Unstated, |n| Value::Number(f64::from(n))), false)
        }
        Kind::Named(list) => {
            let named = list.iter().filter(|words| ranges.iter().any(|r| stated(passages, words, r))).count();
            (if named > 0 { Value::Number(named as f64) } else { Value::Unstated }, false)
        }
        Kind::Excised => {
            // The whole, or a lesion with its margin, leads over the lesion alone.
            let found: Vec<(f64, bool)> = ranges.iter().filter_map(|r| excised(passages.text(r))).collect();
            let best = found.iter().find(|(_, lacking)| !lacking).or(found.first());
            best.map_or(unstated, |(n, part)| (Value::Number(*n), *part))
        }
        _ => {
            let numbers = ranges.iter().flat_map(|r| numbers(passages, kind, r));
            (numbers.reduce(f64::max).map_or(Value::Unstated, Value::Number), false)
        }
    }
}

/// Whether words stand in a range, neither negated nor in a piece that says what was not done.
pub fn stated(passages: &Passages<'_>, words: &Alternatives, range: &Range<usize>) -> bool {
    !places(passages, words, range).is_empty()
}

/// Where they stand so.
pub fn places(passages: &Passages<'_>, words: &Alternatives, range: &Range<usize>) -> Vec<Range<usize>> {
    let mut places = words.places(&passages.tokens, range.clone());
    places.retain(|p| !passages.tokens[p.start].off && !super::pattern::is_negated(&passages.tokens, range.start, p.start));
    places
}

fn numbers(passages: &Passages<'_>, kind: &Kind, range: &Range<usize>) -> Vec<f64> {
    let text = passages.text(range);
    let measures = Measures::of_text(&digits(text));
    match kind {
        Kind::Size | Kind::Length => measures.centimetres,
        Kind::Area => measures.square_centimetres,
        Kind::Views if measures.views.is_empty() => short_values::projections(text),
        Kind::Views => measures.views,
        Kind::Minutes if measures.minutes.is_empty() => short_values::clock(text),
        Kind::Minutes => measures.minutes,
        Kind::Wasted => short_values::wasted(text),
        Kind::Dose(unit) => {
            let all: Vec<(usize, f64, &str)> = units::doses_at(text).into_iter().filter(|(.., m)| m == unit).collect();
            let given = all.iter().filter(|(start, ..)| !doses::is_container(&text[*start..]));
            let given: Vec<f64> = given.map(|(_, n, _)| *n).collect();
            if given.is_empty() { all.iter().map(|(_, n, _)| *n).collect() } else { given }
        }
        _ => Vec::new(),
    }
}

static MARGIN: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(\d+(?:\.\d+)?)[\s-]*(mm|cm)\s+(?:\w+\s+){0,3}margins?|(\d+(?:\.\d+)?)[\s-]*(mm|cm)\s+(?:of\s+(?:\w+\s+)?skin\s+|rim\s+|cuff\s+)?(?:on\s+)?(?:each\s+side|all\s+around|either\s+side|around|beyond)|margins?\s+(?:\w+\s+){0,3}?(?:of\s+)?(\d+(?:\.\d+)?)[\s-]*(mm|cm)")
        .ok()
});
static CLOSURE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:clos\w+|repair\w*|incision|scar|sutured)\s+(?:\w+\s+){0,3}?\d+(?:\.\d+)?\s*(?:mm|cm)|\d+(?:\.\d+)?[\s-]*(?:mm|cm)\s+(?:long\s+|linear\s+|layered\s+|intermediate\s+|complex\s+|simple\s+)*(?:closure|repair|incision|scar)")
        .ok()
});
static WITH_MARGINS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)(?:exc\w*|total|overall|final|combined)\s+(?:\w+\s+){0,2}(?:diam(?:eter)?|size)\b[^.;\d]{0,40}(\d+(?:\.\d+)?)\s*(?:x\s*\d+(?:\.\d+)?\s*)?(mm|cm)|(?:overall|in total|all in all|total of)\s*[:=,]?\s*(?:was\s+|is\s+|of\s+)?(\d+(?:\.\d+)?)\s*(?:x\s*\d+(?:\.\d+)?\s*)?(mm|cm)|(\d+(?:\.\d+)?)[\s-]*(mm|cm)\s+(?:(?:\w+\s+){0,2}excised\s+diam(?:eter)?\b|(?:overall|in total)\b|(?:\w+\s+){0,3}(?:including|incl|with)\s+(?:the\s+)?margins?)|(?:including|incl|with)\s+(?:the\s+|both\s+)?margins?[^.;\d]{0,30}(\d+(?:\.\d+)?)\s*(mm|cm)")
        .ok()
});

/// The excised diameter of a lesion: as stated, else the lesion with the margin on both sides; without a margin the
/// lesion alone, which is marked as lacking a part.
fn excised(text: &str) -> Option<(f64, bool)> {
    let of = |captures: &regex::Captures<'_>| -> Option<f64> {
        (1..captures.len()).step_by(2).find_map(|i| {
            let number: f64 = captures.get(i)?.as_str().parse().ok()?;
            let unit = captures.get(i + 1)?.as_str();
            Some(if unit.eq_ignore_ascii_case("mm") { number / 10.0 } else { number })
        })
    };
    let text = digits(text);
    // The length of the closing is no diameter.
    let text = &LazyLock::force(&CLOSURE).as_ref()?.replace_all(&text, " ").into_owned();
    let margins = LazyLock::force(&MARGIN).as_ref()?;
    let whole = LazyLock::force(&WITH_MARGINS).as_ref()?.captures_iter(text).filter_map(|c| of(&c)).reduce(f64::max);
    let margin = margins.captures_iter(text).filter_map(|c| of(&c)).filter(|m| *m < 3.0).reduce(f64::min);
    if whole.is_some_and(|w| margin.is_none_or(|m| w > m)) {
        return whole.map(|w| (w, false));
    }
    let rest = margins.replace_all(text, " ");
    let lesion = Measures::of_text(&rest).centimetres.into_iter().reduce(f64::max)?;
    let others = Measures::of_text(&rest).centimetres;
    Some(match margin {
        // "0.3 cm with a 1 mm rim (0.5 cm)": the whole is stated beside its parts.
        Some(margin) if others.iter().any(|o| (o + 2.0 * margin - lesion).abs() < 0.05) => (lesion, false),
        Some(margin) => (lesion + 2.0 * margin, false),
        None => (lesion, true),
    })
}

/// Number words before a unit of length as digits ("one inch").
fn digits(text: &str) -> String {
    const WORDS: [(&str, &str); 6] = [
        ("one inch", "1 inch"),
        ("an inch", "1 inch"),
        ("half an inch", "0.5 inch"),
        ("two inch", "2 inch"),
        ("one centimeter", "1 cm"),
        ("half inch", "0.5 inch"),
    ];
    let mut text = text.to_lowercase();
    for (words, number) in [WORDS[2], WORDS[5], WORDS[0], WORDS[1], WORDS[3], WORDS[4]] {
        text = text.replace(words, number);
    }
    text
}

/// A token as a number.
pub fn number(text: &str) -> Option<u32> {
    match text {
        "single" | "a" | "an" => Some(1),
        "both" | "pair" => Some(2),
        "dozen" => Some(12),
        _ => number_word(text).or_else(|| text.parse().ok()),
    }
    .filter(|n| (1..=200).contains(n))
}

/// "twenty" before "two" is twenty-two.
fn joined(n: u32, next: Option<&str>) -> u32 {
    let next = next.filter(|t| t.chars().all(|c| c.is_ascii_alphabetic())).and_then(number).filter(|m| *m < 10 && *m > 0);
    if n >= 20 && n.is_multiple_of(10) && n < 100 { n + next.unwrap_or(0) } else { n }
}

const UNITS: [&str; 19] = [
    "u", "units", "mcg", "mm", "cm", "ml", "cc", "mg", "seconds", "second", "sec", "minutes", "min", "cycles", "cycle", "weeks",
    "days", "x", "passes",
];

/// How many of something: the total where one is stated, else the sum of the parts ("4 on the scalp, 3 on the cheek"),
/// else the largest number beside the noun; over several statements of one section the sum, over sections the largest.
fn count(passages: &Passages<'_>, nouns: &Alternatives, ranges: &[Range<usize>]) -> Option<u32> {
    let mut by_section: Vec<(usize, u32)> = Vec::new();
    for range in ranges {
        let Some((n, all)) = count_in(passages, nouns, range) else { continue };
        let section = passages.statements.iter().position(|s| s.contains(&range.start));
        let key = section.map_or(usize::MAX, |s| passages.view.statements[s].section as usize);
        match by_section.iter_mut().find(|(k, _)| *k == key) {
            Some((_, sum)) if all || *sum == n => *sum = (*sum).max(n),
            Some((_, sum)) => *sum += n,
            None => by_section.push((key, n)),
        }
    }
    by_section.into_iter().map(|(_, n)| n).max()
}

/// A count within one range, and whether it speaks of all of them.
fn count_in(passages: &Passages<'_>, nouns: &Alternatives, range: &Range<usize>) -> Option<(u32, bool)> {
    let tokens = &passages.tokens[..];
    let at = |i: usize| tokens.get(i).map(|t| t.text.as_str()).filter(|_| i < range.end);
    let places: Vec<Range<usize>> = nouns.places(tokens, range.clone()).into_iter().filter(|p| !tokens[p.start].off).collect();
    let number_at = |i: usize| at(i).and_then(number).map(|n| joined(n, at(i + 1)));
    for i in range.clone() {
        if at(i) == Some("total") {
            let of = usize::from(matches!(at(i + 1), Some("of" | "count" | "number" | "is" | "was")));
            let before = i.checked_sub(1).filter(|k| *k >= range.start && at(*k) == Some("in")).and_then(|k| k.checked_sub(1));
            // "Total 24 mg" is a dose.
            let measured = at(i + 2 + of).is_some_and(|u| UNITS.contains(&u) && u != "x" && u != "passes");
            if let Some(n) =
                number_at(i + 1 + of).filter(|_| !measured).or_else(|| before.filter(|k| *k >= range.start).and_then(number_at))
            {
                return Some((n, true));
            }
        }
    }
    if places.is_empty() {
        return None;
    }
    let mut best: Option<u32> = None;
    let mut all = false;
    // "48 inhalants plus 2 controls": what "plus" joins is one number.
    let joined_sum = places.windows(2).find_map(|pair| {
        let (first, second) = (&pair[0], &pair[1]);
        let before = first.start.checked_sub(1).filter(|k| *k >= range.start).and_then(number_at)?;
        let more = (at(first.end) == Some("plus") && second.start <= first.end + 3).then(|| number_at(first.end + 1))??;
        Some(before + more)
    });
    if joined_sum.is_some() {
        return joined_sum.map(|n| (n, true));
    }
    for place in &places {
        // Before it: "9 thin scaly actinic keratoses".
        for k in (range.start.max(place.start.saturating_sub(4))..place.start).rev() {
            let unit = at(k + 1).is_some_and(|u| UNITS.contains(&u));
            if let Some(n) = number_at(k).filter(|_| !unit) {
                // "twenty two": the tens say it.
                let n = k
                    .checked_sub(1)
                    .filter(|p| *p >= range.start)
                    .and_then(number_at)
                    .filter(|t| *t > n && *t % 10 == n % 10)
                    .unwrap_or(n);
                all |= k > range.start && matches!(at(k - 1), Some("all" | "these" | "the"));
                best = best.max(Some(n));
                break;
            }
            if tokens[k].cut && k + 1 < place.start && at(k).is_some_and(|t| t != "and") {
                break;
            }
        }
        // Behind it: "keratoses x 9", "AKs: 9", "AKs (9)".
        let next = place.end;
        let joined_by = at(next).is_some_and(|t| matches!(t, "x" | "times" | "number" | "count"));
        let behind = if joined_by { at(next + 1) } else { at(next) };
        // Also "callus pared x3", without a mark between.
        let times = (next..(next + 3).min(range.end))
            .take_while(|k| *k == next || !tokens[*k].cut)
            .find(|k| at(*k).is_some_and(|t| t.strip_prefix('x').and_then(number).is_some()));
        let times = times.filter(|k| !at(k + 1).is_some_and(|u| UNITS.contains(&u)));
        let glued = times.and_then(at).and_then(|t| t.strip_prefix('x')).and_then(number);
        let unit = at(next + 1 + usize::from(joined_by)).is_some_and(|u| UNITS.contains(&u));
        let place_behind = if joined_by { next + 1 } else { next };
        let n = glued.or_else(|| {
            behind.and_then(number).and(number_at(place_behind)).filter(|_| {
                !unit && (joined_by || tokens[next].cut || matches!(tokens[place.start].text.as_str(), "those" | "all" | "these"))
            })
        });
        best = best.max(n);
    }
    // Parts by place: "scalp 4, left cheek 3, nose 2" or "4 on the scalp and 3 on the cheek".
    const SITES: [&str; 34] = [
        "scalp",
        "forehead",
        "nose",
        "cheek",
        "cheeks",
        "temple",
        "temples",
        "ear",
        "ears",
        "lip",
        "chin",
        "neck",
        "chest",
        "back",
        "arm",
        "arms",
        "forearm",
        "forearms",
        "hand",
        "hands",
        "leg",
        "legs",
        "shoulder",
        "shoulders",
        "axillae",
        "axilla",
        "groin",
        "eyelids",
        "trunk",
        "face",
        "brow",
        "skin",
        "shin",
        "knee",
    ];
    let after: Vec<u32> = range
        .clone()
        .filter(|i| at(*i).is_some_and(|t| SITES.contains(&t)) && at(i + 1).is_some_and(|t| t != "a" && t != "an"))
        .filter_map(|i| number_at(i + 1).filter(|_| !at(i + 2).is_some_and(|u| UNITS.contains(&u))))
        .collect();
    if after.len() > 1 {
        best = best.max(Some(after.iter().sum()));
    }
    let parts: Vec<u32> = range
        .clone()
        .filter(|i| {
            matches!(at(i + 1), Some("on" | "over" | "at" | "from" | "to")) && at(*i).is_some_and(|t| t != "a" && t != "an")
        })
        .filter_map(|i| at(i).and_then(number))
        .collect();
    let sum: u32 = parts.iter().sum();
    if parts.len() > 1 {
        best = Some(best.map_or(sum, |b| b.max(sum)));
    }
    best.map(|n| (n, all))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn excised_diameter_counts_both_margins() {
        assert_eq!(excised("lesion 1.0 cm excised with 2 mm margins"), Some((1.4, false)));
        assert_eq!(excised("8 x 6 mm nodule; excised diameter 1.4 cm"), Some((1.4, false)));
        assert_eq!(excised("a 9 mm cyst"), Some((0.9, true)));
        assert_eq!(excised("a 9 mm cyst out, two layer closure 2.5 cm"), Some((0.9, true)));
        assert_eq!(excised("no size"), None);
    }
}
