//! Total time as documented: statements of the clinician's time on the encounter, in minutes, less what is reported
//! separately, less other days and other people's time.
use std::sync::LazyLock;

use regex::Regex;

use super::view::{View, Zone, pattern};
use crate::document::Evidence;

/// A stated time.
#[derive(Clone, Debug, PartialEq)]
pub struct StatedTime {
    /// Minutes, the lower bound where a range or "more than" is stated.
    pub minutes: u32,
    /// "More than" so many.
    pub more: bool,
    /// The sentence.
    pub evidence: Evidence,
    /// Stated as critical care time.
    pub critical: bool,
}

impl StatedTime {
    /// More than thirty minutes, which the longer discharge codes need.
    pub fn over_thirty(&self) -> bool {
        self.minutes > 30 || (self.minutes == 30 && self.more)
    }
}

static NO_CRITICAL_CARE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?:no|not|without|excluding|exclusive of) (?:\w+ ){0,2}critical care\b"));
static CRITICAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:critical care|crit care|cc time|cc:? ?\d{2,3} ?min|\d{2,3} ?min(?:ute)?s? (?:of )?(?:cc|critical care)\b)")
});
static AMOUNT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:(\d{1,3}(?:\.\d)?|(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|eighteen|an)",
        r"(?: ?(?:-|to) ?\d{1,3})?\+?[ -]?(minutes?|mins?\b|hours?|hrs?\b))(?:(?: and|,)? (\d{1,2}|thirty|fifteen|a half)\b(?:[ -]?min(?:ute)?s?)?)?"
    ))
});
/// The sentence speaks of the clinician's own time on this encounter.
static OWN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\btotal (?:\w+ ){0,4}time\b|\btime (?:was )?spent\b|\btime:|\b(?:i|we|physician|provider) (?:personally )?(?:have )?spent\b|\bspent (?:a total of |over |more than |greater than |approximately |about |at least )?\d",
        r"|\bminutes? (?:was|were|is|have been|has been) spent\b|\bcritical care\b|\bdischarge time\b|\bface[- ]to[- ]face\b|\btotal (?:of )?\d+ min|\bminutes? (?:in )?total\b|\bmin(?:ute)?s? (?:in )?total\b|\bmin(?:ute)?s? spent\b|\bmin(?:ute)?s? on (?:the|this) (?:date|day|encounter|visit)",
        r"|\bminutes? (?:in|of) (?:counsel|coordinat|discussion|face|total)|\btime on (?:the )?(?:date|day)|\bminute (?:consultation|consult|visit|appointment|discussion|session)\b",
        r"|\btook (?:me )?(?:over |more than |greater than )?\d+ min|\bhours? (?:was|were) spent\b|\btime taken\b|\btime seen\b|\bpatient care time\b|\b(?:over|greater than|more than) (?:30|thirty|35) minutes|\bpersonal time\b|\bminutes of (?:mine|medical|my)\b|\bmy (?:own )?(?:total )?time\b|\btime (?:this day|today)\b"
    ))
});
/// The minutes are of something else: a procedure, the story, a drug, a service reported on its own, other people's work.
static OTHER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:tourniquet|operative time|operating|surgery time|anesthesia|fluoro|infus\w*|every \d+ min|exercise|treadmill|bruce|walk\w*|smoking cessation|tobacco cessation|cessation counsel\w*",
        r"|procedures?\b|procedural|resuscitation|seizures?|lasted|lasting|drain|apart|old|prior to arrival|ambulance|apgar|advance care planning|acp\b|waiting|slept|each night|psychotherapy|intubat\w+|central line|line placement|cpr\b|travel\w*|driving|injection",
        r"|(?:nurse|nursing|staff|assistant|resident|student)(?:'s)? (?:time|spent|teaching)|(?:nurse|medical assistant|staff|resident|student|educator|dietitian) (?:also )?spent|episodes?)\b"
    ))
});
/// What follows is left out of, or is part of, the time before it.
static OUTSIDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:excl\w*|besides|not (?:including|counting|include)|does not include|in addition to|separate(?:ly)? (?:from|reported|billed|billable)|apart from|other than|outside of)\b",
    )
});
static INSIDE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:of (?:which|this|that|these|those)|includ(?:ing|es|ed)|inclusive of|which includes?|minus|less)\b")
});
static OTHER_DAY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:yesterday|the (?:day|night|evening) before|(?:prior|previous) (?:day|evening)|last (?:week|night)|tomorrow|the next day)\b",
    )
});
static MORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:\b(?:more than|over|greater than|in excess of|exceeded|exceeding|longer than)|>) ?$"));
static WHOLE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\btotal\b|\bhalf\b|%|\bpercent\b|\bof (?:the|this|that|which)\b"));
static CLOCK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(\d{1,2}):(\d{2}) ?(?:am|pm|a\.m\.|p\.m\.)? ?(?:to|until|through|-|–) ?(\d{1,2}):(\d{2})\b"));

fn number(word: &str) -> Option<u32> {
    const UNITS: [&str; 13] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"];
    const TENS: [&str; 10] = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
    let unit = |w: &str| UNITS.iter().position(|u| *u == w).map(|i| i as u32);
    let ten = |w: &str| TENS.iter().position(|t| !t.is_empty() && *t == w).map(|i| i as u32 * 10);
    match word {
        "an" => Some(1),
        "fifteen" => Some(15),
        "eighteen" => Some(18),
        _ => word.parse().ok().or_else(|| unit(word)).or_else(|| ten(word)).or_else(|| {
            let (tens, units) = word.split_once(['-', ' '])?;
            Some(ten(tens)? + unit(units)?)
        }),
    }
}

/// Minutes of the first amount of time in lower-cased words.
pub fn minutes(words: &str) -> Option<u32> {
    let c = AMOUNT.captures(words)?;
    let amount = c.get(1)?.as_str();
    let hours = c.get(2)?.as_str().starts_with('h');
    let more = match c.get(3).map(|m| m.as_str()) {
        Some("a half") => 30,
        Some(word) if hours => number(word)?,
        _ => 0,
    };
    let total = match (hours, amount.split_once('.')) {
        (true, Some((whole, tenths))) => whole.parse::<u32>().ok()? * 60 + tenths.parse::<u32>().ok()? * 6,
        (true, None) => number(amount)?.checked_mul(60)?.checked_add(more)?,
        (false, Some((whole, _))) => whole.parse().ok()?,
        (false, None) => number(amount)?,
    };
    (total <= 600).then_some(total)
}

/// Minutes of the clinician that a sentence states, and whether it says "more than".
fn own_minutes(words: &str) -> Option<(u32, bool)> {
    let outside = OUTSIDE.find(words).map_or(words.len(), |m| m.start());
    let inside =
        INSIDE.find(words).filter(|m| OTHER.is_match(words.get(m.start()..).unwrap_or(""))).map_or(words.len(), |m| m.start());
    let head = words.get(..outside.min(inside))?;
    if OTHER.is_match(head) {
        return None;
    }
    // Amounts with the clause around them; those of another day do not count.
    let mut amounts: Vec<(u32, usize)> = Vec::new();
    for m in AMOUNT.find_iter(head) {
        let from = head.get(..m.start())?.rfind([',', ';']).map_or(0, |i| i + 1);
        let from = head.get(from..m.start())?.rfind(" and ").map_or(from, |i| from + i + 5);
        let to = head.get(m.end()..)?.find([',', ';']).map_or(head.len(), |i| m.end() + i);
        let to = head.get(m.end()..to)?.find(" and ").map_or(to, |i| m.end() + i);
        if !OTHER_DAY.is_match(head.get(from..to)?)
            && let Some(n) = minutes(m.as_str())
        {
            amounts.push((n, m.start()));
        }
    }
    let top = *amounts.iter().max_by_key(|(n, _)| *n)?;
    // Itemised times without a total add up; "more than half of the 40 minutes" is a part of the whole.
    let summed = amounts.len() > 1 && !WHOLE.is_match(head);
    let mut total = if summed { amounts.iter().map(|(n, _)| n).sum() } else { top.0 };
    if inside < outside {
        let part = words.get(inside..outside)?;
        total = total.saturating_sub(AMOUNT.find_iter(part).filter_map(|m| minutes(m.as_str())).sum());
    }
    let more = !summed && MORE.is_match(head.get(..top.1)?);
    Some((total, more))
}

/// Minutes between two stated hours.
fn by_clock(words: &str) -> Option<u32> {
    let c = CLOCK.captures(words)?;
    let at = |i: usize| c.get(i).and_then(|m| m.as_str().parse::<u32>().ok());
    let (from, to) = (at(1)? * 60 + at(2)?, at(3)? * 60 + at(4)?);
    let span = if to > from { to - from } else { to + 12 * 60 - from.min(to + 12 * 60) };
    (5..=300).contains(&span).then_some(span)
}

/// All statements of the clinician's time in the note.
pub fn stated(view: &View) -> Vec<StatedTime> {
    let mut found: Vec<StatedTime> = Vec::new();
    for (i, clause) in view.clauses.iter().enumerate() {
        let words = view.words(clause.span);
        let amount = AMOUNT.is_match(words);
        if clause.zone == Zone::Background || !(amount || CLOCK.is_match(words)) {
            continue;
        }
        // "Of this time, 16 minutes were advance care planning" takes from the time stated before.
        let takes = words.get(..40.min(words.len())).is_some_and(|w| INSIDE.is_match(w)) && OTHER.is_match(words);
        if let (true, Some(last)) = (takes && amount, found.last_mut()) {
            let part: u32 = AMOUNT.find_iter(words).filter_map(|m| minutes(m.as_str())).sum();
            if part < last.minutes {
                last.minutes -= part;
                continue;
            }
        }
        let heading = view.heading(clause.section);
        let critical = (CRITICAL.is_match(words) || CRITICAL.is_match(heading)) && !NO_CRITICAL_CARE.is_match(words);
        let headed = heading.contains("time");
        if !(OWN.is_match(words) || critical || headed) {
            continue;
        }
        let stated = words
            .split(';')
            .find_map(own_minutes)
            .or_else(|| by_clock(words).filter(|_| !OTHER.is_match(words)).map(|m| (m, false)));
        if let Some((minutes, more)) = stated.filter(|(m, _)| *m >= 5) {
            found.push(StatedTime { minutes, more, evidence: view.quote(i), critical });
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
        assert_eq!(minutes("1 hour 15 minutes"), Some(75));
        assert_eq!(minutes("1.5 hours"), Some(90));
        assert_eq!(minutes("thirty-five minutes"), Some(35));
        assert_eq!(minutes("no time here"), None);
    }

    fn times(words: &str) -> Vec<u32> {
        let d = document(&[(SectionKind::Plan, words)]);
        stated(&View::new(&d)).iter().map(|t| t.minutes).collect()
    }

    #[test]
    fn only_the_clinicians_own_time_counts() {
        let found = times(
            "The tourniquet time was 40 minutes.\nPain lasted 20 minutes.\nI spent 45 minutes on the date of the encounter, more than half of it counselling.",
        );
        assert_eq!(found, [45]);
        assert_eq!(times("The nurse spent 20 minutes on teaching."), [0u32; 0]);
        assert_eq!(times("I spent 20 minutes yesterday reviewing records and 35 minutes today with the patient."), [35]);
        assert_eq!(times("I spent 15 minutes reviewing records, 25 minutes with the patient and 5 minutes documenting."), [45]);
        assert_eq!(times("Total time 40 minutes: 15 minutes reviewing records, 25 minutes with the patient."), [40]);
        assert_eq!(times("Seen face-to-face from 10:05 to 10:40."), [35]);
    }

    #[test]
    fn separately_reported_services_are_taken_off() {
        assert_eq!(times("I spent 60 minutes in total, including 16 minutes of advance care planning."), [44]);
        assert_eq!(
            times("Total time today was 50 minutes.\nOf this, 10 minutes were spent on smoking cessation counseling."),
            [40]
        );
        assert_eq!(times("Total time was 45 minutes, excluding 10 minutes for the procedure."), [45]);
        assert_eq!(times("Critical care time was 80 minutes, exclusive of separately billed procedures."), [80]);
    }
}
