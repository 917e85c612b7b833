//! Words of tests, sources, historians and talks.
#![allow(missing_docs)]
use std::sync::LazyLock;

use regex::Regex;

use super::view::pattern;

pub static TESTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:level|levels|check|checked|order|ordered|obtain|draw|repeat|recheck|labs?|panel|serum|elevated|normal|low)\b|\d",
    )
});
pub static NOT_DONE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:no (?:recent|prior|previous|other)|not (?:been )?(?:done|obtained|performed|available|had)|never had|has not had|did not (?:have|get|do))\W*(?:\w+\W+){0,3}$",
    )
});
/// Measured by the patient.
pub static AT_HOME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:home (?:glucose|sugars?|readings?|monitor\w*|log)|meter|at home|(?:blood )?sugars? (?:run\w*|at home|log|are with|is with)|log shows)\b",
    )
});
/// Names that are also words or given names; they are tests only in capitals.
pub const UPPER_ONLY: &[&str] = &["pet", "ana", "alt", "tee", "asq", "abi", "rast", "lh", "pth", "ct", "ck", "us", "ast"];
pub static DOSE_AFTER: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\W{0,3}(?:\w+ )?\d[\d,.]*\s?(?:mg|mcg|g|units?|iu|meq|ml|cc|tabs?|tablets?|capsules?)\b"));
pub static RELATIVE: &str = r"(?:mother|mom|father|dad|parents?|wife|husband|spouse|daughters?|sons?|grandmother|grandfather|guardian|caregiver|care giver|family members?|family|sister|brother|aunt|foster mother|caretaker|girlfriend|boyfriend|ems|paramedics|(?:nursing |facility )?staff|nurses|aides?|staff at)";
pub static HISTORIAN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"\b(?:the |his |her |patient's |per |mom|dad)?\b(?:biological |step|foster )?{r},?(?: \w+){{0,2}}? (?:also )?(?:states?|stated|reports?|reported|says?|said|notes|noted|denies|denied|describes|described|tells|told|relates|related|thinks|feels|believes|informs|informed|gives|gave|provides?|provided|did all the talking|mentions|mentioned|has noticed|noticed|confirms|was able to answer)\b",
            r"|\b(?:history|information|hpi)\b[^.]{{0,40}}\b(?:obtained|provided|given|taken|comes?|is|was|per|supplied|gathered|gleaned)\b[^.]{{0,40}}\b{r}\b",
            r"|\b(?:according to|as per|per|from) (?:the |his |her |patient's |their )?{r}\b",
            r"|\b{r}(?:'s)?(?: here| present| at bedside)?,? (?:hist(?:ory|orian)?|hx|supplies|supplied)\b|\b(?:hx|hist|historian|history)(?: from| per| by| via| of|:)? (?:the |his |her )?{r}\b|\b{r} (?:called |was |is |as )?(?:the )?(?:for hx|for history|historian)\b"
        ),
        r = RELATIVE
    ))
});
/// Who came with a small child.
pub static COMPANION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:with|by|brought in by|accompanied by|here with) (?:his|her|the|both|their) (?:\w+ )?(?:mother|mom|father|dad|parents?|grandmother|grandfather|guardian|foster (?:mother|parents?))\b|\b(?:mother|mom|father|dad|parents?)\b[^.]{0,20}\b(?:has|have) (?:no|noticed|concerns?)",
    )
});
pub static PATIENT_ABOUT_RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:family history|(?:gave|gives|provided) (?:verbal |written )?consent|consent from|told (?:his|her) (?:wife|husband|mother|family)|(?:mother|father|sister|brother|parents?) (?:had|has|died|with|is deceased|also has|both))\b",
    )
});
pub static EXTERNAL_NOTES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\b(?:review(?:ed|ing)?|obtain(?:ed)?|read|look(?:ed|ing) (?:at|over|through|back)|went (?:over|through)|research(?:ed|ing)|request(?:ed)?|per|according to|from|have|accompanied by|bring(?:s|ing)?|brought)\b[^.;]{0,60}?\b",
        r"(?:old|outside|previous|prior|past|hospital|medical|available|er|emergency room|emergency department|nursing home|transfer|extensive|his|her|the|accompanying|referring|admission)?\s*(?:records?|charts?|discharge summary|notes from|notes? of dr|letters? from|letter of|referral note|old notes|clinic notes?|consultation notes?|consult note|dictation)\b",
        r"|\b(?:records|chart|medical record|old chart|old records|outside records) (?:was|were|is|are|has been|have been) (?:also )?(?:reviewed|obtained|reviewed in detail)\b",
        r"|\breview of (?:the |his |her )?(?:available |old |previous |outside |medical |hospital )*(?:records?|chart|notes)\b|\bchart review\b|\brecords review\b"
    ))
});
pub static NOT_EXTERNAL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:nursing notes?|nurse'?s? notes?|medication record|immunization record|vital signs|growth chart|eye chart|record(?:s|ed)? (?:the|any)|release of records|unavailable|not available|sign|my partner|same (?:\w+ ){0,2}(?:group|practice|clinic)|(?:no|nor) (?:old |outside |prior )?(?:records?|notes?)|work note|school note|(?:wrote|write|writing|signed|give[ns]?|gave) (?:a|an|the|him|her)? ?(?:\w+ )?(?:note|letter)|and this note|documenting|op note by me)\b",
    )
});
/// A colleague of the own group and specialty is no external source.
pub static PARTNER: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:my|our) (?:own )?partner\b|\bsame (?:\w+ ){0,3}(?:group|practice)\b|\bmy (?:own )?(?:last|previous|prior) note\b",
    )
});
pub const READING: &str = r"(?:interpret(?:ed|ation)?|review(?:ed)?|view(?:ed)?|read|looked at|look at|evaluated|examined|over-?read|studied|inspected|went over|went through|saw|visuali[sz]ed)";
pub const PICTURE: &str = r"(?:films?|xrs?|x-?rays?|radiographs?|images?|imaging|cts?|mris?|scans?|ekgs?|ecgs?|electrocardiograms?|tracings?|strips?|cxr|ultrasounds?|echocardiograms?|angiograms?|cds?|discs?|mammograms?|studies|slides?|smears?|tomograms?|myelogram)";
pub static INTERPRETATION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"\b(?:i|we) (?:have |had |also |did |was able to |were able to |then )*(?:personally |independently |myself )*{v}\b[^.;]{{0,60}}\b{p}\b",
            r"|\b(?:personally|independently) {v}\b|\b{v} (?:personally )?by (?:me|myself|us)\b|\bby my (?:read|reading|interpretation|review|view)\b|\bmy (?:own )?(?:read|reading|interpretation|independent|personal|impression of the {p})\b",
            r"|\bas (?:read|interpreted|reviewed) by (?:me|myself)\b|\bindependent(?:ly)? (?:review(?:ed)?(?: and interpret\w+)?|interpret\w+)\b|\b{p}\b[^.;]{{0,40}}\b(?:was|were|is|are) (?:personally |independently )?(?:reviewed|viewed) (?:today|by me|personally|with the patient|in (?:the )?(?:office|clinic))\b",
            r"|\b{p}\b[^.;]{{0,25}}\b(?:by me|my (?:own )?(?:film )?read|i looked|on my read)\b|\b(?:i|me) (?:read|viewed) (?:the )?{p}\b",
            r"|\b(?:i|we) (?:read|interpreted|looked at|reviewed) (?:it|them|this) (?:myself|personally|ourselves)\b|\b(?:i|we) looked at [^.;]{{0,40}}\bmyself\b|\bread by (?:me|myself)\b|\b{p} (?:are|were) reviewed\b|\bi interpret\b|\breview of (?:the |his |her )?(?:\w+ ){{0,4}}(?:films|x-?rays|images|mri films|tracings?)\b"
        ),
        v = READING,
        p = PICTURE
    ))
});
pub static OWN_EYES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:personally|myself|(?:read|reviewed|interpreted|viewed) by me|my (?:own )?(?:read|reading|review|interpretation|view))\b",
    )
});
pub static REPORT_ONLY: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:did not (?:see|view|look)|not seen by me|reports?|per radiology|by radiology|radiologist|reported|was read as|read by)\b",
    )
});
/// Whom one speaks with about management: professionals outside the own practice, never family.
pub const PROFESSIONAL: &str = concat!(
    r"(?:(?:the|his|her|on-?call|on call|patient's|a|an|our|your|pediatric|covering|primary|outside|both|their|local) )*",
    r"(?:[^.;:]{0,40}?\b)?(?:dr\b|doctor|electrophysiolog|\w+ologist|specialist|surgeon|teacher|counselor|pharmacist|primary care|pcp\b|cardiolog|surgeon|surgery\b|surgical (?:team|service)|neurolog|neurosurg|radiolog|patholog|hospitalist|infectious disease|oncolog|nephrolog|pulmonolog|gastroenterolog|gi (?:service|on)|urolog|orthop|psychiatr|pediatrician|intensivist|emergency (?:room|department) (?:physician|doctor|attending)|er (?:physician|doctor)|referring|attending|admitting|consultant|poison control|social work|case manage|pharmac|school|teacher|nursing home|transferring|accepting|ob\b|obstetric|gynecolog|internist|family physician|medicine service|cardiothoracic|trauma (?:team|service|surg)|anesthesi|hematolog|transplant|icu (?:team|attending|physician)|plastic|ent\b|otolaryng|physician)"
);
pub static DISCUSSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(&format!(
        concat!(
            r"\b(?:spoke|spoken|speak|talk|talked|discuss(?:ed|ing|ions?)?|conferred|consulted|conversations?|communicat\w+|reviewed|in consultation|touch(?:ed)? base)\b[^.;]{{0,60}}?\b(?:with|to) {p}",
            r"|\b(?:called|contacted|consulted|paged|phoned|telephoned|notified) (?:and \w+ )?(?:with |to )?{p}",
            r"|\b(?:dr\.? \w+|cardiology|neurosurgery|surgery|orthopedics|poison control|neurology|hospitalist)(?: \w+){{0,3}} (?:was|were|has been|have been) (?:contacted|called|consulted|notified|apprised|informed|paged)\b",
            r"|\b(?:d/w|spoke w/?|discussed w/?|talked w/?|case w/) ?(?:[\w.]+ ){{0,3}}?(?:cards|heme|neuro|ortho|uro|onc|nephro|renal|pulm|id|psych|surg|nsgy|trauma|peds|rads|tox\w*|icu|micu|ed|gi|{p})\b",
            r"|\b(?:cards|heme|neuro|ortho|uro|onc|nephro|renal|pulm|psych|surg|nsgy|trauma|gi|hospitalist|{p})(?: dr \w+)? d/w\b",
            r"|\breceived a call (?:back )?from dr\b|\b(?:surgeon|dr\.?|hospitalist|cardiologist|neurologist)\b[^.;:]{{0,40}}\b(?:spoken to|took report|accepts|accepted|agreed|concurs)\b|\bcase (?:was )?discussed with\b"
        ),
        p = PROFESSIONAL
    ))
});
/// A plan to speak, or the patient's own talks.
pub static NO_DISCUSSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"\b(?:(?:will|to|should|would|can|may|plan(?:s|ning)? to|going to|needs? to) (?:also )?(?:discuss|talk|speak|call|contact|consult|review)|(?:he|she|patient|mother|mom|family|parents|they|wife|husband) (?:has |had |have )?(?:spoke|spoken|talked|called|contacted|consulted|discussed)|discuss(?:ed)? (?:\w+ )?(?:with (?:the )?(?:patient|family))|my partner|our partner|same (?:\w+ ){0,2}(?:group|practice|clinic)|colleague in (?:our|my)|by text)\b",
    )
});
