//! The weights: a table of feature and weight, with the two thresholds of the choice.
use std::collections::BTreeMap;
use std::io::Read;
use std::path::Path;

use flate2::read::GzDecoder;

use super::features::Features;

/// Most diagnoses that a line points to (X12 837P SV107).
const MOST: usize = 4;

/// File of the weights in the folder of the decision tables.
pub const FILE: &str = "pointers.tsv.gz";

/// Why the table cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PointerError {
    /// The file.
    #[error("cannot read {path}: {source}")]
    Io {
        /// Where it stands.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// A line.
    #[error("pointer weights, line {line}: {reason}")]
    Line {
        /// Line of the table.
        line: usize,
        /// What is wrong.
        reason: &'static str,
    },
}

/// The regression with its thresholds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PointerModel {
    /// Weight by feature.
    pub weights: BTreeMap<String, f64>,
    /// Least probability of a diagnosis beside the likeliest one.
    pub least: f64,
    /// Least share of the likeliest one's probability.
    pub share: f64,
}

impl PointerModel {
    /// The table of a folder, else the embedded one.
    pub fn open(folder: &Path) -> Result<Self, PointerError> {
        let path = folder.join(FILE);
        let io = |source| PointerError::Io { path: path.display().to_string(), source };
        let mut text = String::new();
        if path.is_file() {
            let packed = std::fs::read(&path).map_err(io)?;
            GzDecoder::new(packed.as_slice()).read_to_string(&mut text).map_err(io)?;
        } else {
            let packed: &[u8] = include_bytes!("../../../../codesets/procedures/pointers.tsv.gz");
            GzDecoder::new(packed).read_to_string(&mut text).map_err(io)?;
        }
        Self::parse(&text)
    }

    /// Reads lines of `beginning TAB rest:weight rest:weight …`; a feature's name is the beginning with a rest. `#least` and `#share`
    /// name the thresholds.
    pub fn parse(text: &str) -> Result<Self, PointerError> {
        let mut model = Self::default();
        for (i, line) in text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.starts_with("# ")) {
            let wrong = |reason| PointerError::Line { line: i + 1, reason };
            let (head, list) = line.split_once('\t').ok_or_else(|| wrong("no tab behind the beginning of the features"))?;
            for entry in list.split(' ') {
                let (rest, value) = entry.rsplit_once(':').ok_or_else(|| wrong("no colon between feature and weight"))?;
                let value: f64 = value.parse().map_err(|_| wrong("the weight is no number"))?;
                match head {
                    "#least" => model.least = value,
                    "#share" => model.share = value,
                    _ => {
                        model.weights.insert(format!("{head}{rest}"), value);
                    }
                }
            }
        }
        Ok(model)
    }

    /// The table as text.
    pub fn to_tsv(&self) -> String {
        let mut heads: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for (name, weight) in &self.weights {
            let cut = name.find(['>', '=']).map_or(name.len(), |at| at + 1);
            let weight = format!("{weight}").replacen("0.", ".", 1);
            heads.entry(&name[..cut]).or_default().push(format!("{}:{weight}", &name[cut..]));
        }
        let lines = heads.into_iter().map(|(head, list)| format!("{head}\t{}\n", list.join(" ")));
        format!("#least\t:{}\n#share\t:{}\n", self.least, self.share) + &lines.collect::<String>()
    }

    /// Probability that a line points to a diagnosis.
    pub fn probability(&self, features: &Features) -> f64 {
        let score: f64 = features.iter().filter_map(|(name, value)| Some(self.weights.get(name)? * value)).sum();
        1.0 / (1.0 + (-score).exp())
    }

    /// The diagnoses of a line, likeliest first: one always, further ones where they are likely too.
    pub fn choose(&self, rows: &[Features]) -> Vec<usize> {
        let probabilities: Vec<f64> = rows.iter().map(|row| self.probability(row)).collect();
        self.choose_by(&probabilities)
    }

    /// The same from the probabilities.
    pub fn choose_by(&self, probabilities: &[f64]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..probabilities.len()).collect();
        order.sort_by(|a, b| probabilities[*b].total_cmp(&probabilities[*a]).then(a.cmp(b)));
        let Some(likeliest) = order.first().map(|i| probabilities[*i]) else { return order };
        let keeps = |(rank, i): &(usize, &usize)| {
            *rank == 0 || probabilities[**i] >= self.least && probabilities[**i] >= self.share * likeliest
        };
        order.iter().enumerate().take_while(keeps).take(MOST).map(|(_, i)| *i).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_chooses() {
        let model =
            PointerModel::parse("# weights\n#least\t:0.5\n#share\t:0.6\nfirst\t:2\n20610>\tM17:1.2 M25:-.3\n").expect("a table");
        assert_eq!(PointerModel::parse(&model.to_tsv()).expect("its own text"), model);
        assert_eq!(model.choose_by(&[0.2, 0.9, 0.6, 0.5]), [1, 2]);
        assert_eq!(model.choose_by(&[0.2, 0.1]), [0]);
        assert!(model.choose_by(&[]).is_empty());
        assert!(PointerModel::parse("first 2\n").is_err());
    }
}
