//! The mean of several models' weights: models that started from the same weights and learned by the same recipe lie in one
//! basin, and their mean reads unseen text at least as well as each (Wortsman et al. 2022, "model soups").
use std::collections::BTreeMap;
use std::path::PathBuf;

use candle_core::{Device, Tensor};

use super::{EncoderError, store};

/// The mean of weight files with the same names and shapes; nothing for no files. An error where they differ or one cannot
/// be read.
pub fn mean(files: &[PathBuf]) -> Result<BTreeMap<String, Tensor>, EncoderError> {
    let mut sum: BTreeMap<String, Tensor> = BTreeMap::new();
    for (number, path) in files.iter().enumerate() {
        let weights = store::read(path, &Device::Cpu)?;
        if number > 0 && weights.len() != sum.len() {
            return Err(EncoderError::format(path, format!("{} weights, the first file has {}", weights.len(), sum.len())));
        }
        for (name, tensor) in weights {
            let total = match sum.get(&name) {
                None if number == 0 => tensor,
                Some(before) if before.dims() == tensor.dims() => (before + tensor)?,
                _ => return Err(EncoderError::format(path, format!("{name} is not as in the first file"))),
            };
            sum.insert(name, total);
        }
    }
    sum.into_iter().map(|(name, total)| Ok((name, (total / files.len().max(1) as f64)?))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_shape_are_averaged() {
        let folder = tempfile::tempdir().expect("folder");
        let file = |name: &str, values: Vec<f32>| {
            let (path, count) = (folder.path().join(name), values.len());
            let weights = BTreeMap::from([("a".to_owned(), Tensor::from_vec(values, count, &Device::Cpu).expect("tensor"))]);
            store::write(&path, &weights, store::Precision::Full).expect("written");
            path
        };
        let (a, b, c) =
            (file("a.safetensors", vec![1.0, 2.0]), file("b.safetensors", vec![3.0, -2.0]), file("c.safetensors", vec![1.0]));
        let mean = mean(&[a.clone(), b]).expect("mean");
        assert_eq!(mean["a"].to_vec1::<f32>().expect("values"), [2.0, 0.0]);
        assert!(super::mean(&[a, c]).is_err_and(|e| e.to_string().contains("not as in the first file")));
        assert!(super::mean(&[]).is_ok_and(|m| m.is_empty()));
    }
}
