//! Written words: where they begin and end, folded to lower case without accents; levels of the spine, numerals, spelling.
use std::borrow::Cow;
use std::collections::HashMap;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A written word before any table is applied.
pub(super) struct Raw {
    pub start: usize,
    pub end: usize,
    pub text: String,
    pub hyphened: bool,
    pub comma: bool,
}

/// The written words of a text; `slashed` says what a word with slashes stands for.
pub(super) fn raw_words(text: &str, slashed: &HashMap<&'static str, &'static str>) -> Vec<Raw> {
    let mut out: Vec<Raw> = Vec::new();
    let mut start: Option<usize> = None;
    let mut comma = false;
    let mut hyphened = false;
    let end_of_text = text.len();
    let mut skip_until = 0;
    for (at, c) in text.char_indices().chain(std::iter::once((end_of_text, ' '))) {
        if at < skip_until {
            continue;
        }
        // A combining mark belongs to the letter before it.
        if c.is_alphanumeric() || (start.is_some() && is_combining_mark(c)) {
            start.get_or_insert(at);
            continue;
        }
        if let Some(from) = start.take() {
            let mut end = at;
            let mut word = fold(&text[from..at]);
            if c == '/' {
                let tail: usize =
                    text[at..].chars().take(4).take_while(|x| x.is_alphanumeric() || *x == '/').map(char::len_utf8).sum();
                let whole = fold(&text[from..at + tail]);
                if let Some(full) = slashed.get(whole.as_str()) {
                    end = at + tail;
                    skip_until = end;
                    word = (*full).to_owned();
                } else if word == "w" {
                    word.clear();
                }
            } else if matches!(c, '\'' | '’') && text[at + c.len_utf8()..].starts_with(['s', 'S']) {
                // The possessive: `Crohn's` is `Crohn`.
                let after = at + c.len_utf8() + 1;
                if !text[after..].starts_with(char::is_alphanumeric) {
                    skip_until = after;
                }
            }
            if word.contains(' ') || !word.is_empty() {
                for (n, part) in word.split(' ').enumerate() {
                    out.push(Raw {
                        start: from,
                        end,
                        text: part.to_owned(),
                        hyphened: hyphened && n == 0,
                        comma: comma && n == 0,
                    });
                }
            }
            comma = false;
            hyphened = matches!(c, '-' | '/' | '–') && end == at;
            if matches!(c, ',' | ';' | ':' | '(' | ')') {
                comma = true;
            }
            continue;
        }
        hyphened = false;
        comma |= matches!(c, ',' | ';' | ':' | '(' | ')');
    }
    out
}

fn fold(word: &str) -> String {
    if word.is_ascii() {
        return word.to_ascii_lowercase();
    }
    word.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}

/// A level of the spine and how many words it takes: `C5-C6`, `C5-6`, `C5/6` are `c5c6`, `T12` is `t12`. Levels that
/// laboratory values or heart sounds share (T1 to T4, S1) count only within a pair.
pub(super) fn level(raw: &[Raw]) -> Option<(String, &'static str, usize)> {
    let part = |word: &str| -> Option<(char, u8)> {
        let mut chars = word.chars();
        let letter = chars.next().filter(|c| matches!(c, 'c' | 't' | 'l' | 's'))?;
        let number: u8 = chars.as_str().parse().ok().filter(|_| chars.as_str().len() < 3)?;
        let most = match letter {
            'c' => 8,
            't' => 12,
            _ => 5,
        };
        (1..=most).contains(&number).then_some((letter, number))
    };
    let (letter, number) = part(&raw.first()?.text)?;
    let second = raw
        .get(1)
        .filter(|n| n.hyphened)
        .and_then(|n| part(&n.text).or_else(|| n.text.parse().ok().filter(|m| *m == number + 1).map(|m| (letter, m))));
    Some(match second {
        Some((to, other)) => {
            let region = match (letter, to) {
                ('c', 'c') => "cervic",
                ('c', _) => "cervicothorac",
                ('t', 't') => "thorac",
                ('t', _) => "thoracolumbar",
                ('l', 'l') => "lumbar",
                _ => "lumbosacr",
            };
            (format!("{letter}{number}{to}{other}"), region, 2)
        }
        None => {
            let region = match letter {
                'c' if number < 8 => "cervic",
                'l' => "lumbar",
                't' if number > 4 => "thorac",
                _ => return None,
            };
            (format!("{letter}{number}"), region, 1)
        }
    })
}

/// A number of one or two digits, Roman or not, with its letter (`IIIa` is `3a`).
pub(super) fn arabic(word: &str) -> Option<String> {
    roman(word).or_else(|| (word.len() < 3 && word.starts_with(|c: char| c.is_ascii_digit())).then(|| word.to_owned()))
}

pub(super) fn roman(word: &str) -> Option<String> {
    let split = word.find(|c| !matches!(c, 'i' | 'v')).unwrap_or(word.len());
    let (numeral, tail) = word.split_at(split);
    let digit = match numeral {
        "i" => "1",
        "ii" => "2",
        "iii" => "3",
        "iv" => "4",
        "v" => "5",
        _ => return None,
    };
    matches!(tail, "" | "a" | "b" | "c").then(|| format!("{digit}{tail}"))
}

/// British to American spelling, `-itic` to `-itis`, `-emic` to `-emia`, Greek plurals.
pub(super) fn american(word: &str) -> Cow<'_, str> {
    if word.len() < 5 || !word.is_ascii() {
        return Cow::Borrowed(word);
    }
    let mut out = Cow::Borrowed(word);
    // Every British spelling below holds one of these pairs.
    let british = word.as_bytes().windows(2).any(|pair| matches!(pair, b"ae" | b"oe" | b"ou" | b"uc" | b"br" | b"tr"));
    for (from, to) in [
        ("haem", "hem"),
        ("aemi", "emi"),
        ("oedem", "edem"),
        ("oesoph", "esoph"),
        ("oestr", "estr"),
        ("tumour", "tumor"),
        ("paed", "ped"),
        ("anaesth", "anesth"),
        ("rrhoea", "rrhea"),
        ("pnoea", "pnea"),
        ("foet", "fet"),
        ("gynaec", "gynec"),
        ("leucoc", "leukoc"),
        ("caecum", "cecum"),
        ("faec", "fec"),
        ("labour", "labor"),
        ("colour", "color"),
        ("fibre", "fiber"),
        ("centre", "center"),
        ("ischaem", "ischem"),
        ("diarrhoe", "diarrhe"),
    ] {
        if british && out.contains(from) {
            out = Cow::Owned(out.replace(from, to));
        }
    }
    for (from, to) in [("itic", "itis"), ("oses", "osis"), ("ectomies", "ectomy"), ("itides", "itis")] {
        if out.len() > from.len() + 2 && out.ends_with(from) {
            let stem = out.len() - from.len();
            out = Cow::Owned(format!("{}{to}", &out[..stem]));
        }
    }
    out
}
