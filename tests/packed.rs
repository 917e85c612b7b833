//! The fast CPU path against the differentiable definition, over random models and sequences.
#![allow(clippy::unwrap_used)]
use std::collections::HashMap;
use std::path::Path;

use candle_core::{DType, Device, Tensor};
use candle_nn::VarBuilder;
use proptest::prelude::*;
use superbill::encoder::bert::{self, Activation, BertConfig, Branch, Mode, Trunk};
use superbill::encoder::kernels::Instructions;
use superbill::encoder::packed::{Matrix, Numerics, PackedModel, Weights};
use superbill::encoder::store::Stored;

/// Largest difference of a number of a vector (they are about 1 in size) from the definition, in f32.
const FLOAT_TOLERANCE: f32 = 1e-4;
/// Least cosine of a vector with the definition's, in int8 and with weights of two deviations.
const INT8_COSINE: f32 = 0.99;
/// The same in bf16.
const BF16_COSINE: f32 = 0.999;

fn config(heads: usize, size: usize, wide: usize) -> BertConfig {
    BertConfig {
        model_type: "bert".into(),
        vocab_size: 50,
        hidden_size: heads * size,
        num_hidden_layers: 3,
        num_attention_heads: heads,
        intermediate_size: wide,
        hidden_act: Activation::Gelu,
        max_position_embeddings: 90,
        type_vocab_size: 2,
        layer_norm_eps: 1e-12,
        pad_token_id: 0,
    }
}

fn stored(weights: &HashMap<String, Tensor>) -> Weights {
    let floats = |t: &Tensor| t.flatten_all().unwrap().to_vec1::<f32>().unwrap();
    weights.iter().map(|(n, t)| (n.clone(), Stored::Floats { shape: t.dims().to_vec(), values: floats(t) })).collect()
}

/// Two layers of trunk, then two branches of one layer with weights of their own.
struct Model {
    config: BertConfig,
    trunk: HashMap<String, Tensor>,
    branches: [HashMap<String, Tensor>; 2],
}

impl Model {
    fn new(config: BertConfig, seed: u64) -> Self {
        let weights = |seed| bert::random_weights(&config, 2.0, seed).unwrap();
        Self { trunk: weights(seed), branches: [weights(seed + 1), weights(seed + 2)], config }
    }

    /// Vectors of a sequence after each branch, by the definition.
    fn defined(&self, sequence: &[u32]) -> Vec<Vec<f32>> {
        let vb = |w: &HashMap<String, Tensor>| VarBuilder::from_tensors(w.clone(), DType::F32, &Device::Cpu);
        let trunk = Trunk::load(vb(&self.trunk), &self.config, 2).unwrap();
        let (ids, mask) = bert::pad(&[sequence], 0, &Device::Cpu).unwrap();
        let bias = bert::attention_bias(&mask).unwrap();
        let hidden = trunk.forward(&ids, &bias, Mode::Training, None).unwrap();
        let branch = |w: &HashMap<String, Tensor>| {
            let branch = Branch::load(vb(w), &self.config, 2..3).unwrap();
            branch.forward(&hidden, &bias, Mode::Training, None).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
        };
        self.branches.iter().map(branch).collect()
    }

    fn packed(&self, numerics: Numerics, set: Instructions) -> PackedModel {
        let path = Path::new("random");
        let mut model = PackedModel::new(path, &mut stored(&self.trunk), &self.config, 2, numerics, set).unwrap();
        for branch in &self.branches {
            model.add_branch(path, &stored(branch), &self.config, 2..3, numerics).unwrap();
        }
        model
    }
}

/// Vectors of every sequence and branch.
fn vectors(model: &PackedModel, sequences: &[Vec<u32>], threads: usize) -> Vec<Vec<Vec<f32>>> {
    let sequences: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
    let own = |_, found: &[&[f32]]| found.iter().map(|v| v.to_vec()).collect();
    pool.install(|| model.each(&sequences, &[0, 1], own)).unwrap()
}

fn sequences() -> impl Strategy<Value = Vec<Vec<u32>>> {
    prop::collection::vec(prop::collection::vec(0u32..50, 1..90), 1..12)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn packed_models_compute_what_is_defined(
        (heads, size, wide) in (1usize..5, 1usize..40, 1usize..90), seed in 0u64..1000, sequences in sequences(),
    ) {
        let model = Model::new(config(heads, size + 1, wide), seed);
        let width = model.config.hidden_size;
        let expected: Vec<_> = sequences.iter().map(|s| model.defined(s)).collect();
        let exact = vectors(&model.packed(Numerics::Float, Instructions::best()), &sequences, 2);
        for (expected, exact) in expected.iter().flatten().zip(exact.iter().flatten()) {
            let difference = expected.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
            prop_assert!(difference < FLOAT_TOLERANCE, "f32 is off by {}", difference);
        }
        for (numerics, least) in [(Numerics::Bf16, BF16_COSINE), (Numerics::int8(&[Matrix::Output]), INT8_COSINE)] {
            let rounded = vectors(&model.packed(numerics, Instructions::best()), &sequences, 2);
            let pairs = expected.iter().flatten().flat_map(|v| v.chunks_exact(width));
            let pairs = pairs.zip(rounded.iter().flatten().flat_map(|v| v.chunks_exact(width)));
            // Few numbers round badly; a real model has hundreds.
            for (a, b) in pairs.filter(|_| width >= 64) {
                let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
                let cosine = dot(a, b) / (dot(a, a) * dot(b, b)).sqrt();
                prop_assert!(cosine > least, "{} has cosine {}", numerics.name(), cosine);
            }
        }
    }

    #[test]
    fn neither_batches_nor_threads_nor_instructions_change_a_bit(seed in 0u64..1000, sequences in sequences()) {
        let model = Model::new(config(3, 16, 70), seed);
        let int8 = [Numerics::int8(&[]), Numerics::int8(&[Matrix::Projection, Matrix::Output])];
        for numerics in [Numerics::Float, Numerics::Bf16].into_iter().chain(int8) {
            let packed = model.packed(numerics, Instructions::best());
            let together = vectors(&packed, &sequences, 1);
            for threads in [2, 5] {
                prop_assert_eq!(&together, &vectors(&packed, &sequences, threads));
            }
            let alone: Vec<_> = sequences.iter().flat_map(|s| vectors(&packed, std::slice::from_ref(s), 3)).collect();
            prop_assert_eq!(&together, &alone);
            let others = Instructions::ALL.into_iter().filter(|s| *s != Instructions::Portable && s.available());
            for set in others {
                prop_assert_eq!(&together, &vectors(&model.packed(numerics, set), &sequences, 1), "{:?}", set);
            }
        }
    }
}

#[test]
fn ids_and_lengths_beyond_the_model_are_errors() {
    let model = Model::new(config(2, 8, 16), 1).packed(Numerics::Float, Instructions::best());
    let run = |ids: &[u32]| model.each(&[ids], &[0], |_, v| v[0].len());
    assert_eq!(run(&[1; 90]).unwrap(), [90 * 16]);
    assert!(run(&[1, 50]).unwrap_err().to_string().contains("word piece 50"));
    assert!(run(&[1; 91]).unwrap_err().to_string().contains("91 word pieces"));
    assert_eq!(run(&[]).unwrap(), [0]);
    assert_eq!(model.each(&[], &[0], |_, v| v.len()).unwrap(), [0usize; 0]);
}
