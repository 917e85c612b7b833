//! The cue table: phrases as a tree of words, read once from `assertion_cues.tsv`.
use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

use crate::extract::Assertion;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Says {
    Assertion(Assertion),
    None,
    Stop,
    CommaStop,
    SoftStop,
    Present,
}

/// Which kinds of mention a cue speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Of {
    All,
    Problems,
    Services,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    Forward,
    Backward,
    Tail,
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    Clause,
    Item,
    Sentence,
    Words(usize),
}

#[derive(Clone, Copy, Debug)]
pub(super) struct Rule {
    pub(super) says: Says,
    pub(super) of: Of,
    pub(super) way: Way,
    pub(super) reach: Reach,
}

/// Cue phrases as a tree of words.
#[derive(Default)]
struct Node {
    next: HashMap<String, Node>,
    rules: Vec<Rule>,
}

static ROWS: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("../assertion_cues.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').collect()).collect()
});

/// Words of conditions that last: a "history of hypertension" is hypertension.
pub(super) static LASTING: LazyLock<HashSet<String>> =
    LazyLock::new(|| ROWS.iter().filter(|r| r[0] == "lasting").flat_map(|r| phrases(r[3])).collect());

static CUES: LazyLock<Node> = LazyLock::new(|| {
    let mut root = Node::default();
    let rows = &*ROWS;
    let list = |name: &str| -> Vec<String> { rows.iter().filter(|r| r[0] == name).flat_map(|r| phrases(r[3])).collect() };
    let (relatives, sayings) = (list("relative"), list("saying"));
    for row in rows {
        let (name, of) = match row[0].split_once('_') {
            Some((name, "problem")) => (name, Of::Problems),
            Some((name, "service")) => (name, Of::Services),
            _ => (row[0], Of::All),
        };
        let Some(says) = says(name) else { continue };
        let way = match row[1] {
            "own" => Way::Own,
            "backward" => Way::Backward,
            "tail" => Way::Tail,
            _ => Way::Forward,
        };
        let reach = match row[2] {
            "item" => Reach::Item,
            "sentence" => Reach::Sentence,
            "clause" | "-" => Reach::Clause,
            number => Reach::Words(number.parse().unwrap_or(6)),
        };
        for phrase in phrases(row[3]) {
            for phrase in expand(&phrase, "{relative}", &relatives).iter().flat_map(|p| expand(p, "{saying}", &sayings)) {
                let node = phrase.split_whitespace().fold(&mut root, |node, word| node.next.entry(word.to_owned()).or_default());
                node.rules.push(Rule { says, of, way, reach });
            }
        }
    }
    root
});

fn says(name: &str) -> Option<Says> {
    Some(match name {
        "none" => Says::None,
        "stop" => Says::Stop,
        "comma_stop" => Says::CommaStop,
        "soft_stop" => Says::SoftStop,
        "present" => Says::Present,
        name => Says::Assertion(serde_json::from_value(serde_json::Value::from(name)).ok()?),
    })
}

/// The phrases of a cell; a lone `;` among them is the semicolon itself.
fn phrases(cell: &str) -> Vec<String> {
    let semicolon = cell.contains("; ; ;");
    let mut out: Vec<String> = cell.split(';').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect();
    if semicolon {
        out.push(";".to_owned());
    }
    out
}

fn expand(phrase: &str, name: &str, words: &[String]) -> Vec<String> {
    if phrase.contains(name) { words.iter().map(|w| phrase.replace(name, w)).collect() } else { vec![phrase.to_owned()] }
}

/// A cue phrase at its place among the words of a sentence.
#[derive(Clone, Debug)]
pub(super) struct Cue {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) rules: &'static [Rule],
}

/// The longest cue at each place, left to right.
pub(super) fn find_cues(lower: &[String]) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut at = 0;
    while at < lower.len() {
        let mut node: &'static Node = &CUES;
        let mut best: Option<(usize, &'static [Rule])> = None;
        for (offset, word) in lower[at..].iter().enumerate() {
            let key = if is_year(word) { "<year>" } else { word.as_str() };
            let Some(next) = node.next.get(key) else { break };
            node = next;
            if !node.rules.is_empty() {
                best = Some((at + offset + 1, &node.rules));
            }
        }
        match best {
            Some((to, rules)) => {
                cues.push(Cue { from: at, to, rules });
                at = to;
            }
            None => at += 1,
        }
    }
    cues
}

fn is_year(word: &str) -> bool {
    word.len() == 4 && word.parse().is_ok_and(|year: u16| (1900..2100).contains(&year))
}
