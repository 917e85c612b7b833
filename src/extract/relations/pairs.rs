//! Pairs of mentions that a relation may hold between, and what is said of a pair.
use super::words;
use crate::document::tokens::{self, WordKind};
use crate::document::{Document, Span};
use crate::extract::{Mention, MentionKind, RelationKind};

/// Kinds of relation in the order of a pair's fits and scores.
pub const KINDS: [RelationKind; 4] =
    [RelationKind::DueTo, RelationKind::Treats, RelationKind::FindingOf, RelationKind::Complicates];

/// A relation reaches no further.
const REACH: usize = 800;
/// Mentions of one kind that are looked at on each side.
const NEIGHBOURS: usize = 4;
/// Bytes between two mentions whose words are read.
const READ_BETWEEN: usize = 80;
/// A word that two mentions share has at least so many letters.
const SHARED_LETTERS: usize = 4;

/// Two mentions by their places in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// What the relation starts from (effect, treatment, finding, complication).
    pub from: usize,
    /// What it leads to.
    pub to: usize,
    /// Mentions of the kind of `to` that stand nearer to `from` on the same side.
    pub nearer: usize,
}

/// Which of [`KINDS`] a pair can have by the kinds of its mentions.
pub fn fits(from: MentionKind, to: MentionKind) -> [bool; 4] {
    use MentionKind::{Device, Medication, Problem, Procedure, Test};
    let problem = from == Problem;
    [
        problem && matches!(to, Problem | Procedure | Medication),
        matches!(from, Medication | Procedure | Device) && to == Problem,
        (problem && matches!(to, Test | Procedure | Problem)) || (from == Test && matches!(to, Problem | Test)),
        problem && matches!(to, Problem | Procedure),
    ]
}

/// Candidate pairs. Mentions must be in order of place.
pub fn candidates(mentions: &[Mention]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (from, mention) in mentions.iter().enumerate() {
        let mut seen = [0usize; 6];
        for to in from + 1..mentions.len() {
            let other = &mentions[to];
            if other.span.start > mention.span.end + REACH {
                break;
            }
            take(&mut pairs, &mut seen, mentions, from, to);
        }
        let mut seen = [0usize; 6];
        for to in (0..from).rev() {
            if mentions[to].span.end + REACH < mention.span.start {
                break;
            }
            take(&mut pairs, &mut seen, mentions, from, to);
        }
    }
    pairs
}

fn take(pairs: &mut Vec<Pair>, seen: &mut [usize; 6], mentions: &[Mention], from: usize, to: usize) {
    let (a, b) = (&mentions[from], &mentions[to]);
    let nearer = seen[b.kind as usize];
    if nearer < NEIGHBOURS && !a.span.overlaps(b.span) {
        seen[b.kind as usize] += 1;
        if fits(a.kind, b.kind).contains(&true) {
            pairs.push(Pair { from, to, nearer });
        }
    }
}

/// What is known of a mention before it is paired.
struct Place {
    sentence: usize,
    paragraph: usize,
    list_item: bool,
    begins_sentence: bool,
    section: String,
    /// Lower-case words.
    words: Vec<String>,
    /// The word before it in its sentence, or its sentence's beginning; the word behind it.
    before: String,
    behind: String,
    assertion: String,
}

/// A document and its mentions, read once for all pairs.
pub struct PairReader<'a> {
    document: &'a Document,
    mentions: &'a [Mention],
    places: Vec<Place>,
}

impl<'a> PairReader<'a> {
    /// Reads what stands around each mention. Mentions must be in order of place.
    pub fn new(document: &'a Document, mentions: &'a [Mention]) -> Self {
        let places = mentions.iter().map(|m| place(document, m)).collect();
        Self { document, mentions, places }
    }

    /// Hands every feature of a pair, as parts of its name, to `emit`.
    pub fn features(&self, pair: Pair, emit: &mut dyn FnMut(&[&str])) {
        let (from, to) = (&self.mentions[pair.from], &self.mentions[pair.to]);
        let (a, b) = (&self.places[pair.from], &self.places[pair.to]);
        let first = from.span.start < to.span.start;
        let (left, right) = if first { (from, to) } else { (to, from) };
        let gap = Span::new(left.span.end, right.span.start.max(left.span.end));
        let between = gap.of(&self.document.text);
        let order = if first { ">" } else { "<" };
        let kinds = [kind_name(from.kind), kind_name(to.kind)].concat();
        let kinds = kinds.as_str();
        emit(&["kinds", kinds, order]);
        let bytes = bucket(between.len());
        emit(&["bytes", bytes, order]);
        emit(&["bytes", bytes, order, kinds]);
        emit(&["nearer", digit(pair.nearer), order, kinds]);
        let apart = digit(a.sentence.abs_diff(b.sentence).min(4));
        emit(&["sentences", apart, order]);
        emit(&["sentences", apart, order, kinds]);
        emit(&["lines", digit(between.matches('\n').count().min(3)), order]);
        emit(&["paragraphs", digit(a.paragraph.abs_diff(b.paragraph).min(2)), order, kinds]);
        if a.section == b.section {
            emit(&["section", &a.section, kinds]);
        } else {
            emit(&["sections", &a.section, &b.section]);
        }
        if a.list_item || b.list_item {
            emit(&["list", if a.list_item { "item" } else { "-" }, if b.list_item { "item" } else { "-" }, apart]);
        }
        if b.begins_sentence {
            emit(&["to begins", apart, order, kinds]);
        }
        if a.begins_sentence {
            emit(&["from begins", apart, order, kinds]);
        }
        self.words_between(between, order, emit);
        if let Some((phrase, kind)) = words::stated(self.document, from, to) {
            emit(&["rule", kind_of_relation(kind)]);
            emit(&["rule", phrase]);
        }
        emit(&["from before", &a.before, order]);
        emit(&["to before", &b.before, order]);
        emit(&["from behind", &a.behind, order]);
        emit(&["to behind", &b.behind, order]);
        let (head, other) = (last(&a.words), last(&b.words));
        emit(&["from", head]);
        emit(&["to", other]);
        emit(&["ends", head, other]);
        emit(&["from says", &a.assertion, kinds]);
        emit(&["to says", &b.assertion, kinds]);
        let shared = a.words.iter().filter(|w| w.len() >= SHARED_LETTERS && b.words.contains(w)).count();
        emit(&["shared", digit(shared.min(2)), kinds]);
        if let (Some(one), Some(two)) = (from.laterality, to.laterality) {
            emit(&["sides", if one == two { "agree" } else { "differ" }, kinds]);
        }
    }

    fn words_between(&self, between: &str, order: &str, emit: &mut dyn FnMut(&[&str])) {
        if between.len() > READ_BETWEEN {
            return;
        }
        let words: Vec<_> = tokens::words(between, Span::new(0, between.len()));
        let lower: Vec<String> = words
            .iter()
            .map(|w| if w.kind == WordKind::Number { "#".to_owned() } else { w.lower(between).into_owned() })
            .collect();
        for word in &lower {
            emit(&["between", word, order]);
        }
        for pair in lower.windows(2) {
            emit(&["between", &pair[0], &pair[1], order]);
        }
        if lower.len() <= 4 {
            emit(&["all between", &lower.join(" "), order]);
        }
    }
}

fn place(document: &Document, mention: &Mention) -> Place {
    let sentence = document.sentences.partition_point(|s| s.span.start <= mention.span.start).saturating_sub(1);
    let own = document.sentences.get(sentence);
    let around = own.map_or(mention.span, |s| s.span);
    let word_before = || {
        let start = around.start.min(mention.span.start);
        let all = tokens::words(&document.text, Span::new(start, mention.span.start));
        all.last().map(|w| w.lower(&document.text).into_owned())
    };
    let word_behind = || {
        let all = tokens::words(&document.text, Span::new(mention.span.end, around.end.max(mention.span.end)));
        all.first().map(|w| w.lower(&document.text).into_owned())
    };
    Place {
        sentence,
        paragraph: own.map_or(0, |s| s.paragraph),
        list_item: own.is_some_and(|s| s.list_item),
        begins_sentence: own.is_some_and(|s| s.span.start + 4 >= mention.span.start),
        section: format!("{:?}", mention.section),
        words: tokens::words(&document.text, mention.span)
            .iter()
            .filter(|w| w.kind == WordKind::Word)
            .map(|w| w.lower(&document.text).into_owned())
            .collect(),
        before: word_before().unwrap_or_else(|| "^".to_owned()),
        behind: word_behind().unwrap_or_else(|| "$".to_owned()),
        assertion: format!("{:?}", mention.assertion),
    }
}

fn last(words: &[String]) -> &str {
    words.last().map_or("", String::as_str)
}

fn kind_name(kind: MentionKind) -> &'static str {
    match kind {
        MentionKind::Problem => "problem ",
        MentionKind::Procedure => "procedure ",
        MentionKind::Test => "test ",
        MentionKind::Medication => "drug ",
        MentionKind::Device => "device ",
        MentionKind::Anatomy => "part ",
    }
}

/// Name of a relation in features and model files.
pub fn kind_of_relation(kind: RelationKind) -> &'static str {
    match kind {
        RelationKind::DueTo => "due_to",
        RelationKind::Treats => "treats",
        RelationKind::FindingOf => "finding_of",
        RelationKind::Complicates => "complicates",
    }
}

fn digit(n: usize) -> &'static str {
    ["0", "1", "2", "3", "4"][n.min(4)]
}

fn bucket(bytes: usize) -> &'static str {
    const ENDS: [(usize, &str); 10] = [
        (2, "2"),
        (6, "6"),
        (12, "12"),
        (25, "25"),
        (50, "50"),
        (100, "100"),
        (200, "200"),
        (350, "350"),
        (550, "550"),
        (usize::MAX, "far"),
    ];
    ENDS.iter().find(|(end, _)| bytes <= *end).map_or("far", |(_, name)| name)
}
