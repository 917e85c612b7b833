//! Total time as documented: statements of the clinician's time on the encounter, in minutes.
use std::sync::LazyLock;

use regex::Regex;

use super::view::{View, Zone, pattern};
use crate::document::Evidence;

/// A stated time.
#[derive(Clone, Debug, PartialEq)]
pub struct StatedTime {
    /// Minutes, the lower bound where a range or "more than" is stated.
    pub minutes: u32,
    /// The sentence.
    pub evidence: Evidence,
    /// Stated as critical care time.
    pub critical: bool,
    /// Stated for the discharge.
    pub discharge: bool,
}

static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(\d{1,3}|one|two|three|five|ten|fifteen|twenty|twenty-five|thirty|thirty-five|forty|forty-five|fifty|fifty-five|sixty|ninety|an)",
        r"(?: ?(?:-|to) ?\d{1,3})?[ -]?(minutes?|mins?\b|hours?|hrs?\b))(?: and (\d{1,2}|thirty|fifteen|a half)(?: minutes?)?)?"
    ))
});
/// The sentence speaks of the clinician's own time on this encounter.
static OWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\btotal (?:\w+ ){0,4}time\b|\btime (?:was )?spent\b|\btime:|\bi (?:have )?spent\b|\bwe spent\b|\bspent (?:a total of |over |more than |greater than |approximately |about |at least )?\d",
        r"|\bminutes? (?:was|were|is|have been|has been) spent\b|\bcritical care\b|\bdischarge time\b|\bface[- ]to[- ]face\b",
        r"|\bminutes? (?:in|of) (?:counsel|coordinat|discussion|face)|\btime on (?:the )?(?:date|day)|\bminute (?:consultation|consult|visit|appointment|discussion|session)\b",
        r"|\btook (?:me )?(?:over |more than |greater than )?\d+ min|\bhours? (?:was|were) spent\b|\btime taken\b|\btime seen\b|\bpatient care time\b|\b(?:over|greater than|more than) (?:30|thirty|35) minutes"
    ))
});
/// The minutes are of something else: a procedure, the story, a drug, a separately reported service.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:tourniquet|operative time|operating|surgery time|anesthesia|fluoro|infus|every \d+ min|exercise|treadmill|bruce|walk|smoking cessation|tobacco cessation",
        r"|procedure time|resuscitation|seizure|lasted|drain|apart|old|prior to arrival|ambulance|apgar|advance care planning|waiting|slept|each night)\b"
    ))
});

fn number(word: &str) -> Option<u32> {
    Some(match word {
        "one" | "an" => 1,
        "two" => 2,
        "three" => 3,
        "five" => 5,
        "ten" => 10,
        "fifteen" => 15,
        "twenty" => 20,
        "twenty-five" => 25,
        "thirty" => 30,
        "thirty-five" => 35,
        "forty" => 40,
        "forty-five" => 45,
        "fifty" => 50,
        "fifty-five" => 55,
        "sixty" => 60,
        "ninety" => 90,
        digits => digits.parse().ok()?,
    })
}

/// Minutes of the first amount of time in lower-cased words.
pub fn minutes(words: &str) -> Option<u32> {
    let c = AMOUNT.captures(words)?;
    let amount = number(c.get(1)?.as_str())?;
    let unit = c.get(2)?.as_str();
    let more = match c.get(3).map(|m| m.as_str()) {
        Some("a half") => 30,
        Some(word) if unit.starts_with('h') => number(word)?,
        _ => 0,
    };
    let total = if unit.starts_with('h') { amount.checked_mul(60)?.checked_add(more)? } else { amount };
    (total <= 600).then_some(total)
}

/// All statements of the clinician's time in the note.
pub fn stated(view: &View) -> Vec<StatedTime> {
    let mut found = Vec::new();
    for (i, clause) in view.clauses.iter().enumerate() {
        let words = view.words(clause.span);
        if clause.zone == Zone::Background || !AMOUNT.is_match(words) || OTHER.is_match(words) {
            continue;
        }
        let critical = words.contains("critical care");
        let discharge = words.contains("discharg");
        if !(OWN.is_match(words) || critical) {
            continue;
        }
        // "more than half of the 40 minutes was counselling": the whole counts, which is the largest amount stated.
        let all = AMOUNT.find_iter(words).filter_map(|m| minutes(m.as_str()));
        if let Some(minutes) = all.max().filter(|m| *m >= 5) {
            found.push(StatedTime { minutes, evidence: view.quote(i), critical, discharge });
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::view::tests::document;
    use super::*;
    use crate::document::SectionKind;

    #[test]
    fn reads_minutes_and_hours() {
        assert_eq!(minutes("i spent 35 minutes"), Some(35));
        assert_eq!(minutes("one hour and 15 minutes"), Some(75));
        assert_eq!(minutes("thirty-five minutes"), Some(35));
        assert_eq!(minutes("no time here"), None);
    }

    #[test]
    fn only_the_clinicians_own_time_counts() {
        let d = document(&[(
            SectionKind::Plan,
            "The tourniquet time was 40 minutes.\nPain lasted 20 minutes.\nI spent 45 minutes on the date of the encounter, more than half of it counselling.",
        )]);
        let found = stated(&View::new(&d));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].minutes, 45);
    }
}
