//! From label scores of words to mention spans.
use std::ops::Range;

use super::MentionKind;
use super::heads::{KINDS, LABELS, begin, inside};

/// A run of words with one kind.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Word numbers.
    pub words: Range<usize>,
    /// Kind.
    pub kind: MentionKind,
    /// Mean probability of its labels.
    pub score: f32,
}

/// The best sequence of labels of one sentence in which every "inside" continues a mention of its kind.
///
/// `scores`: words × [`LABELS`], before softmax. `outside_bias` is taken off the score of "outside": above
/// zero it finds more. Linear in the number of words.
pub fn decode(scores: &[f32], outside_bias: f32) -> Vec<Run> {
    let words = scores.len() / LABELS;
    let mut probabilities = scores.to_vec();
    for row in probabilities.chunks_exact_mut(LABELS) {
        row[0] -= outside_bias;
        log_softmax(row);
    }
    let row = |word: usize| &probabilities[word * LABELS..(word + 1) * LABELS];
    // best[label]: the best score of a sequence that ends in `label`; back: where it came from.
    let mut best = [f32::NEG_INFINITY; LABELS];
    let mut back = vec![0u8; words * LABELS];
    for word in 0..words {
        let now = row(word);
        let mut next = [f32::NEG_INFINITY; LABELS];
        let top = (0..LABELS).fold(0, |top, label| if best[label] > best[top] { label } else { top });
        for (label, value) in next.iter_mut().enumerate() {
            let is_inside = label != 0 && label % 2 == 0;
            let from = match (word, is_inside) {
                (0, true) => continue,
                (0, false) => {
                    *value = now[label];
                    continue;
                }
                (_, true) if best[label] >= best[label - 1] => label,
                (_, true) => label - 1,
                (_, false) => top,
            };
            *value = best[from] + now[label];
            back[word * LABELS + label] = from as u8;
        }
        best = next;
    }
    let mut label = (0..LABELS).fold(0, |top, label| if best[label] > best[top] { label } else { top });
    let mut labels = vec![0usize; words];
    for word in (0..words).rev() {
        labels[word] = label;
        label = usize::from(back[word * LABELS + label]);
    }
    let mut runs: Vec<Run> = Vec::new();
    let mut total = 0.0f32;
    for (word, &label) in labels.iter().enumerate() {
        if label == 0 {
            continue;
        }
        let kind = KINDS[(label - 1) / 2];
        let probability = row(word)[begin(kind)].exp() + row(word)[inside(kind)].exp();
        match runs.last_mut() {
            Some(run) if label % 2 == 0 && run.words.end == word && run.kind == kind => {
                total += probability;
                run.words.end = word + 1;
                run.score = total / run.words.len() as f32;
            }
            _ => {
                total = probability;
                runs.push(Run { words: word..word + 1, kind, score: probability });
            }
        }
    }
    runs
}

fn log_softmax(row: &mut [f32]) {
    let highest = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f32 = row.iter().map(|v| (v - highest).exp()).sum();
    let shift = highest + sum.ln();
    row.iter_mut().for_each(|v| *v -= shift);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scores(labels: &[usize]) -> Vec<f32> {
        labels.iter().flat_map(|&l| (0..LABELS).map(move |i| if i == l { 4.0 } else { 0.0 })).collect()
    }

    #[test]
    fn adjacent_mentions_stay_apart() {
        let (b, i) = (begin(MentionKind::Problem), inside(MentionKind::Problem));
        let runs = decode(&scores(&[b, i, b, 0, begin(MentionKind::Test)]), 0.0);
        let found: Vec<_> = runs.iter().map(|r| (r.words.clone(), r.kind)).collect();
        assert_eq!(found, [(0..2, MentionKind::Problem), (2..3, MentionKind::Problem), (4..5, MentionKind::Test)]);
        assert!(runs.iter().all(|r| r.score > 0.7 && r.score <= 1.0));
    }

    #[test]
    fn inside_never_starts_a_mention() {
        let i = inside(MentionKind::Test);
        let runs = decode(&scores(&[i, 0, i]), 0.0);
        assert!(runs.iter().all(|r| r.words.len() <= 2));
        assert!(decode(&[], 0.0).is_empty());
    }

    #[test]
    fn a_bias_against_outside_finds_more() {
        let mut row = scores(&[0]);
        row[begin(MentionKind::Problem)] = 3.0;
        assert!(decode(&row, 0.0).is_empty());
        assert_eq!(decode(&row, 1.5).len(), 1);
    }
}
