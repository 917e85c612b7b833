//! Evidence for concepts and codes: which statements speak of them, how fully, and in what role.
use std::collections::BTreeMap;

use super::index::{Hit, PhraseIndex, Scratch, Source, Target};
use super::statements::{Role, Statement};

/// Groups of roles that features are kept for.
pub const ROLE_GROUPS: usize = 8;

/// Group of a role.
pub fn role_group(role: Role) -> usize {
    match role {
        Role::Title => 0,
        Role::Lead => 1,
        Role::Description => 2,
        Role::Result => 3,
        Role::Story => 4,
        Role::Exam | Role::Assessment => 5,
        Role::Plan => 6,
        Role::History | Role::Other => 7,
    }
}

/// How much a role speaks for a service having been done there; orders evidence, the model has the last word.
fn role_weight(role: Role) -> f32 {
    match role {
        Role::Title => 1.6,
        Role::Lead => 1.3,
        Role::Description | Role::Result => 1.0,
        Role::Story | Role::Plan | Role::Exam => 0.8,
        Role::Assessment => 0.7,
        Role::Other => 0.8,
        Role::History => 0.35,
    }
}

/// The best match of a target.
#[derive(Clone, Debug)]
pub struct Best {
    /// Position of the statement.
    pub statement: usize,
    /// The match.
    pub hit: Hit,
    /// Its score with the statement's role and cues taken into account.
    pub rank: f32,
}

/// Further matches kept of a target.
const MOST_OTHERS: usize = 6;

/// Everything that speaks for one target.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// Best score by role group.
    pub by_role: [f32; ROLE_GROUPS],
    /// The best match of all.
    pub best: Option<Best>,
    /// Best matches of further statements, by rank.
    others: Vec<Best>,
    /// Statements with a full match.
    pub full: u32,
    /// Statements with any match.
    pub any: u32,
}

impl Evidence {
    fn add(&mut self, statement: usize, role: Role, hit: &Hit, rank: f32) {
        let group = role_group(role);
        self.by_role[group] = self.by_role[group].max(hit.score());
        let new = Best { statement, hit: hit.clone(), rank };
        if self.best.as_ref().is_none_or(|b| rank > b.rank) {
            let old = self.best.replace(new);
            self.others.extend(old.filter(|b| b.statement != statement));
        } else if self.best.as_ref().is_some_and(|b| b.statement != statement) {
            self.others.push(new);
        }
        if self.others.len() > 2 * MOST_OTHERS {
            self.others.sort_by(|a, b| b.rank.total_cmp(&a.rank).then(a.statement.cmp(&b.statement)));
            self.others.truncate(MOST_OTHERS);
        }
    }

    /// Counts a match for the order only.
    fn add_rank_only(&mut self, statement: usize, hit: &Hit, rank: f32) {
        if self.best.as_ref().is_none_or(|b| rank > b.rank) {
            self.best = Some(Best { statement, hit: hit.clone(), rank });
        }
    }

    /// The best matches in different statements that are not far behind the best.
    pub fn leading(&self) -> impl Iterator<Item = &Best> {
        let least = self.best.as_ref().map_or(0.0, |b| 0.6 * b.rank);
        let mut others: Vec<&Best> = self.others.iter().filter(|b| b.rank >= least).collect();
        others.sort_by(|a, b| b.rank.total_cmp(&a.rank).then(a.statement.cmp(&b.statement)));
        let mut seen: Vec<usize> = Vec::new();
        self.best
            .iter()
            .chain(others)
            .filter(move |b| {
                let new = !seen.contains(&b.statement);
                seen.push(b.statement);
                new
            })
            .take(4)
    }
}

/// Evidence of a whole note.
#[derive(Default)]
pub struct NoteEvidence {
    /// By concept, from the lexicon's phrases.
    pub concepts: BTreeMap<usize, Evidence>,
    /// By code, from composed phrases and look-alikes.
    pub composed: BTreeMap<usize, Evidence>,
    /// By code, from learned phrases.
    pub learned: BTreeMap<usize, Evidence>,
    /// By concept: words that look like it and mean nothing.
    pub nothing: BTreeMap<usize, Evidence>,
    /// By statement: its strongest lexicon hits, best first.
    pub hits: Vec<Vec<(Target, Hit)>>,
    /// By code: share of the learned votes, in titles and anywhere.
    pub votes: BTreeMap<usize, [f32; 2]>,
}

/// Least share of a phrase's weight that must be found.
const LEAST: f32 = 0.55;
/// Strongest hits kept for each statement, and for each of a very long note.
const KEPT_HITS: [usize; 2] = [40, 6];
/// Statements from which on a note is very long.
const VERY_LONG: usize = 3000;

/// Gathers the evidence of all statements. Learned phrases of `without_fold` are left out.
pub fn gather(index: &PhraseIndex, statements: &[Statement], without_fold: Option<u8>) -> NoteEvidence {
    let mut evidence = NoteEvidence::default();
    let mut scratch = Scratch::default();
    let mut votes: BTreeMap<usize, [f32; 2]> = BTreeMap::new();
    let mut totals = [0.0f32; 2];
    let most_kept = KEPT_HITS[usize::from(statements.len() >= VERY_LONG)];
    for (s, statement) in statements.iter().enumerate() {
        let ids = index.ids(&statement.words);
        let hits = index.find(&ids, LEAST, without_fold, &mut scratch);
        let factor = role_weight(statement.role) * cue_weight(statement);
        // Of each target only its best hit in this statement counts.
        let mut seen: std::collections::BTreeSet<(Target, bool)> = std::collections::BTreeSet::new();
        let mut kept = Vec::new();
        for hit in hits {
            let phrase = &index.phrases[hit.phrase];
            let learned = phrase.source == Source::Learned;
            if !seen.insert((phrase.target, learned)) {
                continue;
            }
            let tight = tightness(&hit);
            let rank = hit.score() * factor * tight;
            let place = match (phrase.target, phrase.source) {
                (Target::Concept(c), _) => evidence.concepts.entry(c).or_default(),
                (Target::Nothing(c), _) => evidence.nothing.entry(c).or_default(),
                (Target::Code(c), Source::Learned) => evidence.learned.entry(c).or_default(),
                (Target::Code(c), _) => evidence.composed.entry(c).or_default(),
            };
            place.any += 1;
            place.full += u32::from(hit.coverage > 0.99);
            place.add(s, statement.role, &hit, rank);
            if let Target::Code(code) = phrase.target {
                // What speaks for a code speaks for its concepts, a little less.
                for &(concept, _) in &index.codes[code].entries {
                    let of_concept = evidence.concepts.entry(concept).or_default();
                    if learned {
                        of_concept.add_rank_only(s, &hit, 0.5 * rank);
                    } else {
                        of_concept.add(s, statement.role, &hit, 0.85 * rank);
                    }
                }
            }
            if let (Target::Code(code), true) = (phrase.target, learned)
                && hit.coverage > 0.7
            {
                let strength = rank * rank;
                let named = matches!(statement.role, Role::Title | Role::Lead);
                let vote = votes.entry(code).or_default();
                vote[1] += strength;
                totals[1] += strength;
                if named {
                    vote[0] += strength;
                    totals[0] += strength;
                }
            }
            if !learned && kept.len() < most_kept {
                kept.push((phrase.target, hit));
            }
        }
        evidence.hits.push(kept);
    }
    for vote in votes.values_mut() {
        for (value, total) in vote.iter_mut().zip(totals) {
            *value = if total > 0.0 { *value / total } else { 0.0 };
        }
    }
    evidence.votes = votes;
    evidence
}

fn cue_weight(statement: &Statement) -> f32 {
    let cues = statement.cues;
    let mut weight = 1.0;
    if matches!(statement.role, Role::Title | Role::Lead) {
        return weight;
    }
    if cues.performed {
        weight *= 1.2;
    }
    if cues.here {
        weight *= 1.2;
    }
    if cues.planned {
        weight *= 0.6;
    }
    if cues.historical {
        weight *= 0.6;
    }
    if cues.hypothetical {
        weight *= 0.8;
    }
    weight
}

/// Words of a phrase that stand close together speak louder than scattered ones.
pub fn tightness(hit: &Hit) -> f32 {
    match (hit.positions.first(), hit.positions.last()) {
        (Some(first), Some(last)) => {
            let stretch = f32::from(last - first + 1) / hit.positions.len().max(1) as f32;
            1.0 / (1.0 + 0.08 * (stretch - 1.0))
        }
        _ => 1.0,
    }
}
