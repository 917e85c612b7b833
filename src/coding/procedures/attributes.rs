//! Attributes that choose between the codes of a concept: how well does a code's entry agree with what the note says?
use std::collections::HashSet;

use super::table::CodeEntry;
use super::words::Words;

/// Attribute keys whose values are words to look for in the note.
pub fn is_wording(key: &str) -> bool {
    !is_amount(key) && !matches!(key, "bilateral_indicator" | "component" | "dose_unit" | "per" | "age" | "sex")
}

/// Attribute keys whose values are amounts.
pub fn is_amount(key: &str) -> bool {
    matches!(key, "size_cm" | "length_cm" | "area_cm2" | "views" | "duration_minutes" | "weight_g" | "volume_ml" | "bsa_percent")
}

/// A half-open or closed range of numbers as the lexicon writes it (`<=2.5`, `0.6-1.0`, `>=3`, `2`).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
}

impl Range {
    /// Reads the first range in a value; `None` where it has no number.
    pub fn parse(value: &str) -> Option<Self> {
        const STEP: f64 = 1e-6;
        let value = value.trim().replace(',', "");
        let start = value.find(|c: char| c.is_ascii_digit() || c == '<' || c == '>')?;
        let rest = &value[start..];
        let (sign, rest) = match () {
            _ if rest.starts_with("<=") => ("<=", &rest[2..]),
            _ if rest.starts_with(">=") => (">=", &rest[2..]),
            _ if rest.starts_with('<') => ("<", &rest[1..]),
            _ if rest.starts_with('>') => (">", &rest[1..]),
            _ => ("", rest),
        };
        let number = |text: &str| -> Option<(f64, usize)> {
            let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
            text[..end].trim_end_matches('.').parse().ok().map(|n| (n, end))
        };
        let (first, used) = number(rest.trim_start())?;
        let after = rest.trim_start()[used..].trim_start();
        let second = after.strip_prefix('-').or_else(|| after.strip_prefix("to ")).and_then(|t| number(t.trim_start()));
        Some(match (sign, second) {
            ("<=", _) => Self { low: 0.0, high: first },
            ("<", _) => Self { low: 0.0, high: first - STEP },
            (">=", _) => Self { low: first, high: f64::INFINITY },
            (">", _) => Self { low: first + STEP, high: f64::INFINITY },
            (_, Some((second, _))) => Self { low: first, high: second },
            _ => Self { low: first, high: first },
        })
    }

    /// Whether a measured value lies in it. Gaps between neighbouring ranges (0.5, 0.6) belong to the lower one.
    pub fn contains(&self, value: f64) -> bool {
        let gap = if self.high.is_finite() && self.high.fract() != 0.0 { 0.0999 } else { 0.0 };
        value >= self.low - 1e-9 && value <= self.high + gap + 1e-9
    }
}

/// Each further unit beside a first: `each further`, `each additional`, `second`, `further`.
pub fn is_further(entry: &CodeEntry) -> bool {
    entry.add_on
        || entry.attributes.iter().any(|(key, value)| {
            is_wording(key) && ["each further", "each additional", "further", "additional"].iter().any(|w| value.starts_with(w))
        })
}

/// An entry prepared for comparison.
#[derive(Clone, Debug, Default)]
pub struct PreparedEntry {
    /// Per wording attribute: its group, and its alternatives as bags of stems.
    pub wordings: Vec<(Group, Vec<Vec<String>>, bool)>,
    /// Per amount attribute: key and range.
    pub amounts: Vec<(String, Range)>,
    /// Age range in years.
    pub age: Option<Range>,
    /// `male` or `female`.
    pub sex: Option<String>,
    /// `26`, `TC` or `global` where the code stands for one component only.
    pub component: Option<String>,
    /// Contrast of an imaging study.
    pub contrast: Option<String>,
    /// With or without manipulation of a fracture.
    pub manipulation: Option<bool>,
    /// With (true) or without imaging guidance.
    pub guidance: Option<bool>,
    /// Ranges of counted things; `true` for spinal levels.
    pub counts: Vec<(bool, Range)>,
    /// Each further unit.
    pub further: bool,
}

/// Groups of wording attributes; features are kept per group.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// Where.
    Site,
    /// What and how.
    Technique,
    /// By which way, with what.
    Approach,
}

/// Values that notes leave unsaid: the plain case.
const UNSAID: [&str; 22] = [
    "open",
    "initial",
    "simple",
    "single",
    "first",
    "none",
    "diagnostic",
    "primary",
    "reducible",
    "without",
    "unilateral",
    "1",
    "routine",
    "first lesion",
    "partial",
    "total",
    "complete",
    "standard",
    "uncomplicated",
    "closed",
    "adult",
    "benign",
];

/// Words that stand for a region of the body in the lexicon's site values.
const REGIONS: [(&str, &str); 22] = [
    ("trunk", "back chest abdomen flank buttock shoulder torso breast groin axilla"),
    ("arms", "arm forearm elbow biceps triceps"),
    ("arm", "forearm elbow"),
    ("legs", "leg thigh calf shin knee"),
    ("leg", "thigh calf shin knee"),
    ("limbs", "arm forearm elbow leg thigh calf shin knee"),
    ("extremities", "arm leg forearm thigh calf"),
    ("face", "cheek forehead chin temple jaw brow eyebrow facial glabella lip nose eyelid"),
    ("ears", "ear auricle helix earlobe pinna"),
    ("hands", "hand finger thumb palm"),
    ("feet", "foot toe heel sole plantar"),
    ("lids", "eyelid lid canthus"),
    ("arm joint", "shoulder elbow wrist"),
    ("leg joint", "hip knee ankle"),
    ("arm not joint", "humerus forearm hand finger"),
    ("leg not joint", "femur thigh leg foot toe"),
    ("large joint", "shoulder hip knee trochanteric subacromial"),
    ("intermediate joint", "elbow wrist ankle temporomandibular acromioclavicular olecranon"),
    ("small joint", "finger toe thumb metacarpophalangeal interphalangeal metatarsophalangeal carpometacarpal"),
    ("infratentorial", "posterior fossa cerebellar"),
    ("supratentorial", "frontal parietal temporal occipital"),
    ("lumbar/sacral", "lumbar sacral caudal"),
];

/// Prepares an entry.
pub fn prepare(entry: &CodeEntry, words: &Words) -> PreparedEntry {
    let mut prepared = PreparedEntry { further: is_further(entry), ..PreparedEntry::default() };
    for (key, value) in &entry.attributes {
        match key.as_str() {
            "age" => prepared.age = age_range(value),
            "sex" => prepared.sex = Some(value.clone()),
            "component" => {
                prepared.component = ["26", "TC", "global"]
                    .iter()
                    .find(|c| value == *c || value.starts_with(&format!("{c} ")))
                    .map(|c| (*c).to_owned());
                if prepared.component.is_none() && !value.contains('|') {
                    prepared.wordings.push((Group::Technique, alternatives(value, words, true), false));
                }
            }
            "guidance" => {
                let imaging = !value.starts_with("none");
                prepared.guidance = Some(imaging);
                let bags = alternatives(value, words, true);
                if imaging && !bags.is_empty() {
                    prepared.wordings.push((Group::Approach, bags, false));
                }
            }
            "levels" | "count" if Range::parse(value).is_some() => {
                prepared.counts.extend(Range::parse(value).map(|range| (key == "levels", range)));
            }
            "contrast" => prepared.contrast = Some(value.clone()),
            "manipulation" => prepared.manipulation = Some(value.starts_with("with") && !value.starts_with("without")),
            key if is_amount(key) => prepared.amounts.extend(Range::parse(value).map(|range| (key.to_owned(), range))),
            key if is_wording(key) && key != "without" => {
                let bags = alternatives(value, words, true);
                if !bags.is_empty() {
                    prepared.wordings.push((group(key), bags, UNSAID.contains(&value.as_str())));
                }
            }
            _ => {}
        }
    }
    prepared
}

fn group(key: &str) -> Group {
    match key {
        "site" | "vessels" | "compartments" => Group::Site,
        "approach" | "device" | "with" | "guidance" | "fixation" => Group::Approach,
        _ => Group::Technique,
    }
}

/// `face/ears/nose` and `muscle or fascia` are alternatives; regions of the body include their parts.
pub fn alternatives(value: &str, words: &Words, with_parts: bool) -> Vec<Vec<String>> {
    let mut bags = Vec::new();
    let lower = value.to_lowercase();
    let normal = lower.replace(" or ", "/").replace(", ", "/");
    for part in normal.split('/').map(str::trim).filter(|part| !part.is_empty()) {
        bags.push(words.of(part, 0).into_iter().map(|w| w.stem).collect::<Vec<_>>());
        if let Some((_, members)) = REGIONS.iter().find(|(region, _)| with_parts && *region == part) {
            bags.extend(members.split(' ').map(|m| words.of(m, 0).into_iter().map(|w| w.stem).collect()));
        }
    }
    bags.retain(|bag: &Vec<String>| !bag.is_empty());
    bags
}

fn age_range(value: &str) -> Option<Range> {
    let lower = value.to_lowercase();
    if lower.contains("newborn") || lower.contains("<=28 days") {
        return Some(Range { low: 0.0, high: 0.1 });
    }
    if lower.contains("infant") {
        return Some(Range { low: 0.0, high: 1.99 });
    }
    if lower.contains("week") || lower.contains("day") || lower.contains("month") {
        return None;
    }
    if lower.contains("pediatric") || lower.contains("child") {
        return Some(Range { low: 0.0, high: 17.99 });
    }
    if lower.contains("adult") {
        return Some(Range { low: 18.0, high: f64::INFINITY });
    }
    Range::parse(&lower)
        .map(|range| Range { low: range.low, high: if range.high.is_finite() { range.high + 0.99 } else { range.high } })
}

/// What the note says, as far as attributes are concerned.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Age in years.
    pub age: Option<f64>,
    /// `male` or `female`.
    pub sex: Option<&'static str>,
    /// The professional component only: the service was done in a facility.
    pub facility: bool,
    /// Spinal interspaces named in the titles, else anywhere.
    pub interspaces: u32,
    /// Whether imaging guidance is stated, or stated to be absent.
    pub guidance: Option<bool>,
}

/// Words and measures of one part of a note (a statement, the titles, all of it).
#[derive(Clone, Debug, Default)]
pub struct Part {
    /// Its stems.
    pub stems: HashSet<String>,
    /// Its measures.
    pub measures: super::measures::Measures,
    /// Repetitions stated ("x3", "four lesions").
    pub repetitions: Option<u32>,
}

/// How an entry agrees with a note.
#[derive(Clone, Copy, Debug, Default)]
pub struct Agreement {
    /// Per group (site, technique, approach) and part (statement, titles, note): best share of an alternative's words,
    /// averaged over the group's attributes; −1 where the entry has none.
    pub wording: [[f32; 3]; 3],
    /// Wording attributes whose value stands nowhere in the note and is not the plain case.
    pub unsupported: f32,
    /// Amounts that agree (+1 each) or contradict (−1 each), in the statement, else anywhere.
    pub amounts: f32,
    /// Age and sex contradict.
    pub person: f32,
    /// Component agrees (+1) or contradicts (−1).
    pub component: f32,
    /// Contrast and manipulation agree or contradict.
    pub stated: f32,
}

impl Agreement {
    /// One number to order the entries of a concept by.
    pub fn total(&self) -> f32 {
        let mut total = 0.0;
        for group in self.wording {
            if group[0] >= 0.0 {
                total += group[0] + 0.6 * group[1] + 0.4 * group[2];
            }
        }
        total - 0.8 * self.unsupported + 1.2 * self.amounts - 3.0 * self.person + self.component + 1.5 * self.stated
    }
}

/// Compares an entry with a statement, the titles and the whole note.
pub fn agreement(entry: &PreparedEntry, parts: [&Part; 3], facts: &Facts) -> Agreement {
    let mut result = Agreement { wording: [[-1.0; 3]; 3], ..Agreement::default() };
    let mut counts = [0.0f32; 3];
    for (group, bags, unsaid) in &entry.wordings {
        let g = *group as usize;
        if counts[g] == 0.0 {
            result.wording[g] = [0.0; 3];
        }
        counts[g] += 1.0;
        for (p, part) in parts.iter().enumerate() {
            let found = bags.iter().map(|bag| share(bag, part)).fold(0.0f32, f32::max);
            result.wording[g][p] += found;
            if p == 2 && found < 0.5 && !unsaid {
                result.unsupported += 1.0;
            }
        }
    }
    for (values, n) in result.wording.iter_mut().zip(counts) {
        if n > 0.0 {
            values.iter_mut().for_each(|v| *v /= n);
        }
    }
    for (key, range) in &entry.amounts {
        let measured = parts.iter().map(|part| part.measures.of(key)).find(|values| !values.is_empty());
        if let Some(values) = measured {
            let largest = values.iter().copied().fold(f64::MIN, f64::max);
            result.amounts += if range.contains(largest) {
                1.0
            } else if values.iter().any(|v| range.contains(*v)) {
                0.3
            } else {
                -1.0
            };
        }
    }
    for (levels, range) in &entry.counts {
        let count = if *levels { Some(facts.interspaces).filter(|n| *n > 0) } else { parts[0].repetitions };
        if let Some(count) = count {
            // Segments are one more than interspaces.
            let fits = range.contains(f64::from(count)) || *levels && range.contains(f64::from(count + 1));
            result.amounts += if fits { 1.0 } else { -1.0 };
        }
    }
    if entry.further && (facts.interspaces > 0 || parts[0].repetitions.is_some()) {
        let more = facts.interspaces > 1 || parts[0].repetitions.is_some_and(|n| n > 1);
        result.amounts += if more { 1.0 } else { -1.0 };
    }
    if let (Some(range), Some(age)) = (&entry.age, facts.age)
        && !range.contains(age)
    {
        result.person += 1.0;
    }
    if let (Some(wanted), Some(sex)) = (&entry.sex, facts.sex)
        && wanted != sex
    {
        result.person += 1.0;
    }
    if let Some(component) = &entry.component {
        result.component = match component.as_str() {
            "26" if facts.facility => 1.0,
            "global" if !facts.facility => 1.0,
            _ => -1.0,
        };
    }
    if let Some(contrast) = &entry.contrast {
        let stated = parts.iter().map(|part| part.measures.contrast).find(|c| c.is_some()).flatten();
        if let Some((with, without)) = stated {
            let wanted = (contrast.contains("with") && contrast.trim() != "without", contrast.contains("without"));
            result.stated += if wanted == (with, without) { 1.0 } else { -1.0 };
        } else {
            result.stated += if contrast == "without" { 0.3 } else { -0.3 };
        }
    }
    if let Some(imaging) = entry.guidance {
        result.stated += match facts.guidance {
            Some(stated) if stated == imaging => 1.0,
            Some(_) => -1.0,
            None if imaging => -0.5,
            None => 0.5,
        };
    }
    if let Some(manipulated) = entry.manipulation {
        let said = parts
            .iter()
            .any(|part| part.stems.contains("manipul") || part.stems.contains("reduct") || part.stems.contains("reduc"));
        result.stated += if said == manipulated { 1.0 } else { -1.0 };
    }
    result
}

fn share(bag: &[String], part: &Part) -> f32 {
    let found = bag.iter().filter(|stem| part.stems.contains(*stem)).count();
    // Of two values that are both there in full the one that says more wins (`medial and lateral` over `medial`).
    found as f32 / bag.len().max(1) as f32 * (1.0 + 0.08 * (bag.len().min(4) as f32 - 1.0))
}
