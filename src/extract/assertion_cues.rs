//! Assertion by cue words: does the note say that a problem is there, absent, past, another person's, feared or planned?
//!
//! The method is that of NegEx and ConText (Chapman 2001, Harkema 2009): a cue word opens a scope in its sentence, and
//! what stands in the scope takes its assertion. The cues are our own list, `assertion_cues.tsv`.
use std::collections::{HashMap, HashSet};
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
    SoftStop,
    Present,
}

/// Which kinds of mention a cue speaks of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Of {
    All,
    Problems,
    Services,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Forward,
    Backward,
    Tail,
    Own,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reach {
    Clause,
    Item,
    Sentence,
    Words(usize),
}

#[derive(Clone, Copy, Debug)]
struct Rule {
    says: Says,
    of: Of,
    way: Way,
    reach: Reach,
}

/// Cue phrases as a tree of words.
#[derive(Default)]
struct Node {
    next: HashMap<String, Node>,
    rules: Vec<Rule>,
}

static ROWS: LazyLock<Vec<Vec<&'static str>>> = LazyLock::new(|| {
    let lines = include_str!("assertion_cues.tsv").lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    lines.map(|line| line.split('\t').collect()).collect()
});

/// Words of conditions that last: a "history of hypertension" is hypertension.
static LASTING: LazyLock<HashSet<String>> =
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
struct Cue {
    from: usize,
    to: usize,
    rules: &'static [Rule],
}

/// A scope: words `from..to` of the sentence are held as `assertion`.
#[derive(Clone, Debug)]
struct Scope {
    assertion: Assertion,
    of: Of,
    cue: Span,
    /// Index of the cue's first word.
    cue_word: usize,
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
        let mut carried: Vec<Scope> = Vec::new();
        for sentence in &document.sentences {
            let mut reading = read_sentence(&document.text, sentence.span);
            let end = reading.words.len();
            if sentence.list_item {
                reading.scopes.extend(carried.iter().map(|scope| Scope { cue_word: 0, from: 0, to: end, ..scope.clone() }));
            } else {
                carried.clear();
                if sentence.span.of(&document.text).ends_with(':') {
                    carried.extend(reading.scopes.iter().filter(|s| s.to == end && s.from > s.cue_word).cloned());
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

    /// As [`CueIndex::assess`], knowing what is mentioned: a problem is never planned, a test that was negative was done.
    pub fn assess_as(&self, span: Span, kind: Option<MentionKind>) -> CueFinding {
        let mut found = self.scopes_over(span, kind);
        let section = self.document.section_kind_at(span.start);
        match section {
            SectionKind::FamilyHistory => found.push((Assertion::Family, None)),
            SectionKind::PastSurgicalHistory => found.push((Assertion::Historical, None)),
            _ => {}
        }
        match kind {
            Some(MentionKind::Anatomy) => found.clear(),
            Some(MentionKind::Problem) => {
                let lasts = self.is_lasting(span);
                found.retain(|(assertion, cue)| match assertion {
                    Assertion::Planned => false,
                    Assertion::Historical => !(lasts && cue.is_some_and(|c| self.is_history(c))),
                    _ => true,
                });
            }
            Some(_) => found.retain(|(assertion, _)| *assertion != Assertion::Possible),
            None => {}
        }
        if matches!(kind, None | Some(MentionKind::Problem)) {
            // A problem under "if" is one that is feared.
            let feared = found.iter().find(|(assertion, _)| *assertion == Assertion::Conditional).copied();
            found.extend(feared.map(|(_, cue)| (Assertion::Hypothetical, cue)));
        }
        if found.is_empty() {
            found.extend(self.assertion_of_service(span, kind, section).map(|assertion| (assertion, None)));
        }
        found.sort_by_key(|(assertion, cue)| (*assertion, cue.map_or(usize::MAX, |c| c.start.abs_diff(span.start))));
        let cue = found.first().and_then(|(_, cue)| *cue);
        let mut assertions: Vec<Assertion> = found.into_iter().map(|(assertion, _)| assertion).collect();
        assertions.dedup();
        if assertions.is_empty() {
            assertions.push(Assertion::Present);
        }
        CueFinding { assertions, cue }
    }

    /// What the section says of a service without a cue: done before, where the past is told; planned, in a plan.
    fn assertion_of_service(&self, span: Span, kind: Option<MentionKind>, section: SectionKind) -> Option<Assertion> {
        use SectionKind as K;
        match (kind?, section) {
            (MentionKind::Procedure, K::HistoryOfPresentIllness | K::PastMedicalHistory | K::ProblemList | K::Indications) => {
                Some(Assertion::Historical)
            }
            (MentionKind::Procedure | MentionKind::Test, K::Plan | K::Instructions | K::AssessmentAndPlan) => {
                const DONE: [&str; 22] = [
                    "performed",
                    "done",
                    "today",
                    "tolerated",
                    "injected",
                    "removed",
                    "excised",
                    "applied",
                    "completed",
                    "reviewed",
                    "showed",
                    "shows",
                    "revealed",
                    "demonstrates",
                    "demonstrated",
                    "was",
                    "were",
                    "obtained",
                    "treated",
                    "given",
                    "administered",
                    "normal",
                ];
                let sentence = self.document.sentence_at(span.start).and_then(|i| self.readings.get(i))?;
                let is_done = sentence.words.iter().any(|w| DONE.contains(&&*w.lower(&self.document.text)));
                (!is_done).then_some(Assertion::Planned)
            }
            _ => None,
        }
    }

    /// Whether a mention names a condition that lasts.
    fn is_lasting(&self, span: Span) -> bool {
        words(&self.document.text, span).iter().any(|w| LASTING.contains(&*w.lower(&self.document.text)))
    }

    fn is_history(&self, cue: Span) -> bool {
        let cue = cue.of(&self.document.text).to_ascii_lowercase();
        cue.contains("history") || cue.starts_with("h/o") || cue.starts_with("hx")
    }

    fn scopes_over(&self, span: Span, kind: Option<MentionKind>) -> Vec<(Assertion, Option<Span>)> {
        let sentences = &self.document.sentences;
        let index = sentences.partition_point(|s| s.span.end <= span.start);
        let mut found = Vec::new();
        let (Some(sentence), Some(reading)) = (sentences.get(index), self.readings.get(index)) else { return found };
        if sentence.span.start >= span.end {
            // A heading with "none" under it.
            let answered =
                reading.scopes.iter().find(|s| s.assertion == Assertion::Absent && s.cue_word == 0 && reading.words.len() <= 2);
            let bare =
                reading.words.first().filter(|w| matches!(&*w.lower(&self.document.text), "none" | "nil" | "no" | "negative"));
            let cue = answered.map(|s| s.cue).or(bare.map(|w| w.span));
            let under = self.document.sections.get(sentence.section).and_then(|s| s.heading).is_some_and(|h| h.overlaps(span));
            found.extend(cue.filter(|_| under && reading.words.len() <= 3).map(|cue| (Assertion::Absent, Some(cue))));
            return found;
        }
        let first = reading.words.partition_point(|w| w.span.end <= span.start);
        let last = reading.words.partition_point(|w| w.span.start < span.end);
        let is_problem = matches!(kind, None | Some(MentionKind::Problem));
        for scope in &reading.scopes {
            let excluded = match (scope.of, kind) {
                (Of::Problems, Some(MentionKind::Problem)) | (Of::All, _) => false,
                (Of::Problems, _) => true,
                (Of::Services, kind) => matches!(kind, None | Some(MentionKind::Problem)),
            };
            let follows = scope.from <= first && first < scope.to && scope.cue.end <= span.start;
            let precedes = scope.from <= first && last <= scope.to && scope.cue.start >= span.end;
            // "denies headaches" or "kidney stones two years ago" marked as one mention.
            let within = scope.from > first && scope.from < last && scope.cue_word <= first + 2 && scope.cue.start >= span.start
                || scope.from <= first && scope.to > first && scope.cue_word > first && scope.cue.end <= span.end
                || scope.from == scope.cue_word && is_problem && scope.cue.start >= span.start && scope.cue.end <= span.end;
            // "no acute | distress": the cue phrase runs into the mention.
            let straddles = scope.cue.start < span.start && span.start < scope.cue.end && scope.from > scope.cue_word;
            if excluded || !(follows || precedes || within || straddles) {
                continue;
            }
            if !is_problem && scope.assertion == Assertion::Absent {
                // A service is undone only where the word stands beside it; a negative test was done.
                let result = scope.cue.of(&self.document.text).to_ascii_lowercase().contains("neg");
                if (follows && first > scope.from + 3) || (result && kind == Some(MentionKind::Test)) {
                    continue;
                }
            }
            found.push((scope.assertion, Some(scope.cue)));
        }
        found
    }
}

fn read_sentence(text: &str, span: Span) -> Reading {
    let words = words(text, span);
    let lower: Vec<String> = words.iter().map(|w| w.lower(text).replace('’', "'")).collect();
    let sentence = Marked { cues: find_cues(&lower), lower, words };
    let mut scopes = Vec::new();
    for (index, cue) in sentence.cues.iter().enumerate() {
        let place = Span::new(sentence.words[cue.from].span.start, sentence.words[cue.to - 1].span.end);
        let tail = sentence.is_tail(cue) && cue.rules.iter().any(|r| r.way == Way::Tail);
        for rule in cue.rules {
            if rule.says == Says::None && matches!(sentence.lower[cue.from].as_str(), "no" | "without") {
                // "no change in" hides its "no" from what follows, but a change in vision is denied by it.
                let cue_span = sentence.words[cue.from].span;
                let scope = Scope {
                    assertion: Assertion::Absent,
                    of: Of::All,
                    cue: cue_span,
                    cue_word: cue.from,
                    from: cue.from + 1,
                    to: cue.to,
                };
                scopes.push(scope);
            }
            let Says::Assertion(assertion) = rule.says else { continue };
            let (from, to) = match rule.way {
                Way::Forward if tail || sentence.is_loose_question_mark(cue) => continue,
                Way::Forward => (cue.to, sentence.forward_end(index, rule.reach, assertion)),
                Way::Backward => (sentence.backward_start(index, rule.reach), cue.from),
                Way::Tail if tail => (sentence.backward_start(index, rule.reach), cue.from),
                Way::Tail => continue,
                Way::Own => (cue.from, cue.to),
            };
            if from < to {
                scopes.push(Scope { assertion, of: rule.of, cue: place, cue_word: cue.from, from, to });
            }
        }
    }
    Reading { words: sentence.words, scopes }
}

/// The longest cue at each place, left to right.
fn find_cues(lower: &[String]) -> Vec<Cue> {
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

/// A sentence with its words and cues.
struct Marked {
    words: Vec<Word>,
    lower: Vec<String>,
    cues: Vec<Cue>,
}

impl Marked {
    /// One past the last word that a forward cue reaches.
    fn forward_end(&self, index: usize, reach: Reach, assertion: Assertion) -> usize {
        let from = self.cues[index].to;
        let mut limit = match reach {
            Reach::Words(n) => from + n,
            _ => usize::MAX,
        };
        let mut next = index + 1;
        let mut at = from;
        while at < self.lower.len() && at < limit {
            if let Some(cue) = self.cues.get(next).filter(|cue| cue.from == at) {
                let says = |wanted: Says| cue.rules.iter().any(|r| r.says == wanted);
                let after_comma = at > from && self.lower[at - 1] == ",";
                let listing =
                    matches!(assertion, Assertion::Absent | Assertion::Historical | Assertion::Possible | Assertion::Family);
                let ends = says(Says::Stop)
                    || (after_comma && listing && says(Says::CommaStop))
                    || (at > from && says(Says::Present) && matches!(assertion, Assertion::Absent | Assertion::Possible))
                    || (at > from && says(Says::SoftStop) && matches!(assertion, Assertion::Possible | Assertion::Historical));
                if ends && reach != Reach::Sentence {
                    return at;
                }
                at = cue.to;
                next += 1;
                continue;
            }
            if at > from && self.is_label_colon(at) {
                return at.saturating_sub(1).max(from);
            }
            if self.lower[at] == "," && reach != Reach::Sentence {
                let strict = match reach {
                    Reach::Clause => assertion == Assertion::Absent && self.repeats_its_no(index, at),
                    _ => true,
                };
                if strict && !self.or_follows(at, next) {
                    return at;
                }
                limit = usize::MAX;
            }
            at += 1;
        }
        at.min(self.lower.len())
    }

    /// "no stone, no hydronephrosis, no filling defect, simple cyst": where every item has its own "no", a comma ends it.
    fn repeats_its_no(&self, index: usize, comma: usize) -> bool {
        let is_absent =
            |cue: &Cue| cue.rules.iter().any(|r| r.says == Says::Assertion(Assertion::Absent) && r.way == Way::Forward);
        let next_has = self.cues.iter().any(|cue| cue.from == comma + 1 && is_absent(cue));
        let cue = &self.cues[index];
        let own_after_comma = cue.from > 0 && self.lower[cue.from - 1] == ",";
        next_has || (own_after_comma && self.cues[..index].iter().rev().take(6).any(is_absent))
    }

    /// Whether an "or" goes on with the list after the comma at `comma`.
    fn or_follows(&self, comma: usize, next_cue: usize) -> bool {
        let mut next = next_cue;
        let mut at = comma + 1;
        while at < self.lower.len() {
            if let Some(cue) = self.cues.get(next).filter(|cue| cue.from == at) {
                let stops = cue.rules.iter().any(|r| {
                    matches!(r.says, Says::Stop | Says::Present)
                        || (r.says == Says::CommaStop && at == comma + 1)
                        || (r.says == Says::Assertion(Assertion::Absent) && r.way == Way::Forward)
                });
                if stops {
                    return false;
                }
                next += 1;
            }
            match self.lower[at].as_str() {
                "or" | "nor" => return true,
                _ => at += 1,
            }
        }
        false
    }

    /// The first word that a backward cue reaches.
    fn backward_start(&self, index: usize, reach: Reach) -> usize {
        let to = self.cues[index].from;
        let floor = match reach {
            Reach::Words(n) => to.saturating_sub(n),
            Reach::Item => to.saturating_sub(9),
            _ => to.saturating_sub(16),
        };
        let mut joined = false;
        let mut previous = index;
        let mut at = to;
        while at > floor {
            if previous > 0 && self.cues[previous - 1].to == at {
                let cue = &self.cues[previous - 1];
                if cue.rules.iter().any(|r| r.says == Says::Stop) {
                    return at;
                }
                at = cue.from;
                previous -= 1;
                continue;
            }
            let mark = self.lower[at - 1].as_str();
            joined |= matches!(mark, "and" | "or");
            let own_mark =
                at == to && matches!(mark, ":" | "-" | "–" | "?" | "(") || at == to && reach == Reach::Clause && mark == ",";
            let ends = mark == "," && !(joined && reach == Reach::Clause) || self.is_label_colon(at - 1);
            if ends && !own_mark {
                return at;
            }
            at -= 1;
        }
        at
    }

    fn is_label_colon(&self, at: usize) -> bool {
        self.lower[at] == ":" && at > 0 && self.words[at - 1].kind == WordKind::Word
    }

    /// `Fever: no`, `Fever - no,`, `Smoker? No.`
    fn is_tail(&self, cue: &Cue) -> bool {
        let marked = cue.from > 1 && matches!(self.lower[cue.from - 1].as_str(), ":" | "-" | "–" | "—" | "?" | "=" | "…");
        let ends = self.lower.get(cue.to).is_none_or(|w| matches!(w.as_str(), "," | "." | ";" | ")" | "|" | "/"));
        marked && ends
    }

    /// A question mark that does not stand directly before a word ("?HS") only ends a question.
    fn is_loose_question_mark(&self, cue: &Cue) -> bool {
        let last = cue.to - 1;
        self.lower[last] == "?" && self.words.get(cue.to).is_none_or(|w| w.span.start != self.words[last].span.end)
    }
}

#[cfg(test)]
mod tests;
