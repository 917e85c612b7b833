//! Units of a drug from the dose beside its name: as stated, as volume times strength, or as a bare number.
use std::sync::LazyLock;

use regex::Regex;

use crate::coding::procedures::units;

static PERCENT: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"(?i)(\d+(?:\.\d+)?)\s*(mg|mcg|units?|u)\s*/\s*(\d+(?:\.\d+)?)?\s*-?\s*(?:ml|cc)\b").ok());

/// Units of the dose that stands nearest to the name; none where no dose stands in the same part. `places`: how many were
/// injected, where the dose may be that of each.
pub(super) fn dose_near(text: &str, (at, name_end): (usize, usize), unit: &str, places: u32) -> Option<u32> {
    if unit.starts_with("per dose") {
        return Some(1);
    }
    if unit.ends_with(" (normal saline)") {
        return Some(1);
    }
    let (mut size, measure) = units::dose(unit)?;
    if let Some((_, second)) = unit.split_once(" + ") {
        size += units::dose(second).map_or(0.0, |d| d.0);
    }
    // "40 mg/mL" is a strength, not a dose.
    let strengths: Vec<(usize, usize)> =
        LazyLock::force(&PERCENT).as_ref().map(|p| p.find_iter(text).map(|m| (m.start(), m.end())).collect()).unwrap_or_default();
    let list = units::doses_at(text);
    let best = list
        .iter()
        .filter(|(_, _, m)| *m == measure)
        // "18 g" is the needle, and a container's size is no dose.
        .filter(|(start, amount, _)| !is_gauge(*amount, size, measure) && !is_container(&text[*start..]))
        .filter(|(start, ..)| {
            !strengths.iter().any(|(a, b)| (a..b).contains(&start) && list.iter().filter(|d| d.2 == measure).count() > 1)
        })
        .min_by_key(|(start, ..)| if *start >= at { start.saturating_sub(name_end) } else { at - start });
    let each = each_of_two(text).max(if says_each(text) { f64::from(places) } else { 1.0 });
    let Some(best) = best else {
        return strength_in_name(text, (at, name_end), &list)
            .map(|amount| in_units(amount * each, size))
            .unwrap_or_else(|| bare_dose(text, (at, name_end), size, each));
    };
    let total = ["total"].iter().find_map(|w| {
        let place = text.to_lowercase().find(w)?;
        list.iter().filter(|d| d.2 == measure).min_by_key(|d| d.0.abs_diff(place))
    });
    // "0.5 cc of 40 mg/mL": the dose is volume times strength where nothing else tells it.
    let stated = !strengths.iter().any(|(a, b)| (*a..*b).contains(&best.0));
    let amount = match total {
        Some(total) => total.1,
        None if stated => best.1 * each,
        None => by_volume(text, best.0, (at, name_end), &list).unwrap_or(best.1) * each,
    };
    in_units(amount, size)
}

/// An amount in steps of a code's size, rounded up.
fn in_units(amount: f64, size: f64) -> Option<u32> {
    let units = (amount / size - 1e-6).ceil();
    (1.0..=2000.0).contains(&units).then_some(units as u32)
}

/// Whether what was read as so many grams is a needle's gauge: immune globulins alone are given by tens of grams.
fn is_gauge(amount: f64, size: f64, measure: &str) -> bool {
    measure == "mg" && size < 500.0 && (14_000.0..=32_000.0).contains(&amount)
}

/// Whether a dose that begins a text is the size of a container ("200 unit vial"): what of it was given is said elsewhere.
pub(super) fn is_container(text: &str) -> bool {
    let behind = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-' || c == ' ');
    let behind = behind.trim_start_matches(|c: char| c.is_ascii_alphabetic());
    let mut words = behind.split(|c: char| !c.is_ascii_alphanumeric() && c != '/').filter(|w| !w.is_empty());
    matches!(words.next(), Some("vial")) && !matches!(words.next(), Some("used" | "given" | "injected" | "all"))
}

/// "Kenalog-40", "Kenalog 10": a name that ends in its strength in mg/mL. The amount is that of the volume beside it ("0.5 mL
/// Kenalog-10"), else of one millilitre.
fn strength_in_name(text: &str, (at, name_end): (usize, usize), doses: &[(usize, f64, &str)]) -> Option<f64> {
    let name = text.get(at..name_end)?;
    let letters = name.trim_end_matches(|c: char| c.is_ascii_digit());
    let strength: f64 = name.get(letters.len()..)?.parse().ok()?;
    let volume = doses.iter().filter(|(_, _, measure)| *measure == "ml").find(|(start, ..)| {
        let before = *start < at && text.get(*start..at).is_some_and(|t| t.len() <= 14 && !t.contains(['+', ';', ',']));
        let behind =
            *start >= name_end && text.get(name_end..*start).is_some_and(|t| t.trim_matches([' ', ',', ':', '(']).is_empty());
        before || behind
    });
    Some(strength * volume.map_or(1.0, |v| v.1))
}

/// Whether a dose is said to be that of each place.
pub fn says_each(text: &str) -> bool {
    static EACH: LazyLock<Option<Regex>> = LazyLock::new(|| {
        Regex::new(r"(?i)\d\s*(?:mg|mcg|ml|cc|u|units?)?\s*(?:\w+\s+){0,3}(?:each|apiece|per (?:side|knee|hip|shoulder|level|site|joint)|(?:in|to|at) each)\b|\beach (?:side|knee|level|site|joint|hip|shoulder)\b").ok()
    });
    LazyLock::force(&EACH).as_ref().is_some_and(|p| p.is_match(text))
}

/// 2 where a dose is that of each of two places ("both knees, 40 mg each").
fn each_of_two(text: &str) -> f64 {
    let lower = text.to_lowercase();
    let each = ["each", "apiece", "per side", "per knee", "per eye"].iter().find_map(|w| lower.find(w));
    let two = ["both", "bilat", " ou ", "ou ", "b/l", " & ", " and ", " + ", "two "];
    let Some(at) = each else { return 1.0 };
    const PAIRED: [&str; 9] = ["knee", "shoulder", "hip", "heel", "wrist", "elbow", "hand", "eye", "side"];
    if lower[at..].strip_prefix("each ").is_some_and(|rest| PAIRED.iter().any(|p| rest.starts_with(p))) {
        return 2.0;
    }
    let named = two.iter().any(|w| lower[..at].contains(w)) || ["both", "bilat"].iter().any(|w| lower.contains(w));
    if named { 2.0 } else { 1.0 }
}

/// "Toradol 60 IM", "40 kenalog", "Kenalog-40": a number beside the name without its unit is in the drug's own.
fn bare_dose(text: &str, (at, name_end): (usize, usize), size: f64, each: f64) -> Option<u32> {
    let most = (8.0 * size).max(400.0);
    let number = |word: &str| word.parse::<f64>().ok().filter(|n| *n >= 1.0 && *n <= most && (n * 2.0).fract() == 0.0);
    let plain = |c: char| c.is_whitespace() || c.is_ascii_digit();
    let rest = text[name_end..].trim_start_matches([' ', '-', ':', '=']);
    let whole = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let digits = whole + if rest[whole..].starts_with(".5") { 2 } else { 0 };
    let (word, after) = rest.split_at(digits);
    // What follows must be no unit, strength, date or time.
    const MAY_FOLLOW: [&str; 31] = [
        "glut", "glute", "today", "q", "same", "was", "were", "mixed", "im", "iv", "ivp", "sc", "sq", "subq", "ia", "into", "w",
        "with", "and", "in", "given", "each", "here", "inj", "injected", "plus", "both", "r", "l", "to", "now",
    ];
    let next = after.trim_start();
    let follows = next.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default().to_ascii_lowercase();
    let ends = next.is_empty() || next.starts_with(['+', ',', ';', ')', '(']) || next == "." || next.starts_with(". ");
    let behind = number(word).filter(|_| ends || MAY_FOLLOW.contains(&follows.as_str()) && !next.starts_with('/'));
    let before = text[..at].trim_end();
    let before = before.strip_suffix(" of").unwrap_or(before);
    let last = before.rsplit(|c: char| !plain(c)).next().and_then(|w| w.split_whitespace().next_back());
    let amount = behind.or_else(|| last.and_then(number).filter(|_| before.ends_with(|c: char| c.is_ascii_digit())))?;
    let units = (amount * each / size - 1e-6).ceil();
    (1.0..=400.0).contains(&units).then_some(units as u32)
}

/// Milligrams or units in the volume that stands nearest to a strength ("1 cc dex 4 mg/ml"); the strength's own volume
/// is none. `strength` is where its number begins.
fn by_volume(text: &str, strength: usize, (at, name_end): (usize, usize), doses: &[(usize, f64, &str)]) -> Option<f64> {
    let found =
        LazyLock::force(&PERCENT).as_ref()?.captures_iter(text).find(|c| c.get(1).is_some_and(|m| m.start() == strength))?;
    let whole = found.get(0)?;
    let number = |i: usize| found.get(i).and_then(|m| m.as_str().parse::<f64>().ok());
    let scale = if found.get(2)?.as_str().eq_ignore_ascii_case("mcg") { 0.001 } else { 1.0 };
    let each = number(1)? * scale / number(3).unwrap_or(1.0).max(0.1);
    let (from, to) = (at.min(whole.start()), name_end.max(whole.end()));
    let distance = |start: usize| if start < from { from - start } else { start.saturating_sub(to) };
    // Volumes of another drug stand behind "plus", "with" or "and".
    let own = |start: usize| {
        // Between name and strength: "intratympanic dexamethasone, 0.4 mL 24 mg/mL".
        let inside = start >= from && start < whole.start();
        let between = if start < from {
            text.get(start..from)
        } else if inside {
            text.get(start..whole.start())
        } else {
            text.get(to..start)
        };
        let between = between.map(|b| b.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.'));
        between.is_some_and(|b| b.len() < 40 && !b.contains(['+', ';', '.']) && !b.contains(" with ") && !b.contains(" and "))
    };
    let volume = doses
        .iter()
        .filter(|(start, _, measure)| *measure == "ml" && !(whole.start()..whole.end()).contains(start) && own(*start))
        .min_by_key(|(start, ..)| distance(*start))?;
    Some(volume.1 * each)
}

static TOTAL: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(
        r"(?i)\btotal(?:\s+(?:of|dose|injected|amount|given|used|administered|units|botox|toxin))*[\s:=]*(\d{2,3})\s*(?:units?|u)\b|\b(\d{2,3})\s*(?:units?|u)\s+(?:in\s+)?total\b",
    )
    .ok()
});

/// Units of a botulinum toxin by the total that the note states: it is given in many places, and one place's dose is no total.
pub fn total_of_toxin(code: &str, text: &str) -> Option<u32> {
    let size = match code {
        "J0585" | "J0588" => 1.0,
        "J0586" => 5.0,
        "J0587" => 100.0,
        _ => return None,
    };
    let found = LazyLock::force(&TOTAL).as_ref()?.captures(text)?;
    let total: f64 = found.get(1).or(found.get(2))?.as_str().parse().ok()?;
    Some((total / size - 1e-6).ceil() as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doses_as_busy_clinicians_write_them() {
        let units = |text: &str, name: &str, unit: &str, places: u32| {
            let at = text.find(name)?;
            dose_near(text, (at, at + name.len()), unit, places)
        };
        let kenalog = |text: &str, places| units(text, "Kenalog 40", "10 mg", places);
        assert_eq!(kenalog("R knee OA. Inj today w Kenalog 40 + lido, lateral.", 1), Some(4));
        assert_eq!(kenalog("Inj 0.5 mL Kenalog 40 with 1 cc lido", 1), Some(2));
        assert_eq!(kenalog("Kenalog 40 each, anteromedial", 2), Some(8));
        assert_eq!(units("aspirated with 18 g, 20 mg kenalog back", "kenalog", "10 mg", 1), Some(2));
        assert_eq!(units("rocephin 500 IM here, doxy", "rocephin", "250 mg", 1), Some(2));
        assert_eq!(units("Lupron 22.5 given IM", "Lupron", "7.5 mg", 1), Some(3));
        assert_eq!(units("ILK to keloid, 0.4 ml of 40 mg/ml triamcinolone", "ILK", "10 mg", 1), Some(2));
        assert_eq!(units("IT dexamethasone #1 L, 0.4 mL 24 mg/mL, supine", "dexamethasone", "1 mg", 1), Some(10));
        assert_eq!(units("0.5 mL of sterile dexamethasone sod phosphate 10 mg/mL (5 mg)", "dexamethasone", "1 mg", 1), Some(5));
        assert_eq!(units("Botox 155 u at 31 sites from a 200 u vial", "Botox", "1 unit", 1), Some(155));
        assert_eq!(units("trigger R ring and R long, dexamethasone 4 mg each", "dexamethasone", "1 mg", 2), Some(8));
    }

    #[test]
    fn the_total_of_a_toxin_counts() {
        let told = |text| total_of_toxin("J0585", text);
        assert_eq!(told("Frontalis 20 units, temporalis 40 units. Total injected 155 units, 45 units discarded."), Some(155));
        assert_eq!(told("FDS 50 u, FCR 25 u; 375 units in total."), Some(375));
        assert_eq!((told("Total knee in 2019, 25 units a site"), total_of_toxin("J3301", "total 80 units")), (None, None));
        assert_eq!(total_of_toxin("J0586", "Dysport, total dose: 500 units"), Some(100));
    }
}
