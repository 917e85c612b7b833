//! Code references in the text of a note: `(A00-B99)`, `(E10.-)`, `(I11.0, I13.-)`, `(T36-T50 with fifth or sixth
//! character 5)`, `(E08-E13 with .22)`.
use crate::codeset::icd10cm::{Condition, RawCode, raw_code};

/// A range with its condition, before conditions are numbered.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Reference {
    pub first: RawCode,
    pub last: RawCode,
    pub condition: Option<Condition>,
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{{place {} {:?} at {:b} of {:b}}}", self.place, self.suffix, self.positions, self.characters)
    }
}

/// The references in every pair of parentheses.
pub(super) fn parse(note: &str) -> Vec<Reference> {
    let mut out = Vec::new();
    let mut rest = note;
    while let Some(open) = rest.find('(') {
        rest = &rest[open + 1..];
        let end = rest.find([')', '(']).unwrap_or(rest.len());
        parse_group(&rest[..end], &mut out);
        rest = &rest[end..];
    }
    out
}

fn parse_group(group: &str, out: &mut Vec<Reference>) {
    let (codes, words) = match group.find("with") {
        Some(at) => (&group[..at], &group[at..]),
        None => (group, ""),
    };
    let ranges = code_ranges(codes);
    let conditions = if words.is_empty() { vec![None] } else { conditions(words).into_iter().map(Some).collect() };
    for (first, last) in ranges {
        for condition in &conditions {
            out.push(Reference { first, last, condition: *condition });
        }
    }
}

/// `A00-B99`, `E10.-`, `S00.- - S09.-`, lists of them.
fn code_ranges(text: &str) -> Vec<(RawCode, RawCode)> {
    let mut out: Vec<(RawCode, RawCode)> = Vec::new();
    let mut rest = text;
    let mut joined = false;
    loop {
        rest = rest.trim_start_matches(|c: char| !c.is_ascii_alphanumeric());
        if rest.is_empty() {
            return out;
        }
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).unwrap_or(rest.len());
        let (word, after) = rest.split_at(end);
        rest = after;
        let code = word.trim_end_matches('.');
        match raw_code(code).filter(|_| is_reference(code)) {
            Some(raw) => {
                match out.last_mut() {
                    Some(range) if joined => range.1 = raw,
                    _ => out.push((raw, raw)),
                }
                let next = rest.find(|c: char| c.is_ascii_alphanumeric()).unwrap_or(rest.len());
                let between = &rest[..next];
                joined = (between.contains('-') && !between.contains([',', ';'])) || rest.trim_start().starts_with("to ");
            }
            None => joined = joined && word == "to",
        }
    }
}

/// A letter, a digit, a digit or letter, then perhaps a dot and more: not `C3` or `BRCA`.
fn is_reference(code: &str) -> bool {
    let bytes = code.as_bytes();
    bytes.len() >= 3 && bytes[0].is_ascii_uppercase() && bytes[1].is_ascii_digit() && (bytes.len() == 3 || bytes[3] == b'.')
}

/// Conditions of "with …"; several mean any of them.
fn conditions(words: &str) -> Vec<Condition> {
    let empty = Condition { characters: 0, positions: 0, place: 0, suffix: [0; 4], padding: [0; 2] };
    let cannot = vec![Condition { place: 3, ..empty }];
    let lower = words.to_ascii_lowercase().replace('-', " ");
    if lower.contains("final character") || lower.contains("fifth to sixth") {
        return suffixes(words)
            .map_or(cannot, |list| list.into_iter().map(|suffix| Condition { place: 2, suffix, ..empty }).collect());
    }
    if words.contains(" .") && !lower.contains("character") {
        return suffixes(words)
            .map_or(cannot, |list| list.into_iter().map(|suffix| Condition { place: 1, suffix, ..empty }).collect());
    }
    let mut positions = 0;
    let names: [(&str, u8); 8] =
        [("fourth", 4), ("4th", 4), ("fifth", 5), ("5th", 5), ("sixth", 6), ("6th", 6), ("seventh", 7), ("7th", 7)];
    for (name, place) in names {
        if lower.contains(name) {
            positions |= 1 << (place - 1);
        }
    }
    if lower.contains("six character") {
        positions |= 1 << 5;
    }
    let Some((_, list)) = words.split_once("character") else { return cannot };
    let characters = character_set(list.trim_start_matches('s'));
    if positions == 0 || characters == 0 { cannot } else { vec![Condition { characters, positions, ..empty }] }
}

/// `.151, .251` or `-23` → the characters behind dot or dash, up to four.
fn suffixes(words: &str) -> Option<Vec<[u8; 4]>> {
    let mut out = Vec::new();
    for word in words.split([' ', ',']) {
        let word = word.trim_end_matches('.');
        let last = word.rsplit(['.', '-']).find(|w| !w.is_empty()).unwrap_or("");
        if last.is_empty() || !last.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
            continue;
        }
        let mut suffix = [0; 4];
        if last.len() > suffix.len() {
            return None;
        }
        suffix[..last.len()].copy_from_slice(last.as_bytes());
        out.push(suffix);
    }
    (!out.is_empty()).then_some(out)
}

/// `5`, `1-4`, `1-4 or 6`, `B or C`; nothing where other words stand.
fn character_set(text: &str) -> u64 {
    let mut set = 0;
    for word in text.split([' ', ',']).filter(|w| !w.is_empty()) {
        let word = word.trim_matches('.');
        match word.as_bytes() {
            b"or" | b"and" => {}
            [one] if one.is_ascii_digit() || one.is_ascii_uppercase() => set |= Condition::character_bit(*one),
            [from, b'-', to] => {
                for character in *from..=*to {
                    set |= Condition::character_bit(character);
                }
            }
            _ => return 0,
        }
    }
    set
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codeset::icd10cm::text_of;

    fn plain(note: &str) -> Vec<String> {
        parse(note)
            .iter()
            .map(|r| format!("{}-{}{}", text_of(&r.first), text_of(&r.last), if r.condition.is_some() { "?" } else { "" }))
            .collect()
    }

    #[test]
    fn reads_lists_ranges_and_open_ends() {
        assert_eq!(plain("certain diseases (A00-B99)"), ["A00-B99"]);
        assert_eq!(plain("type 1 (E10.-)"), ["E10-E10"]);
        assert_eq!(plain("heart failure (I11.0, I13.-, I50.1-I50.9)"), ["I110-I110", "I13-I13", "I501-I509"]);
        assert_eq!(plain("injury of head (S00.- - S09.-)"), ["S00-S09"]);
        assert_eq!(plain("a (C00 to C14) and b (Z85)"), ["C00-C14", "Z85-Z85"]);
        assert_eq!(plain("glomerular disease (with C3 glomerulopathy)"), Vec::<String>::new());
        assert_eq!(plain("no codes here"), Vec::<String>::new());
    }

    #[test]
    fn reads_conditions() {
        let found = parse("adverse effect of drug (T36-T50 with fifth or sixth character 5)");
        let condition = found[0].condition.expect("condition");
        assert_eq!(condition.positions, 0b11_0000);
        assert_eq!(condition.characters, 1 << 5);
        assert_eq!(plain("x (E08-E13 with .151, .251)"), ["E08-E13?", "E08-E13?"]);
        assert_eq!(parse("x (I69 with final characters -23)")[0].condition.map(|c| (c.place, c.suffix)), Some((2, *b"23\0\0")));
        assert_eq!(parse("x (S02- with open fracture 7th character)")[0].condition.map(|c| c.place), Some(3));
    }
}
