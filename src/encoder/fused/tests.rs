//! Values and gradients beside the definition in plain candle operations. `SUPERBILL_TEST_DEVICE=cuda` runs them on a
//! GPU (of a build with that feature).
use std::collections::HashMap;
use std::sync::Arc;

use candle_core::{DType, Device, Tensor, Var};
use candle_nn::VarBuilder;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::adam::{self, Step};
use super::attention::attention;
use super::sparse::SparseRows;
use super::{Drop, Pack};
use crate::encoder::bert::{self, BertConfig, Dropout, Mode, Trunk};

fn device() -> Device {
    let name = std::env::var("SUPERBILL_TEST_DEVICE").unwrap_or_else(|_| "cpu".to_owned());
    crate::encoder::device::open(&name).expect("the device that SUPERBILL_TEST_DEVICE names")
}

fn config() -> BertConfig {
    serde_json::from_value(serde_json::json!({
        "vocab_size": 90, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 96,
        "max_position_embeddings": 128, "layer_norm_eps": 1e-12
    }))
    .expect("a small model")
}

fn sequences(seed: u64) -> Vec<Vec<u32>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    (0..9)
        .map(|i| (0..if i == 4 { 1 } else { random.random_range(1..90) }).map(|_| random.random_range(0..90)).collect())
        .collect()
}

/// Numbers from -0.5 to 0.5.
fn random(seed: u64, shape: &[usize], device: &Device) -> Tensor {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let values: Vec<f32> = (0..shape.iter().product()).map(|_| random.random::<f32>() - 0.5).collect();
    Tensor::from_vec(values, shape, device).expect("random")
}

fn far(a: &Tensor, b: &Tensor) -> f32 {
    let difference = (a - b).and_then(|d| d.abs()).and_then(|d| d.flatten_all()?.max(0)).and_then(|d| d.to_scalar::<f32>());
    difference.expect("tensors of one shape")
}

#[test]
fn packed_layers_have_the_values_and_gradients_of_the_definition() {
    let (device, config) = (device(), config());
    let vars: HashMap<String, Var> = bert::random_weights(&config, 4.0, 3)
        .expect("weights")
        .into_iter()
        .map(|(n, t)| (n, Var::from_tensor(&t.to_device(&device).expect("device")).expect("variable")))
        .collect();
    let tensors = vars.iter().map(|(n, v)| (n.clone(), v.as_tensor().clone())).collect();
    let trunk = Trunk::load(VarBuilder::from_tensors(tensors, DType::F32, &device), &config, 2).expect("trunk");
    let sequences = sequences(1);
    let ids: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
    let pack = Arc::new(Pack::new(ids.iter().map(|s| s.len()), &device).expect("pack"));
    let packed = trunk.forward_packed(&ids, &pack, None).expect("packed");

    let (padded, mask) = bert::pad(&ids, 0, &device).expect("pad");
    let plain = trunk.forward(&padded, &bert::attention_bias(&mask).expect("bias"), Mode::Training, None).expect("plain");
    let rows: Vec<Tensor> =
        ids.iter().enumerate().map(|(i, s)| plain.get(i).and_then(|r| r.narrow(0, 0, s.len())).expect("rows")).collect();
    let plain = Tensor::cat(&rows, 0).expect("rows");
    assert!(far(&packed, &plain) < 2e-5, "{}", far(&packed, &plain));

    let aim = random(2, packed.dims(), &device);
    let gradients = |x: &Tensor| (x * &aim).and_then(|p| p.sum_all()).and_then(|s| s.backward()).expect("backward");
    let (ours, theirs) = (gradients(&packed), gradients(&plain));
    for (name, var) in &vars {
        let (Some(a), Some(b)) = (ours.get(var), theirs.get(var)) else { panic!("{name} has no gradient") };
        let size = b.abs().and_then(|d| d.flatten_all()?.max(0)).and_then(|d| d.to_scalar::<f32>()).expect("size");
        assert!(far(a, b) < 1e-3 * size.max(0.1), "{name}: {} of {size}", far(a, b));
    }
}

/// A direction's derivative beside its difference quotient, with dropout (the same pattern in both).
#[test]
fn dropout_is_the_same_forward_and_back() {
    let device = device();
    let pack = Arc::new(Pack::new([7, 40, 1], &device).expect("pack"));
    let drop = Drop::fresh(Some(&Dropout::new(0.3, 5)));
    let random = |seed: u64, shape: &[usize]| random(seed, shape, &device);
    let (x, bias, aim, way) = (random(1, &[48, 192]), random(2, &[192]), random(3, &[48, 64]), random(4, &[48, 192]));
    let value =
        |x: &Tensor| (attention(x, &bias, &pack, 2, drop).expect("attention") * &aim).and_then(|p| p.sum_all()).expect("sum");
    let var = Var::from_tensor(&x).expect("variable");
    let gradients = value(var.as_tensor()).backward().expect("backward");
    let slope = (gradients.get(&var).expect("gradient") * &way).and_then(|p| p.sum_all()).and_then(|s| s.to_scalar::<f32>());
    let at = |step: f64| value(&(&x + (&way * step).expect("step")).expect("step")).to_scalar::<f32>().expect("value");
    let quotient = (at(0.01) - at(-0.01)) / 0.02;
    let slope = slope.expect("slope");
    assert!((slope - quotient).abs() < 0.02 * quotient.abs().max(0.5), "{slope} beside {quotient}");
}

#[test]
fn sparse_rows_gather_and_give_back() {
    let device = device();
    let table = Tensor::arange(0f32, 24.0, &device).and_then(|t| t.reshape((6, 4))).expect("table");
    let var = Var::from_tensor(&table).expect("variable");
    let matrix = SparseRows::new([vec![(5, 1.0)], vec![], vec![(0, 0.5), (2, 0.5), (5, 2.0)]], 6, &device).expect("matrix");
    let out = matrix.times(var.as_tensor()).expect("product");
    let rows = out.to_vec2::<f32>().expect("rows");
    assert_eq!(rows[0], [20.0, 21.0, 22.0, 23.0]);
    assert_eq!(rows[1], [0.0; 4]);
    assert_eq!(rows[2], [44.0, 47.0, 50.0, 53.0]);
    let gradients = out.sum_all().and_then(|s| s.backward()).expect("backward");
    let gradient = gradients.get(&var).expect("gradient").to_vec2::<f32>().expect("rows");
    assert_eq!(gradient.iter().map(|r| r[0]).collect::<Vec<_>>(), [0.5, 0.0, 0.5, 0.0, 0.0, 3.0]);
    assert!(SparseRows::pick(&[6], 6, &device).is_err());
}

#[test]
fn a_step_moves_against_the_gradient() {
    let device = device();
    let var = Var::from_tensor(&Tensor::new(&[1f32, -1.0], &device).expect("tensor")).expect("variable");
    let moments = Tensor::zeros((2, 2), DType::F32, &device).expect("moments");
    let gradient = Tensor::new(&[3f32, -4.0], &device).expect("gradient");
    let norm = Tensor::new(5f32, &device).expect("norm");
    let numbers = Step { beta_1: 0.9, beta_2: 0.999, clip: 1.0, decay: 0.5, rate: 0.1, correction: 1000.0, epsilon: 1e-8 };
    adam::step(&var, &moments, &gradient, &norm, numbers).expect("step");
    // First moments 0.1 · gradient / 5, second the square of gradient / 5 after correction.
    let moved = var.to_vec1::<f32>().expect("values");
    assert!((moved[0] - (0.5 - 0.1 * 0.1)).abs() < 1e-5 && (moved[1] + 0.5 - 0.1 * 0.1).abs() < 1e-5, "{moved:?}");
}

#[test]
fn a_batch_of_nothing_is_nothing() {
    let device = device();
    let pack = Pack::new([], &device).expect("pack");
    assert_eq!((pack.rows(), pack.starts()), (0, &[0usize][..]));
    assert!(Pack::new([super::pack::LONGEST + 1], &device).is_err());
}

#[test]
fn bf16_on_a_gpu_stays_near_f32() {
    let (device, config) = (device(), config());
    if device.is_cpu() {
        eprintln!("skipped: bf16 runs on a GPU alone (SUPERBILL_TEST_DEVICE=cuda)");
        return;
    }
    let weights = bert::random_weights(&config, 1.0, 3).expect("weights");
    let trunk = || {
        let tensors = weights.iter().map(|(n, t)| (n.clone(), t.to_device(&device).expect("device"))).collect();
        Trunk::load(VarBuilder::from_tensors(tensors, DType::F32, &device), &config, 2).expect("trunk")
    };
    let sequences = sequences(1);
    let ids: Vec<&[u32]> = sequences.iter().map(Vec::as_slice).collect();
    let pack = Arc::new(Pack::new(ids.iter().map(|s| s.len()), &device).expect("pack"));
    let exact = trunk().forward_packed(&ids, &pack, None).expect("f32");
    let rough = trunk().in_bf16().and_then(|t| t.forward_packed(&ids, &pack, None)).expect("bf16");
    assert_eq!(rough.dtype(), DType::BF16);
    let rough = rough.to_dtype(DType::F32).expect("f32");
    let (a, b) = (exact.flatten_all().expect("flat"), rough.flatten_all().expect("flat"));
    let product = |x: &Tensor, y: &Tensor| (x * y).and_then(|p| p.sum_all()?.to_scalar::<f32>()).expect("product");
    let cosine = product(&a, &b) / (product(&a, &a) * product(&b, &b)).sqrt();
    assert!(cosine > 0.9995, "{cosine}");
}
