//! How a sentence holds a drug, test or operation: decided, or only thought of, wished away, conditional, or past.
use std::sync::LazyLock;

use regex::Regex;

use super::view::pattern;

/// How a sentence holds what it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Modality {
    /// Done, ordered, given, planned.
    Decided,
    /// Weighed with the patient and not chosen: a decision all the same.
    Weighed,
    /// Under a condition that has not come ("if the pain persists, then").
    Conditional,
    /// Thought of, not decided.
    Tentative,
    /// Not wanted, not needed, not done.
    Negated,
    /// Earlier, or not now.
    Elsewhen,
}

impl Modality {
    /// Counts as a decision of this encounter.
    pub fn counts(self) -> bool {
        matches!(self, Modality::Decided | Modality::Weighed)
    }
}

static NEGATED_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no|not|never|without|avoid(?:ing|ed|s)?|nor|neither|denie[sd]|instead of|rather than|stay(?:s|ing)? (?:off|away from)|hold(?:ing)? off(?: on)?|decided against|don't|do not|does not|did not|refrain\w*|too early for|no need (?:for|of)|allerg(?:y|ic) to|allergies to|intoleran\w+ (?:to|of)|reaction to|unable to (?:take|tolerate))((?:[ /,-]+[\w'-]+){0,4})\W*$",
    )
});
/// Between a negation and a name these words turn it: "not controlled on metformin".
static TURNS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:controlled|control|goal|help\w*|enough|improv\w*|respond\w*|better|tolerat\w*|because|since|due|despite|but|on|by|with|start\w*|continue\w*|only|side|so|then|change\w*)\b",
    )
});
static NEGATED_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^\W*(?:\w+\W+){0,3}?(?:not (?:needed|required|necessary|indicated|wanted|given|done|ordered|repeated|started|taken|recommended|obtained|performed|available|done|chosen|yet)|no longer (?:required|needed|necessary)|(?:was|were|is|are) not\b|unnecessary|deferred|contraindicated|allergy|free\b|withheld)|^[^.;]{0,70}?\bnot (?:repeated|redone)\b",
    )
});
static CONDITION_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:if|unless|in case|in the event)\b[^.;]*$|^\W*should\b[^.;]*$|\bshould (?:the |his |her |any |these |this )?\w+ (?:appear|occur|develop|persist|worsen|recur|fail|continue|return|not)\b[^.;]*$",
    )
});
static CONDITION_AFTER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^[^.;]{0,70}?\b(?:if|unless|in case|should (?:he|she|it|they|the|this|symptoms))\b"));
/// "Dorzolamide twice a day, laser if the pressure stays": the condition is that of what follows in the list.
static DOSED_THEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^[^.;,]{0,40}\b(?:bid|tid|qid|qhs|qd|daily|nightly|twice a day|q ?\d+ ?h)\b[^.;,]{0,20},\s*(?:[^i\s]|i[^fn])")
});
static ONLY_IF: LazyLock<Regex> = LazyLock::new(|| pattern(r"^[^.;]{0,50}?\b(?:only (?:if|when|for)|just if)\b"));
/// Plans that a condition behind them makes conditional.
static PLANNED_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:will|would|may|might|could|consider|plan|can|get|obtain|order|check|repeat|need|perform|schedule|recommend|proceed|refer\w*)\b[^.;]{0,60}$|^\W*(?:\w+\W+){0,2}$",
    )
});
static TENTATIVE_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:could|might|consider(?:ing|ed|ation of|ation for)?|possib(?:le|ly|ility of)|potential(?:ly)?|perhaps|maybe|eventual(?:ly)?|contemplat\w+|think(?:ing)? about|thought about|talk(?:ed)? about|whether|options? (?:of|are|include|such as)|asked about|wonder\w*|some day|one day|in the future",
        r"|may (?:need|require|benefit|consider|be)|would (?:need|consider|be|have|help|do|not|only|get|obtain|order)|discuss(?:ed)? (?:the )?(?:possib\w+|options?|role))\b[^.;]{0,60}$"
    ))
});
static TENTATIVE_AFTER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[^.;]{0,30}?\b(?:one day|some day|is an option|would be (?:an option|considered|next)|may be (?:needed|considered)|could be|next visit|at a later|down the road|later on)\b",
    )
});
static DECLINED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:declin\w+|refus\w+|decided against|(?:does|did|do|would) not (?:want|wish|like|care)|doesn't want|didn't want|not (?:want|wanted|wish|wished|interested|chosen)|opt(?:s|ed)? (?:not|against|out)|prefers? (?:not|no|to wait|to hold|home)|wish(?:es|ed)? (?:no|not|to avoid|to wait))\b",
    )
});
static WEIGHED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:discuss\w*|talk(?:ed)?|weigh\w*|offer\w*|shared|explain\w*|counsel\w*|review(?:ed)? (?:the )?(?:risks?|options?|benefits?))\b",
    )
});
static EARLIER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:was on|were on|had been on|previously|formerly|in the past|used to|years ago|months ago|took|had taken|has taken|has tried|failed|tried|finished|completed|when (?:he|she|it) (?:was )?(?:stopped|tried)|last (?:year|spring|winter|fall|summer)|prior (?:trial|use|course)s?|has had|status post|s/p)\b[^.;,]{0,45}$",
    )
});
/// Far off, or left to another visit.
static FAR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[^.;,]{0,30}?\b(?:in (?:a|one|two|three|five|ten|\d+) years?|next (?:year|spring|summer|fall|autumn|winter|visit|time)|at (?:the |his |her |your )?next|in 20\d\d|then$|yearly|annually|not due|is due in|due (?:in|next)|only past)\b",
    )
});
static FAR_BEFORE: LazyLock<Regex> = LazyLock::new(|| pattern(r"\b(?:next|not due for|due for)\W*$"));
static ORDERED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:order(?:ed|s|ing)?|sent|drawn|today|obtained|done|requisition|scheduled|booked|reviewed|start\w*|begin|add(?:ed)?|continu\w*|prescri\w*|given|keep|kept|increase\w*|stop(?:ped)?|switch\w*|change\w*)\b",
    )
});

/// The part of a sentence around a place that stands between full stops and semicolons.
pub fn segment(words: &str, start: usize, end: usize) -> (usize, usize) {
    let head = words.get(..start).unwrap_or("");
    let from = head.rfind(';').map_or(0, |i| i + 1).max(head.rfind(". ").map_or(0, |i| i + 2));
    let tail = words.get(end..).unwrap_or("");
    let to = [";", ". "].iter().filter_map(|m| tail.find(m)).min().map_or(words.len(), |i| end + i);
    (from, to)
}

/// How the sentence holds what stands at `start..end`. `around` are the sentence's neighbours, where a talk about it
/// may stand.
pub fn of(words: &str, start: usize, end: usize, around: &str) -> Modality {
    let (from, to) = segment(words, start, end);
    let cut = |r: std::ops::Range<usize>| words.get(r).unwrap_or("");
    let reach = (start.saturating_sub(160)..=start).find(|i| words.is_char_boundary(*i)).unwrap_or(start);
    let before = cut(from.max(reach)..start);
    let after = cut(end..to);
    let both = (before, after);
    if DECLINED.is_match(before) || DECLINED.is_match(after.get(..after.len().min(90)).unwrap_or(after)) {
        return if WEIGHED.is_match(words) || WEIGHED.is_match(around) { Modality::Weighed } else { Modality::Negated };
    }
    let negated = NEGATED_BEFORE.captures(before).is_some_and(|c| !TURNS.is_match(c.get(1).map_or("", |m| m.as_str())));
    if negated || NEGATED_AFTER.is_match(after) {
        return Modality::Negated;
    }
    if ONLY_IF.is_match(after) || CONDITION_BEFORE.is_match(before) {
        return Modality::Conditional;
    }
    let tentative = TENTATIVE_BEFORE.is_match(before) || TENTATIVE_AFTER.is_match(after);
    if tentative {
        let weighed = WEIGHED.is_match(before) && DECLINED.is_match(around);
        return if weighed { Modality::Weighed } else { Modality::Tentative };
    }
    let listed = DOSED_THEN.is_match(after);
    if CONDITION_AFTER.is_match(after) && !listed && PLANNED_BEFORE.is_match(before) && !AS_NEEDED.is_match(after) {
        return Modality::Conditional;
    }
    let ordered = ORDERED.is_match(both.0) || ORDERED.is_match(both.1);
    if EARLIER.is_match(before) && !ORDERED.is_match(after) {
        return Modality::Elsewhen;
    }
    if (FAR.is_match(after) || FAR_BEFORE.is_match(before)) && !ordered {
        return Modality::Elsewhen;
    }
    Modality::Decided
}

/// "If needed" is how a drug is taken, no condition of its prescription.
static AS_NEEDED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^[^.;]{0,70}?\bif (?:needed|necessary|required|he (?:has|needs|feels)|she (?:has|needs|feels)|pain,|pain$|wheez\w+|symptomatic|nause\w+|itch\w*)",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    fn at(words: &str, name: &str) -> Modality {
        let start = words.find(name).expect("named");
        of(words, start, start + name.len(), "")
    }

    #[test]
    fn conditions_and_wishes() {
        use Modality as M;
        assert_eq!(at("if numbness should appear, we would get an mri of the neck", "mri"), M::Conditional);
        assert_eq!(at("cbc and esr only if fever", "esr"), M::Conditional);
        assert_eq!(at("order plain films if pain is the same in four weeks", "plain films"), M::Conditional);
        assert_eq!(at("we could start an ssri one day", "ssri"), M::Tentative);
        assert_eq!(at("no antibiotic required", "antibiotic"), M::Negated);
        assert_eq!(at("not controlled on metformin", "metformin"), M::Decided);
        assert_eq!(at("mri was offered and discussed; he declined the mri", "mri was"), M::Decided);
        assert_eq!(at("we discussed an mri and she declined", "mri"), M::Weighed);
        assert_eq!(at("take ibuprofen if needed", "ibuprofen"), M::Decided);
        assert_eq!(at("add dorzolamide bid, laser set for may if not at goal", "dorzolamide"), M::Decided);
        assert_eq!(at("add dorzolamide bid, if not at goal", "dorzolamide"), M::Conditional);
        assert_eq!(at("next tsh in a year", "tsh"), M::Elsewhen);
        assert_eq!(at("amoxicillin 500 mg three times a day; return if not better", "amoxicillin"), M::Decided);
    }
}
