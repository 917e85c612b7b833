//! Assertion by cue words: does the note say that a problem is there, absent, past, another person's, feared or planned?
//!
//! The method is that of NegEx and ConText (Chapman 2001, Harkema 2009): a cue word opens a scope in its sentence, and
//! what stands in the scope takes its assertion. The cues are our own list, `assertion_cues.tsv`.
use std::collections::HashMap;
use std::sync::LazyLock;

use super::{Assertion, MentionKind};
use crate::document::tokens::{Word, WordKind, words};
use crate::document::{Document, SectionKind, Span};

/// What the cues around a mention say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CueFinding {
    /// All assertions that hold, in order of precedence; `[Present]` where no cue reaches the mention.
    pub assertions: Vec<Assertion>,
    /// The words that decided the first assertion; absent where the section alone did, or nothing.
    pub cue: Option<Span>,
}

impl CueFinding {
    /// The assertion that leads.
    pub fn leading(&self) -> Assertion {
        self.assertions.first().copied().unwrap_or(Assertion::Present)
    }
}

/// The assertion of one mention by the cues around it. For many mentions of one document use a [`CueIndex`].
pub fn assess(document: &Document, span: Span) -> CueFinding {
    CueIndex::new(document).assess(span)
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Assertion(Assertion),
    None,
    Stop,
    CommaStop,
    Present,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forward,
    Backward,
    Tail,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Clause,
    Item,
    Words(usize),
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    says: Says,
    way: Way,
    reach: Reach,
}

/// Cue phrases as a tree of words.
#[derive(Default)]
struct Node {
    next: HashMap<String, Node>,
    rules: Vec<Rule>,
}

static CUES: LazyLock<Node> = LazyLock::new(|| {
    let mut root = Node::default();
    let rows: Vec<Vec<&str>> = include_str!("assertion_cues.tsv")
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
        .collect();
    let list = |name: &str| -> Vec<String> { rows.iter().filter(|r| r[0] == name).flat_map(|r| phrases(r[3])).collect() };
    let (relatives, sayings) = (list("relative"), list("saying"));
    for row in &rows {
        let Some(says) = says(row[0]) else { continue };
        let way = match row[1] {
            "backward" => Way::Backward,
            "tail" => Way::Tail,
            _ => Way::Forward,
        };
        let reach = match row[2] {
            "item" => Reach::Item,
            "clause" | "-" => Reach::Clause,
            number => Reach::Words(number.parse().unwrap_or(6)),
        };
        for phrase in phrases(row[3]) {
            for phrase in expand(&phrase, "{relative}", &relatives).iter().flat_map(|p| expand(p, "{saying}", &sayings)) {
                let node = phrase.split_whitespace().fold(&mut root, |node, word| node.next.entry(word.to_owned()).or_default());
                node.rules.push(Rule { says, way, reach });
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
struct Cue {
    from: usize,
    to: usize,
    rules: &'static [Rule],
}

/// A scope: words `from..to` of the sentence are held as `assertion`.
#[derive(Clone, Debug)]
struct Scope {
    assertion: Assertion,
    cue: Span,
    from: usize,
    to: usize,
}

struct Reading {
    words: Vec<Word>,
    scopes: Vec<Scope>,
}

/// The cues of a document, found once.
pub struct CueIndex<'d> {
    document: &'d Document,
    readings: Vec<Reading>,
}

impl<'d> CueIndex<'d> {
    /// Finds every cue and its scope; time linear in the text.
    pub fn new(document: &'d Document) -> Self {
        let mut readings: Vec<Reading> = Vec::with_capacity(document.sentences.len());
        // Scopes that an introducing line ("He denies:") opens over the list below it.
        let mut carried: Vec<(Assertion, Span)> = Vec::new();
        for sentence in &document.sentences {
            let mut reading = read_sentence(&document.text, sentence.span);
            if sentence.list_item {
                let to = reading.words.len();
                reading.scopes.extend(carried.iter().map(|&(assertion, cue)| Scope { assertion, cue, from: 0, to }));
            } else {
                carried.clear();
                let end = reading.words.len();
                if sentence.span.of(&document.text).ends_with(':') {
                    carried.extend(
                        reading.scopes.iter().filter(|s| s.to == end && s.cue.end > s.cue.start).map(|s| (s.assertion, s.cue)),
                    );
                }
            }
            readings.push(reading);
        }
        Self { document, readings }
    }

    /// The assertion of the mention at `span`.
    pub fn assess(&self, span: Span) -> CueFinding {
        self.assess_as(span, None)
    }

    /// As [`CueIndex::assess`], knowing what is mentioned: a problem is never planned.
    pub fn assess_as(&self, span: Span, kind: Option<MentionKind>) -> CueFinding {
        let sentences = &self.document.sentences;
        let index = sentences.partition_point(|s| s.span.end <= span.start);
        let mut found: Vec<(Assertion, Option<Span>)> = Vec::new();
        if let (Some(sentence), Some(reading)) = (sentences.get(index), self.readings.get(index))
            && sentence.span.start < span.end
        {
            let first = reading.words.partition_point(|w| w.span.end <= span.start);
            let last = reading.words.partition_point(|w| w.span.start < span.end);
            for scope in &reading.scopes {
                let opens_mention = scope.from > first && scope.from < last && scope.cue.start <= span.start + 1;
                if (scope.from <= first && first < scope.to && scope.cue.end <= span.start)
                    || (scope.from <= first && last <= scope.to)
                    || opens_mention
                {
                    found.push((scope.assertion, Some(scope.cue)));
                }
            }
        }
        match self.document.section_kind_at(span.start) {
            SectionKind::FamilyHistory => found.push((Assertion::Family, None)),
            SectionKind::PastSurgicalHistory => found.push((Assertion::Historical, None)),
            _ => {}
        }
        if matches!(kind, Some(MentionKind::Problem | MentionKind::Anatomy)) {
            found.retain(|(assertion, _)| *assertion != Assertion::Planned);
        }
        found.sort_by_key(|(assertion, cue)| {
            (*assertion, cue.is_none(), cue.map_or(usize::MAX, |c| c.start.abs_diff(span.start)))
        });
        let cue = found.first().and_then(|(_, cue)| *cue);
        let mut assertions: Vec<Assertion> = found.into_iter().map(|(assertion, _)| assertion).collect();
        assertions.dedup();
        if assertions.is_empty() {
            assertions.push(Assertion::Present);
        }
        CueFinding { assertions, cue }
    }
}

fn read_sentence(text: &str, span: Span) -> Reading {
    let words = words(text, span);
    let lower: Vec<String> = words.iter().map(|w| w.lower(text).replace('’', "'")).collect();
    let cues = find_cues(&lower);
    let mut scopes = Vec::new();
    for (index, cue) in cues.iter().enumerate() {
        let place = Span::new(words[cue.from].span.start, words[cue.to - 1].span.end);
        let tail = is_tail(&lower, cue) && cue.rules.iter().any(|r| r.way == Way::Tail);
        for rule in cue.rules {
            let Says::Assertion(assertion) = rule.says else { continue };
            let (from, to) = match rule.way {
                Way::Forward if tail => continue,
                Way::Forward => (cue.to, forward_end(&lower, &words, &cues, index, rule.reach, assertion)),
                Way::Backward => (backward_start(&lower, &words, &cues, index, rule.reach), cue.from),
                Way::Tail if tail => (backward_start(&lower, &words, &cues, index, rule.reach), cue.from),
                Way::Tail => continue,
            };
            if from < to {
                scopes.push(Scope { assertion, cue: place, from, to });
            }
        }
    }
    Reading { words, scopes }
}

/// The longest cue at each place, left to right.
fn find_cues(lower: &[String]) -> Vec<Cue> {
    let mut cues = Vec::new();
    let mut at = 0;
    while at < lower.len() {
        let mut node: &'static Node = &CUES;
        let mut best: Option<(usize, &'static [Rule])> = None;
        for (offset, word) in lower[at..].iter().enumerate() {
            let Some(next) = node.next.get(word) else { break };
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

fn ends_scope(cue: &Cue) -> bool {
    cue.rules.iter().any(|r| r.says == Says::Stop)
}

fn is_label_colon(lower: &[String], words: &[Word], at: usize) -> bool {
    lower[at] == ":" && at > 0 && words[at - 1].kind == WordKind::Word
}

/// One past the last word that a forward cue reaches.
fn forward_end(lower: &[String], words: &[Word], cues: &[Cue], index: usize, reach: Reach, assertion: Assertion) -> usize {
    let from = cues[index].to;
    let limit = match reach {
        Reach::Words(n) => from + n,
        _ => usize::MAX,
    };
    let mut next_cue = index + 1;
    let mut at = from;
    while at < lower.len() && at < limit {
        if next_cue < cues.len() && cues[next_cue].from == at {
            let cue = &cues[next_cue];
            let after_comma = at > from && lower[at - 1] == ",";
            let says = |wanted: Says| cue.rules.iter().any(|r| r.says == wanted);
            let other = cue.rules.iter().any(|r| r.way == Way::Forward && r.says == Says::Present);
            if says(Says::Stop) || (after_comma && says(Says::CommaStop) && assertion == Assertion::Absent) {
                return at;
            }
            if other && at > from && matches!(assertion, Assertion::Absent | Assertion::Possible) {
                return at;
            }
            at = cue.to;
            next_cue += 1;
            continue;
        }
        let mark = lower[at].as_str();
        if reach == Reach::Item && mark == "," {
            return at;
        }
        if at > from && is_label_colon(lower, words, at) {
            return at.saturating_sub(1).max(from);
        }
        at += 1;
    }
    at.min(lower.len())
}

/// The first word that a backward cue reaches.
fn backward_start(lower: &[String], words: &[Word], cues: &[Cue], index: usize, reach: Reach) -> usize {
    let to = cues[index].from;
    let floor = match reach {
        Reach::Words(n) => to.saturating_sub(n),
        _ => to.saturating_sub(14),
    };
    let mut at = to;
    let mut previous = index;
    while at > floor {
        if previous > 0 && cues[previous - 1].to == at {
            let cue = &cues[previous - 1];
            if ends_scope(cue) {
                return at;
            }
            at = cue.from;
            previous -= 1;
            continue;
        }
        let mark = lower[at - 1].as_str();
        let own_mark = at == to && matches!(mark, ":" | "-" | "–" | "?" | "," | "(");
        if !own_mark && ((reach == Reach::Item && mark == ",") || is_label_colon(lower, words, at - 1)) {
            return at;
        }
        at -= 1;
    }
    at
}

/// `Fever: no`, `Fever - no,`, `Smoker? No.`
fn is_tail(lower: &[String], cue: &Cue) -> bool {
    let marked = cue.from > 1 && matches!(lower[cue.from - 1].as_str(), ":" | "-" | "–" | "—" | "?" | "=" | "…");
    let ends = lower.get(cue.to).is_none_or(|w| matches!(w.as_str(), "," | "." | ";" | ")" | "|" | "/"));
    marked && ends
}

#[cfg(test)]
mod tests;
