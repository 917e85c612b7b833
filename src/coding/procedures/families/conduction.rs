//! How many nerve conduction studies a report tells of: each motor, sensory and H-reflex study of a nerve on a side is one,
//! F-waves belong to the motor study (CPT, introduction to 95907-95913).
use std::collections::BTreeSet;
use std::sync::LazyLock;

use regex::Regex;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Study {
    Motor,
    Sensory,
    HReflex,
}

#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
enum Side {
    #[default]
    Unsaid,
    Right,
    Left,
    Both,
}

/// Nerves by their words; the first alternative that stands names the nerve.
const NERVES: &str = "superficial peroneal|superficial fibular|dorsal ulnar cutaneous|lateral antebrachial|medial antebrachial|lateral femoral cutaneous|medial plantar|lateral plantar|median|ulnar|radial|peroneal|fibular|tibial|sural|saphenous|femoral|musculocutaneous|axillary|facial|phrenic|accessory|suprascapular";
/// Nerves of the skin, whose study is sensory whether it is said or not.
const OF_SKIN: [&str; 7] =
    ["superficial", "dorsal ulnar", "lateral antebrachial", "medial antebrachial", "lateral femoral", "sural", "saphenous"];

static WORDS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(&format!(
        r"\b(?:(?P<nerve>{NERVES})\b|(?P<motor>motor|cmap|f[- ]?waves?)\b|(?P<sensory>sensory|snap|antidromic|orthodromic|mixed|palmar)\b|(?P<h>h[- ]?reflex(?:es)?)\b|(?P<right>right|rt|r)\b|(?P<left>left|lt|l)\b|(?P<both>bilateral(?:ly)?|both|b/l)\b)|(?P<end>[.;:\n])"
    ))
    .ok()
});
static PART: LazyLock<Option<Regex>> =
    LazyLock::new(|| Regex::new(r"nerve conduction|conduction (?:stud|veloc|test)|\bncs\b|\bncv\b").ok());
static BEHIND: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(r"\n\s*(?:\d\. )?(?:needle|emg|electromyograph|impression|conclusion|interpretation|assessment|summary)|\bneedle (?:emg|electromyography|examination|exam)\b").ok()
});

/// The number of studies that a note names nerve by nerve; `None` where it names none with its kind.
pub(super) fn studies(text: &str) -> Option<u32> {
    let lower = text.to_lowercase();
    let start = PART.as_ref()?.find(&lower)?.start();
    let part = &lower[start..];
    let first_line = part.find('\n').unwrap_or(0);
    let end = BEHIND.as_ref()?.find_at(part, first_line.min(part.len())).map_or(part.len(), |m| m.start());
    let mut found: BTreeSet<(String, Side, Study)> = BTreeSet::new();
    let mut reading = Clause::default();
    for word in WORDS.as_ref()?.captures_iter(&part[..end]) {
        if let Some(end) = word.name("end") {
            // A stop between digits belongs to a number.
            let (before, after) = (part[..end.start()].bytes().next_back(), part[end.end()..].bytes().next());
            let number = end.as_str() == "." && [before, after].iter().all(|b| b.is_some_and(|b| b.is_ascii_digit()));
            if !number && end.as_str() != ":" {
                reading.close(&mut found);
            }
        } else if let Some(nerve) = word.name("nerve") {
            reading.nerve(nerve.as_str(), &mut found);
        } else {
            let side = [("right", Side::Right), ("left", Side::Left), ("both", Side::Both)];
            let study = [("motor", Study::Motor), ("sensory", Study::Sensory), ("h", Study::HReflex)];
            if let Some((_, side)) = side.iter().find(|(name, _)| word.name(name).is_some()) {
                reading.side(*side);
            }
            if let Some((_, study)) = study.iter().find(|(name, _)| word.name(name).is_some()) {
                reading.study(*study);
            }
        }
    }
    reading.close(&mut found);
    let both: u32 = found.iter().map(|(_, side, _)| if *side == Side::Both { 2 } else { 1 }).sum();
    (both > 0).then_some(both)
}

/// The clause being read.
#[derive(Default)]
struct Clause {
    side: Side,
    /// Nerves named together, each with its side.
    nerves: Vec<(String, Side)>,
    /// What is said of them.
    of_these: Vec<Study>,
    /// Sides behind that: "median motor R, L".
    behind: Vec<Side>,
    /// What the clause said before its first nerve, or a heading above it.
    before: Vec<Study>,
    named: bool,
}

impl Clause {
    fn nerve(&mut self, name: &str, found: &mut BTreeSet<(String, Side, Study)>) {
        if !self.of_these.is_empty() {
            self.settle(found);
        }
        self.named = true;
        self.nerves.push((name.to_owned(), self.side));
    }

    fn side(&mut self, side: Side) {
        if !self.of_these.is_empty() && self.nerves.iter().all(|(_, own)| *own == Side::Unsaid) {
            self.behind.push(side);
        } else {
            self.side = side;
        }
    }

    fn study(&mut self, study: Study) {
        let list = if self.nerves.is_empty() { &mut self.before } else { &mut self.of_these };
        if self.nerves.is_empty() && !self.named && list.len() > 1 {
            list.clear();
        }
        if !list.contains(&study) {
            list.push(study);
        }
    }

    fn settle(&mut self, found: &mut BTreeSet<(String, Side, Study)>) {
        let studies = if self.of_these.is_empty() { self.before.clone() } else { std::mem::take(&mut self.of_these) };
        for (name, side) in self.nerves.drain(..) {
            let of_skin = OF_SKIN.iter().any(|n| name.starts_with(n));
            let own: &[Study] = if of_skin { &[Study::Sensory] } else { &studies };
            let sides = if self.behind.is_empty() { std::slice::from_ref(&side) } else { &self.behind };
            found.extend(own.iter().flat_map(|s| sides.iter().map(|side| (name.clone(), *side, *s))));
        }
        self.behind.clear();
    }

    /// At the end of a clause; a clause of kinds alone is the heading of what follows.
    fn close(&mut self, found: &mut BTreeSet<(String, Side, Study)>) {
        self.settle(found);
        if self.named {
            self.before.clear();
        }
        self.named = false;
    }
}

#[cfg(test)]
mod tests {
    use super::studies;

    #[test]
    fn each_motor_and_sensory_study_of_a_nerve_is_one() {
        let told = "NERVE CONDUCTION STUDIES: The left median motor distal latency is prolonged. The left median sensory latency is \
                    prolonged. The right median sensory latency is 3.9. The right median motor latency is normal. Left ulnar motor \
                    and sensory and left radial sensory responses are normal. Left median F-wave is normal.\n\nNEEDLE EMG: left arm.";
        assert_eq!(studies(told), Some(7));
        let list = "NERVE CONDUCTION TESTING\n1. Right median sensory response 3.0, amplitude 2.5.\n2. Right ulnar sensory response 2.1.\n\
                    3. Right median motor response distal 4.3, proximal 9.7.\nNEEDLE EMG TESTING\n1. RIGHT ULNAR motor units";
        assert_eq!(studies(list), Some(3));
    }

    #[test]
    fn kinds_before_their_nerves_and_both_sides() {
        assert_eq!(studies("NCS: motor studies of bilateral median and ulnar nerves; sensory of both sural."), Some(6));
        assert_eq!(studies("NCS done. Bilateral sural absent, right tibial H-reflex slow."), Some(3));
        let sides_behind = "NCS: median motor R, L; ulnar motor R, L; median sensory (digit 2) R, L; ulnar sensory R, L; median mixed palm R, L.";
        assert_eq!(studies(sides_behind), Some(8));
        assert_eq!(studies("Nerve conduction studies are normal in both legs."), None);
        assert_eq!(studies("Median nerve motor."), None);
    }
}
