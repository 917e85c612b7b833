//! How well a model of claims answers for notes that it has not seen.
use super::{Base, Model, Sample};
use crate::train::TrainError;

/// Average precision of all families of some notes, and the share of notes whose first family scores highest.
pub(super) fn of(base: &Base, model: &Model, notes: &[&Sample]) -> Result<(f64, f64), TrainError> {
    let (mut all, mut right, mut asked) = (Vec::new(), 0usize, 0usize);
    for note in notes {
        let answers = base.answers(model, note)?;
        let rows = note.families.iter().zip(note.labels.iter().zip(&note.weights));
        all.extend(rows.filter(|(_, (_, w))| **w > 0.0).filter_map(|(f, (l, _))| Some((answers.get(&f.row)?.0, *l > 0.5))));
        if let Some(first) = note.first.and_then(|f| note.families.get(f as usize)) {
            asked += 1;
            let best = answers.iter().max_by(|a, b| a.1.1.total_cmp(&b.1.1)).map(|(row, _)| *row);
            right += usize::from(best == Some(first.row));
        }
    }
    all.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (mut hits, mut sum) = (0usize, 0.0);
    for (rank, (_, hit)) in all.iter().enumerate() {
        if *hit {
            hits += 1;
            sum += hits as f64 / (rank + 1) as f64;
        }
    }
    Ok((sum / hits.max(1) as f64, right as f64 / asked.max(1) as f64))
}
