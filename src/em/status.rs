//! How a problem is doing, by the words that name it and those that follow.
use std::sync::LazyLock;

use regex::Regex;

use super::codes::Category;
use super::natures::Nature;
use super::view::pattern;

/// How the note says it is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// Over, or nearly.
    Resolved,
    /// Stable, at goal.
    Stable,
    /// Nothing said.
    Unstated,
    /// Worsening, uncontrolled, exacerbated, side effects, not at goal; new and untreated.
    Worse,
    /// Severe exacerbation, decompensated, unstable.
    Severe,
}

/// Severe wherever the patient is seen.
static SEVERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:severe(?:ly)? (?:\w+ ){0,2}(?:exacerbat\w+|flare\w*|decompensat\w+)|life[- ]threatening|acute respiratory failure|respiratory failure|impending|critical(?:ly)? (?:ill|condition)|very ill|near[- ]fatal|hemodynamically unstable|moribund|extremely high risk|hypertensive (?:crisis|emergency)|thyroid storm|addisonian crisis|dangerous)\b",
    )
});
/// Severe in a hospital bed or emergency room; elsewhere worse.
static SEVERE_IN_HOSPITAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:severe(?:ly)?|decompensat\w+|unstable|acute on chronic|rapidly progress\w+|crisis|refractory|guarded|poor prognosis|end[- ]stage|terminal)\b",
    )
});
/// Says so in so many words.
static WORSE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:exacerbat\w+|worse\w*|uncontrolled|poorly controlled|poor (?:[a-z]+ ){0,2}control|not (?:well |adequately |optimally |yet |being )?(?:under )?(?:good )?control\w*|(?:not|isn't|never) (?:yet )?(?:at|to) (?:goal|target)|(?:above|off|over) (?:goal|target)|sub-?optimal\w*|progress(?:ive|ing|ion|ively|ed)|flare\w*|flaring|deteriorat\w+|intractable|inadequate\w*|fail(?:ed|ing|ure of|s to)|symptomatic|not (?:been )?(?:improv\w+|respond\w+|help\w+|tolerat\w+|better)",
        r"|no (?:improvement|better|relief)|side effects? (?:of|from|on)|adverse (?:effect|reaction)\w*|still (?:having|has|with|symptomatic|short)|breakthrough|increas(?:ed|ing)(?: \w+)? (?:pain|symptoms|swelling|dyspnea|frequency|attacks)|out of control|non-?compliant|noncompliance|continued (?:pain|symptoms)|continues to have|debilitating|declin\w+|non-?healing|relaps(?:e|ed|ing)|plateau\w*|disabling|more (?:frequent|often|severe|active)|(?:now|still|very|clinically) active|, active\b|partial(?:ly)? (?:response|controlled|respon\w+)|only partly|untreated|rising|doubled|enlarging|growing|spreading|decompensat\w+|hyperglycemia|uremic|rapid ventricular response|rvr|complicated by|with complications?)\b"
    ))
});
/// Words of trouble that the naming sentence may hold; in what follows they say little.
static TROUBLED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:persist\w*|recurr\w+|elevated|ongoing|despite|severe|significant|difficult\w*|too high|too low|troublesome|new[- ]onset|newly (?:diagnosed|found|discovered)|new diagnosis|^new|(?:refractory|unstable|guarded|end[- ]stage|poor prognosis))\b",
    )
});
/// A minor problem that troubles.
static IRRITATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"\b(?:irritat\w+|inflamed|bleed\w*|painful|symptomatic|infected|spreading|multiple|persist\w*|recurr\w+)\b")
});
static STABLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:stable|steady|well[- ]controlled|under (?:good |excellent )?control|(?:at|to|in|within|near) (?:\w+ )?(?:goal|target|range)|controlled|doing (?:very |quite |fairly |relatively |extremely )?well|asymptomatic|unchanged|compensated|in (?:\w+ )?remission|remission|euthyroid|corrected|improv\w+|no evidence of (?:disease|recurrence|recurrent|active)|excellent|good control|normal|benign|mild and \w+|quiescent|quiet|no change|better|routine|no (?:complaints|problems|symptoms|recurrence|flares?)|low[- ]risk|not worrying|harmless|reassuring|positional|predictable|acceptable|tapering without|without (?:flares?|symptoms|change|recurrence))\b",
    )
});
static RESOLVED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:resolv(?:ed|ing)|stopped|healed|healing (?:well|nicely|as expected)|recovered|settled|cleared|nearly gone|subsid(?:ed|ing))\b",
    )
});
/// A worsening that the words deny.
static DENIED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no|not|without|never|nor|denies|free of|prevent\w*|avoid\w*|risk of) (?:\w+ ){0,3}?(?:exacerbat\w+|worse\w*|progress\w+|flare\w*|relaps\w+|recurr\w+|symptomatic|side effects?|decompensat\w+|elevated|severe|significant|spreading|rising|growing|active|dangerous|life[- ]threatening|respiratory failure)\b",
    )
});
/// From here on a sentence gives reasons, conditions, history.
static TAIL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:because|since|could|might|may (?:need|require|try)|would|consider\w*|if|unless|should (?:he|she|it|the|any)|when|until|after (?:he|she|it)|in (?:19|20)\d\d|return|go to|call|come back|seek|last (?:year|spring|summer|fall|winter)|years ago|prior|previous\w*)\b",
    )
});
static PRECAUTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:return|go|come|call|report|seek|present)\b[^.;]{0,50}\b(?:if|for|should|with|when)|(?:er|ed|emergency (?:room|department)|911) (?:if|for)|precautions?|warning signs?|red flags?|i'm convinced|worried (?:that|about)|afraid (?:that|of)|fears?|googled|read online)\b",
    )
});
static ESCALATED: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:start(?:ed|ing)?|begin|began|initiat\w+|add(?:ed|ing)?|increas\w+|titrat\w+ up|uptitrat\w+|switch\w*|chang(?:e|ed|ing) (?:to|from|\w+ to)|escalat\w+|intensif\w+|rais(?:e|ed)|doubl(?:e|ed))\b[^.;]{0,60}\b(?:\d|mg|mcg|units?|daily|bid|weekly|dose|insulin|inhaler|statin|\w+(?:ine|ol|pril|sartan|statin|gliptin|glutide|flozin|mab|one|ide|ate|pam|lam))\b|\bfrom \d+(?:[.·]\d+)? (?:mg )?to \d+|\b\d+ to \d+ mg\b",
    )
});
static ELSEWHERE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:followed|managed|handled|monitored|cared for|addressed|treated|taken care of) (?:closely )?(?:by|at|with|elsewhere)\b|\bper (?:his |her |their |the )?(?:\w+ology|\w+ologist|oncolog\w+|nephro\w*|cardio\w*|psychiatr\w+|pcp|dr\b|specialist)",
        r"|\b(?:sees|seeing|under) (?:\w+ ){0,3}(?:\w+ologist|\w+ology|psychiatrist|specialist) for (?:this|it)|\bdefer(?:red|s)? to (?:\w+ ){0,2}(?:\w+ology|\w+ologist|pcp|dr\b|specialist)|\bis with dr\b|\bnot (?:otherwise )?(?:taken up|addressed|looked into|discussed|evaluated|touched|examined)\b|\buntouched\b|\b(?:from|by) (?:the |his |her )(?:\w+ologist|specialist)\b|\bfrom (?:the |his |her |their )?(?:pcp|primary(?: care)?)\b"
    ))
});

static DECIMAL: LazyLock<Regex> = LazyLock::new(|| pattern(r"(\d)\.(\d)"));
/// A measure of the illness that went up: "a1c rose from 7.8 to 9.1", "a1c 9.1, up from 7.8".
static RISEN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:hb|hemoglobin )?a1c|hgba1c|ldl|cholesterol|triglycerides|creatinine|psa|tsh|sugars?|glucose|(?:blood )?pressures?|bp|uric acid)\b[^;.]{0,40}\b(?:up|risen|rose|increased|climbed|crept up|went up|gone up|jumped|worsened)\b[^;.]{0,12}\b(?:from|to|since|again|further)\b",
    )
});
/// Two values of glycated hemoglobin with the order in which they came.
static A1C_PAIR: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\ba1c\b[^;.]{0,40}?(?:(?:from|was) (\d+(?:·\d)?)\s?%?[^;.\d]{0,25}?\b(?:to|now|today) (\d+(?:·\d)?)|(\d+(?:·\d)?)\s?%?[^;.\d]{0,25}?\b(?:was|from|previously|prior|before) (\d+(?:·\d)?))",
    )
});
/// Glycated hemoglobin (percent) that no usual goal allows.
const A1C_ABOVE_ANY_GOAL: f64 = 9.0;
static A1C: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\ba1c\b(?: level)?(?: (?:is|was|of|at|today|now|came back(?: at)?))*[:\s]*(\d+(?:·\d)?)"));

/// Values that say "not at goal" where no word does.
fn not_at_goal_by_value(said: &str) -> bool {
    let number = |m: Option<regex::Match>| m.and_then(|m| m.as_str().replace('·', ".").parse::<f64>().ok());
    let pair = A1C_PAIR.captures(said).and_then(|c| {
        let (before, after) = (number(c.get(1)).or(number(c.get(4)))?, number(c.get(2)).or(number(c.get(3)))?);
        Some((before, after))
    });
    match pair {
        Some((before, after)) => after > before && after >= 7.0,
        None => {
            RISEN.is_match(said)
                || A1C.captures(said).is_some_and(|c| number(c.get(1)).is_some_and(|v| (A1C_ABOVE_ANY_GOAL..20.0).contains(&v)))
        }
    }
}

/// The words without denied worsening and without reasons, conditions and history at the ends of sentences.
fn said(words: &str) -> String {
    // A decimal point ends no sentence.
    DECIMAL
        .replace_all(words, "$1·$2")
        .split_inclusive(['.', ';'])
        .filter(|s| !is_precaution(s))
        .map(|s| TAIL.find(s).filter(|m| m.start() > 8).map_or(s, |m| s.get(..m.start()).unwrap_or(s)))
        .map(|s| DENIED.replace_all(s, " controlled ").into_owned() + " ")
        .collect()
}

/// Advice when to come back, or the patient's own fears.
pub fn is_precaution(words: &str) -> bool {
    PRECAUTION.is_match(words)
}

/// Worse in the patient's story, in so many words.
static FLARES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:is|are|been|now|started) flaring|flaring up|flare-?up|(?:has|have|had) (?:\w+ )?(?:worsened|progressed)|(?:getting|gotten|got|become|becoming|growing|progressively|steadily|gradually|significantly|much) (?:\w+ )?(?:worse|worsening)|out of control|(?:no longer|not|hardly|barely) (?:work|help|controll?)(?:s|ing|ed)?|wear(?:s|ing) off|not (?:at|to) goal)\b",
    )
});

/// A sentence of the story tells of worsening, undenied and not of long ago.
pub fn flares(words: &str) -> bool {
    let said = said(words);
    FLARES.is_match(&said) && !STABLE.is_match(&said)
}

/// Another clinician looks after it, or the note says that it was left alone.
pub fn managed_elsewhere(naming: &str) -> bool {
    ELSEWHERE.is_match(naming) && !ESCALATED.is_match(naming)
}

/// Status by the sentence that names the problem, then by what follows; a chronic illness whose treatment is stepped up
/// is not at its goal.
pub fn read(naming: &str, rest: &str, nature: Nature, category: Category) -> Status {
    let naming = said(naming);
    let acute = category.is_acute();
    if SEVERE.is_match(&naming) || (acute && SEVERE_IN_HOSPITAL.is_match(&naming)) {
        return Status::Severe;
    }
    if WORSE.is_match(&naming) || (nature == Nature::Minor && IRRITATED.is_match(&naming)) {
        return Status::Worse;
    }
    let lasting = matches!(nature, Nature::Chronic | Nature::Cancer);
    if lasting && not_at_goal_by_value(&naming) {
        return Status::Worse;
    }
    if RESOLVED.is_match(&naming) {
        return Status::Resolved;
    }
    if STABLE.is_match(&naming) {
        return Status::Stable;
    }
    if TROUBLED.is_match(&naming) {
        return Status::Worse;
    }
    let rest = said(rest);
    if acute && SEVERE.is_match(&rest) {
        return Status::Severe;
    }
    if WORSE.is_match(&rest) {
        return Status::Worse;
    }
    if lasting && (not_at_goal_by_value(&rest) || ESCALATED.is_match(&naming) || ESCALATED.is_match(&rest)) {
        return Status::Worse;
    }
    if RESOLVED.is_match(&rest) || STABLE.is_match(&rest) {
        return Status::Stable;
    }
    Status::Unstated
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(naming: &str, rest: &str) -> Status {
        read(naming, rest, Nature::Chronic, Category::OfficeEstablished)
    }

    #[test]
    fn the_naming_sentence_leads() {
        assert_eq!(status("hypertension, at goal", "increase walking."), Status::Stable);
        assert_eq!(
            status("ulcerative colitis in remission", "mesalamine continued because dose cuts were followed by relapse."),
            Status::Stable
        );
        assert_eq!(status("gout without flares", ""), Status::Stable);
        assert_eq!(status("type 2 diabetes, not at target", ""), Status::Worse);
        assert_eq!(status("type 2 diabetes", "start semaglutide 0.25 mg weekly."), Status::Worse);
        assert_eq!(status("type 2 diabetes, a1c rose from 7.8 to 9.1", ""), Status::Worse);
        assert_eq!(status("type 2 diabetes, a1c 9.1% (was 7.8%)", ""), Status::Worse);
        assert_eq!(status("type 2 diabetes, a1c 6.9, was 8.4", ""), Status::Unstated);
        assert_eq!(status("type 2 diabetes, a1c 6.8, well controlled", ""), Status::Stable);
        assert_eq!(status("severe copd exacerbation", ""), Status::Severe);
        assert_eq!(status("bursitis", "return if not better."), Status::Unstated);
        assert!(managed_elsewhere("ckd 4 - followed by nephrology"));
    }
}
