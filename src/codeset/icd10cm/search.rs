//! Finding codes by the words of their titles and inclusion terms.
use super::{Icd10cm, IcdIndex};

impl Icd10cm {
    /// Codes of the newest edition whose title or inclusion terms hold every word of `words` (or a word that begins with
    /// it), best first: whole-word hits in short titles before others, billable before headers. Score 0 to 1.
    pub fn search(&self, words: &str, limit: usize) -> Vec<(IcdIndex, f32)> {
        let wanted = tokens(words);
        if wanted.is_empty() || limit == 0 {
            return Vec::new();
        }
        let mut found: Vec<(IcdIndex, f32)> = Vec::new();
        for i in self.all().filter(|i| self.is_present_latest(*i)) {
            let title = score(&wanted, &self.title(i));
            let best = self.inclusion_terms(i).map(|t| score(&wanted, t) * 0.95).fold(title, f32::max);
            if best > 0.0 {
                found.push((i, if self.is_billable_latest(i) { best } else { best * 0.9 }));
            }
        }
        found.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
        found.truncate(limit);
        found
    }
}

/// Lower-case words.
pub(in crate::codeset) fn tokens(text: &str) -> Vec<String> {
    words_of(text).map(str::to_lowercase).collect()
}

fn words_of(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty())
}

/// How well `text` fits the wanted lower-case words, 0 where one of them is missing: a beginning of a word counts less
/// than the word, and every further word of the text a little less.
pub(in crate::codeset) fn score(wanted: &[String], text: &str) -> f32 {
    let mut sum = 0.0;
    for want in wanted {
        let hit = words_of(text).map(|word| match word.get(..want.len()) {
            Some(start) if start.eq_ignore_ascii_case(want) || (!want.is_ascii() && start.to_lowercase() == *want) => {
                if word.len() == want.len() { 1.0 } else { 0.8 }
            }
            _ => 0.0,
        });
        let best = hit.fold(0.0, f32::max);
        if best == 0.0 {
            return 0.0;
        }
        sum += best;
    }
    let spare = words_of(text).count().saturating_sub(wanted.len()) as f32;
    (sum / wanted.len() as f32) * (1.0 / (1.0 + 0.1 * spare))
}
