//! Weeks of gestation in the short forms of prenatal notes ("36w", "10w3d", "36+1", "19 wks", "thirty-two weeks"), which mean
//! that only in a note that speaks of a pregnancy.
use std::sync::LazyLock;

use regex::Regex;

use crate::document::Span;
use crate::document::numerals::number_word;

struct Patterns {
    pregnancy: Regex,
    weeks: Regex,
    /// Right before: a plan, an interval, the past.
    interval: Regex,
    /// Right behind: the past, an age, time since delivery.
    other: Regex,
}

static PATTERNS: LazyLock<Option<Patterns>> = LazyLock::new(|| {
    Some(Patterns {
        pregnancy: Regex::new(
            r"(?i)\b(?:pregnan\w*|iup|prenatal|antenatal|ob|rob|nob|obstetric\w*|gravid\w*|primigravida|multip|multigravida|primip|gestation\w*|trimester|fetus|fetal|fhts?|fhr|g\d{1,2}\s?p\d{1,2}|g[1-9]|edd|edc|previa|gdm|preeclampsia|pre-e|pree|twins?|tolac|ltcs|hyperemesis|cervical length|anatomy scan|ama|cerclage|pprom|fgr|iugr|ega)\b",
        )
        .ok()?,
        weeks: Regex::new(concat!(
            r"(?i)\b(?:(?P<w>\d{1,2})\s?(?:(?P<d>[0-6])/7\s?)?-?(?:w|wks?|weeks?|weeker)(?:\s?(?P<d2>[0-6])(?:\s?d|/7|\b))?(?:\s?[+&]\s?(?P<d3>[0-6])d?\b)?",
            r"|(?P<w2>[1-4]\d)\s?\+\s?(?P<d4>[0-6])(?:\s?(?:w|wks?|weeks?))?",
            r"|(?P<w3>\d{1,2})\s(?P<d5>[0-6])/7",
            r"|(?P<tens>twenty|thirty|forty)(?:[- ](?P<ones>one|two|three|four|five|six|seven|eight|nine))?\sweeks?|(?P<small>six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen|eighteen|nineteen)\sweeks?)\b"
        ))
        .ok()?,
        interval: Regex::new(
            r"(?i)(?:\b(?:in|x|for|q|every|next|past|last|over|until|within|after|since|f/?u|rtc|return|recheck|follow[- ]?up|first|by|delivered|born|ptd|ptb|delivery|del|loss|sab|miscarriage|iufd|cs|c-?section|svd|nsvd|prior|previous|h/o|hx)(?:\s(?:at|of))?|[x×])\s?(?:about |the )?$",
        )
        .ok()?,
        other: Regex::new(r"(?i)^\s?(?:ago|pp|post|s/p|old|status|after|out|f/?u|follow|course|from now|later|of (?:pain|symptoms|bleeding|cramp|nausea|headache))").ok()?,
    })
});

/// Weeks (with days as a fraction) and their places, in a text that speaks of a pregnancy; nothing in another.
pub(super) fn weeks(text: &str) -> Vec<(f64, Span)> {
    let Some(patterns) = &*PATTERNS else { return Vec::new() };
    if !patterns.pregnancy.is_match(text) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for found in patterns.weeks.captures_iter(text) {
        let Some(whole) = found.get(0) else { continue };
        let line = text[..whole.start()].rfind('\n').map_or(0, |n| n + 1);
        let (before, after) = (&text[line..whole.start()], &text[whole.end()..]);
        if patterns.interval.is_match(before) || patterns.other.is_match(after) {
            continue;
        }
        let digits = |names: &[&str]| names.iter().find_map(|n| found.name(n)?.as_str().parse::<f64>().ok());
        let word = |name: &str| found.name(name).and_then(|m| number_word(m.as_str())).map(f64::from);
        let spelled = word("tens").map(|tens| tens + word("ones").unwrap_or(0.0)).or_else(|| word("small"));
        let Some(whole_weeks) = digits(&["w", "w2", "w3"]).or(spelled) else { continue };
        let days = digits(&["d", "d2", "d3", "d4", "d5"]).unwrap_or(0.0);
        if (4.0..43.0).contains(&whole_weeks) {
            out.push((whole_weeks + days / 7.0, Span::new(whole.start(), whole.end())));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms_are_weeks_only_in_a_pregnancy() {
        for (text, expected) in [
            ("G1P0 at 10w3d, routine prenatal", Some(10)),
            ("36+1 wks G1, nl pregnancy", Some(36)),
            ("Rh neg, IUP 28 wk", Some(28)),
            ("thirty-two weeks, twins", Some(32)),
            ("low-lying placenta, pregnant, 36wk", Some(36)),
            ("ROB 22w2d, G3P2", Some(22)),
            ("pregnant; f/u 4 weeks", None),
            ("pregnant, nausea for 2 weeks", None),
            ("prenatal: seen 6 weeks ago", None),
            ("h/o PTD at 31w, now pregnant", None),
            ("back pain 6 wks", None),
            ("RTC 4w", None),
        ] {
            assert_eq!(weeks(text).first().map(|w| w.0.floor() as i32), expected, "{text}");
        }
    }
}
