//! Scopes: how far each cue of a sentence reaches.
use std::sync::Arc;

use super::table::{Cue, Of, Reach, Says, Way, find_cues};
use crate::document::Span;
use crate::document::tokens::{Word, WordKind, words};
use crate::extract::Assertion;

/// A scope: words `from..to` of the sentence are held as `assertion`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scope {
    pub(super) assertion: Assertion,
    pub(super) of: Of,
    pub(super) cue: Span,
    /// Index of the cue's first word.
    pub(super) cue_word: usize,
    pub(super) from: usize,
    pub(super) to: usize,
}

pub(super) struct Reading {
    pub(super) words: Vec<Word>,
    pub(super) scopes: Vec<Scope>,
    /// Scopes that the line above a list opens over it: shared by its items, of which there may be very many.
    pub(super) inherited: Arc<[Scope]>,
}

impl Reading {
    /// Its own scopes, then the inherited ones, which reach over the whole sentence.
    pub(super) fn all_scopes(&self) -> impl Iterator<Item = Scope> {
        let whole = |scope: &Scope| Scope { cue_word: 0, from: 0, to: self.words.len(), ..*scope };
        self.scopes.iter().copied().chain(self.inherited.iter().map(whole))
    }
}

pub(super) fn read_sentence(text: &str, span: Span) -> Reading {
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
    Reading { words: sentence.words, scopes, inherited: Arc::default() }
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
