//! The trained head for relations: one logistic regression a kind over named features of a pair.
//!
//! `relations.json.gz` of a model folder holds, for each feature, its weight for every kind. A kind that did not win
//! against the words' rules when it was fitted is left to them.
use std::collections::{BTreeMap, HashMap};
use std::io::Read;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::pairs::{KINDS, PairReader, candidates, fits, kind_of_relation};
use super::words;
use crate::document::Document;
use crate::encoder::EncoderError;
use crate::extract::{Mention, Relation};

/// The file of a model folder.
pub const FILE: &str = "relations.json.gz";
/// The file's format.
const FORMAT: u32 = 1;
/// Bytes that the file may unpack to: a bound against a damaged one.
const MOST_BYTES: u64 = 4 << 20;

/// The file's content.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RelationWeights {
    /// Version of the format.
    pub format: u32,
    /// Kinds in the order of the weights.
    pub kinds: [String; 4],
    /// Whether the model speaks for a kind; else the rules do.
    pub used: [bool; 4],
    /// Least probability of a relation.
    pub thresholds: [f32; 4],
    /// Offsets.
    pub bias: [f32; 4],
    /// Weights by name of feature.
    pub weights: BTreeMap<String, [f32; 4]>,
}

impl RelationWeights {
    /// Without weights.
    pub fn new() -> Self {
        Self { format: FORMAT, kinds: KINDS.map(|k| kind_of_relation(k).to_owned()), ..Default::default() }
    }
}

/// The head, ready to read pairs.
#[derive(Clone, Debug)]
pub struct RelationModel {
    used: [bool; 4],
    thresholds: [f32; 4],
    bias: [f32; 4],
    /// By hash of the feature's name.
    weights: HashMap<u64, [f32; 4]>,
}

impl RelationModel {
    /// Reads a model folder's file.
    pub fn open(folder: &Path) -> Result<Self, EncoderError> {
        let path = folder.join(FILE);
        let file = std::fs::File::open(&path).map_err(|e| EncoderError::io("relations", &path, e))?;
        let mut text = String::new();
        let mut reader = flate2::read::GzDecoder::new(file).take(MOST_BYTES);
        reader.read_to_string(&mut text).map_err(|e| EncoderError::io("relations", &path, e))?;
        let weights: RelationWeights = serde_json::from_str(&text).map_err(|e| EncoderError::format(&path, e))?;
        let numbers = weights.weights.values().chain([&weights.bias, &weights.thresholds]).flatten();
        if weights.format != FORMAT || weights.kinds != RelationWeights::new().kinds {
            return Err(EncoderError::format(&path, "its format or its kinds are not those of this program"));
        }
        if numbers.into_iter().any(|n| !n.is_finite()) {
            return Err(EncoderError::format(&path, "a weight is not a number"));
        }
        Ok(Self::new(&weights))
    }

    /// From weights in memory.
    pub fn new(weights: &RelationWeights) -> Self {
        Self {
            used: weights.used,
            thresholds: weights.thresholds,
            bias: weights.bias,
            weights: weights.weights.iter().map(|(name, w)| (hash(&[name]), *w)).collect(),
        }
    }

    /// Probability of each kind for every candidate pair (places in the list of mentions); 0 for kinds that do not fit.
    pub fn scores(&self, document: &Document, mentions: &[Mention]) -> Vec<(usize, usize, [f32; 4])> {
        let reader = PairReader::new(document, mentions);
        let one = |pair: super::pairs::Pair| {
            let mut sums = self.bias;
            reader.features(pair, &mut |name| {
                if let Some(weights) = self.weights.get(&hash(name)) {
                    sums.iter_mut().zip(weights).for_each(|(s, w)| *s += w);
                }
            });
            let fit = fits(mentions[pair.from].kind, mentions[pair.to].kind);
            let mut scores = [0.0; 4];
            (0..4).filter(|k| fit[*k]).for_each(|k| scores[k] = 1.0 / (1.0 + (-sums[k]).exp()));
            (pair.from, pair.to, scores)
        };
        candidates(mentions).into_iter().map(one).collect()
    }

    /// The relations of a document: the model's for the kinds that it speaks for, the rules' for the others. Mentions must
    /// be in order of place.
    pub fn relations(&self, document: &Document, mentions: &[Mention]) -> Vec<Relation> {
        let chosen = choose(&self.scores(document, mentions), &self.used, &self.thresholds);
        let id = |at: usize| mentions[at].id;
        let own = chosen.into_iter().map(|c| Relation { kind: KINDS[c.kind], from: id(c.from), to: id(c.to), score: c.score });
        let by_rule = words::by_words(document, mentions).into_iter();
        let mut all: Vec<Relation> =
            by_rule.filter(|r| KINDS.iter().zip(&self.used).any(|(k, used)| *k == r.kind && !used)).chain(own).collect();
        all.sort_by_key(|r| (r.from, r.to, r.kind as u8));
        all
    }
}

/// A chosen pair, by places in the list of mentions and in [`KINDS`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Chosen {
    /// Place in [`KINDS`].
    pub kind: usize,
    /// Place of the first mention.
    pub from: usize,
    /// Place of the second mention.
    pub to: usize,
    /// Probability.
    pub score: f32,
}

/// The likeliest partner of each mention for each kind in use, where it is likely enough.
pub fn choose(scores: &[(usize, usize, [f32; 4])], used: &[bool; 4], thresholds: &[f32; 4]) -> Vec<Chosen> {
    let mut best: BTreeMap<(usize, usize), Chosen> = BTreeMap::new();
    for (from, to, own) in scores {
        for kind in (0..4).filter(|k| used[*k] && own[*k] > 0.0 && own[*k] >= thresholds[*k]) {
            let found = Chosen { kind, from: *from, to: *to, score: own[kind] };
            let entry = best.entry((*from, kind)).or_insert(found);
            if found.score > entry.score {
                *entry = found;
            }
        }
    }
    best.into_values().collect()
}

/// Hash (FNV-1a) of a feature's name, whose parts are joined by `|`.
fn hash(parts: &[&str]) -> u64 {
    let step = |h: u64, byte: u8| (h ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    let mut value = 0xcbf2_9ce4_8422_2325u64;
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            value = step(value, b'|');
        }
        value = part.bytes().fold(value, step);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document;
    use crate::extract::relations::tests::mentions;
    use crate::extract::{MentionKind, RelationKind};

    fn model(weights: &[(&str, [f32; 4])], used: [bool; 4]) -> RelationModel {
        RelationModel::new(&RelationWeights {
            used,
            thresholds: [0.5; 4],
            bias: [-2.0; 4],
            weights: weights.iter().map(|(name, w)| ((*name).to_owned(), *w)).collect(),
            ..RelationWeights::new()
        })
    }

    #[test]
    fn weights_decide_and_each_mention_has_one_partner() {
        use MentionKind::{Medication, Problem};
        let text = "Gout; hypertension, taking lisinopril.";
        let document = document::read(text);
        let list = mentions(text, &[("Gout", Problem), ("hypertension", Problem), ("lisinopril", Medication)]);
        let treats = model(
            &[("ends|lisinopril|hypertension", [0.0, 4.0, 0.0, 0.0]), ("from|lisinopril", [0.0, 2.5, 0.0, 0.0])],
            [true, true, false, false],
        );
        let found = treats.relations(&document, &list);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!((found[0].kind, found[0].from, found[0].to), (RelationKind::Treats, 2, 1));
        assert!((found[0].score - 1.0 / (1.0 + (-4.5f32).exp())).abs() < 1e-6);
    }

    #[test]
    fn the_rules_speak_for_kinds_that_the_model_leaves_to_them() {
        use MentionKind::{Problem, Test};
        let text = "CT showed a mass.";
        let document = document::read(text);
        let list = mentions(text, &[("CT", Test), ("mass", Problem)]);
        let found = model(&[], [true, true, false, false]).relations(&document, &list);
        assert_eq!(found.iter().map(|r| r.kind).collect::<Vec<_>>(), [RelationKind::FindingOf]);
        assert!(model(&[], [true; 4]).relations(&document, &list).is_empty());
    }

    #[test]
    fn a_damaged_file_is_refused() {
        let folder = tempfile::tempdir().expect("folder");
        std::fs::write(folder.path().join(FILE), b"no").expect("write");
        assert!(RelationModel::open(folder.path()).is_err());
    }
}
