//! Short accounts of an operation or procedure that have neither headings nor turns of phrase: they name what was done and
//! nothing that belongs to a visit.
use std::sync::LazyLock;

use regex::Regex;

use crate::document::Span;

/// Longer notes have headings and turns of phrase.
const LONGEST: usize = 700;

/// Words of a visit: who came, why, what was found and ordered, when to return.
static VISIT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:est(?:ab(?:lished|'d)?)?|new (?:pt|patient|to)|rtc|f/u|follow[- ]?up|here (?:for|with|w/|to)|c/o|complain\w*|clinic|office|visit|recheck|refill\w*|rx|prn|bid|tid|qd|daily|continue|cont|ordered|discussed|counsel\w*|urgent care|uc|ed|er|emergency|labs|exam|ros|hpi|cc|consult\w*|referred|referral|pcp|telehealth|video|phone|mom|mother|dad|worse|better|since|x ?\d+ ?(?:d|days?|wks?|weeks?|mos?|months?)|stable|pod ?#?\d+|post-?op|s/p|schedul\w*|return|nurse|rn|ma|admit\w*|icu|floor|rounds|booked|today)\b").ok()
});

/// Words of operations, endoscopies, catheters and implants.
static OPERATION: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"(?i)\b\w+(?:ectomy|ectomies|oscopy|oscopic|otomy|ostomy|plasty|plasties|pexy|desis|rrhaphy)\b|\b(?:orif|crpp|tka|tha|tkr|thr|fusion|tlif|alif|plif|acdf|stents?|dcr|fess|turbt|turp|holep|lap|lapar\w*|robot\w*|arthroscop\w*|cemented|screws?|plated?|plate|nail|mesh|trocars?|incision|excised|resect\w*|anastomos\w*|flap|graft|released?|reconstruct\w*|implant\w*|pacemaker|icd|ablation|closure|debrid\w*|amputat\w*|aka|bka|tma|catheter|sheath|angio\w*|pci|des|mohs|scope|ercp|egd|bronch\w*|ebus|cysto\w*|ureter\w*|hysteroscop\w*|d&c|cesarean|c-section|tubal|salping\w*|phaco\w*|iol|trab\w*|dmek|tympan\w*|mastoid\w*|septo\w*|turbin\w*|tonsil\w*|adenoid\w*|dissection|shunt|burr|transforaminal|epidural|rfa|medial branch|biopsy|bx)\b").ok()
});

/// The words that make a note the account of an operation; `None` for visits and for what is long enough to say what it is.
pub(super) fn operation(text: &str) -> Option<Span> {
    if text.len() > LONGEST || VISIT.as_ref()?.is_match(text) {
        return None;
    }
    OPERATION.as_ref()?.find(text).map(|found| Span::new(found.start(), found.end()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_an_operation_and_no_visit() {
        let of = |text: &str| operation(text).is_some();
        assert!(of("R TKA, cruciate retaining cemented, patella resurfaced. OA."));
        assert!(of("L knee arthroscopic medial and lateral partial meniscectomies"));
        assert!(!of("6 wk TKA check R. XR here well fixed. return 6 wk."));
        assert!(!of("Knee pain x 3 weeks, swollen. Est pt."));
        assert!(!of("Sore throat, fever, rapid strep positive. Amoxicillin."));
    }
}
