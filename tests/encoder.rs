//! The transformer: gradients, parity with independent implementations, refusals.
#![allow(clippy::unwrap_used)]
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use candle_core::{D, DType, Device, Tensor};
use candle_nn::VarBuilder;
use superbill::document::{Document, Section, SectionKind, Sentence, Span};
use superbill::encoder::bert::{self, Branch, Mode, Trunk};
use superbill::encoder::convert::{Conversion, convert};
use superbill::encoder::hub;
use superbill::encoder::manifest::{self, Manifest};
use superbill::encoder::store::{self, Precision};
use superbill::encoder::transformer::read_config;
use superbill::encoder::{CandleEncoder, EncodedDocument, Encoder, EncoderError, HashEncoder};

fn tiny() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/tiny_bert")
}

/// The published MiniLM checkpoint, where a person has it: `SUPERBILL_MINILM` names its folder.
fn minilm(test: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("SUPERBILL_MINILM").map(PathBuf::from).filter(|f| f.join("model.safetensors").exists());
    if folder.is_none() {
        eprintln!(
            "skipped: {test} on MiniLM needs SUPERBILL_MINILM=<folder with config.json, tokenizer.json, model.safetensors>"
        );
    }
    folder
}

fn checkpoint(folder: &Path) -> CandleEncoder {
    let files = hub::resolve(folder.to_str().unwrap(), None).unwrap();
    CandleEncoder::from_checkpoint(&files, &Device::Cpu).unwrap()
}

/// Config and all layers of a checkpoint.
fn whole(folder: &Path) -> Trunk {
    let config = read_config(&folder.join("config.json")).unwrap();
    let weights = store::read(&folder.join("model.safetensors"), &Device::Cpu).unwrap();
    Trunk::load(VarBuilder::from_tensors(weights, DType::F32, &Device::Cpu), &config, config.num_hidden_layers).unwrap()
}

fn converted(source: &Path, precision: Precision) -> tempfile::TempDir {
    let target = tempfile::tempdir().unwrap();
    let conversion = Conversion { name: "t".into(), trunk_layers: 2, precision, data: serde_json::Value::Null };
    convert(&hub::resolve(source.to_str().unwrap(), None).unwrap(), target.path(), &conversion).unwrap();
    target
}

/// A document of one section with a heading, one sentence a line.
fn document(heading: &str, lines: &[&str]) -> Document {
    let mut text = format!("{heading}:\n");
    let heading = Span::new(0, heading.len());
    let body = text.len();
    let mut sentences = Vec::new();
    for line in lines {
        sentences.push(Sentence {
            span: Span::new(text.len(), text.len() + line.len()),
            section: 0,
            list_item: false,
            paragraph: 0,
        });
        text.push_str(line);
        text.push('\n');
    }
    let section = Section { kind: SectionKind::Assessment, heading: Some(heading), body: Span::new(body, text.len()) };
    Document { id: None, text: Arc::from(text), sections: vec![section], sentences }
}

const LINES: [&str; 5] = [
    "Recurrent épistaxis, left side.",
    "No fever.",
    "- knee pain since 2019; worse with stairs",
    "Blood pressure 142/88 mmHg – recheck in 2 wks.",
    "Denies locking.",
];

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(x, y)| (x - y).abs()).fold(0.0, f32::max)
}

#[test]
fn every_trainable_variable_gets_a_gradient() {
    let config = read_config(&tiny().join("config.json")).unwrap();
    let weights = bert::random_weights(&config, 5.0, 1).unwrap();
    let upper: HashMap<_, _> =
        weights.iter().filter(|(n, _)| bert::in_layers(n, &(2..3))).map(|(n, t)| (n.clone(), t.clone())).collect();
    let maps = [bert::variables(&weights).unwrap(), bert::variables(&upper).unwrap(), bert::variables(&upper).unwrap()];
    let vb = |i: usize| VarBuilder::from_varmap(&maps[i], DType::F32, &Device::Cpu);
    let trunk = Trunk::load(vb(0), &config, 2).unwrap();
    let branches = [1, 2].map(|i| Branch::load(vb(i), &config, 2..3).unwrap());

    let (ids, mask) = bert::pad(&[&[2, 40, 41, 7, 9, 3], &[2, 12, 3]], 0, &Device::Cpu).unwrap();
    let bias = bert::attention_bias(&mask).unwrap();
    let hidden = trunk.forward(&ids, &bias, Mode::Training, None).unwrap();
    // A target that is not constant: the sum of a normalised vector alone has no gradient.
    let target = Tensor::arange(0f32, 32.0, &Device::Cpu).unwrap();
    let losses = branches.map(|branch| {
        let out = branch.forward(&hidden, &bias, Mode::Training, None).unwrap();
        out.broadcast_mul(&target).unwrap().sqr().unwrap().mean_all().unwrap()
    });
    let gradients = (&losses[0] + &losses[1]).unwrap().backward().unwrap();
    for (part, map) in maps.iter().enumerate() {
        for (name, var) in map.data().lock().unwrap().iter() {
            if part == 0 && bert::in_layers(name, &(2..3)) {
                continue; // lies in the trunk's file only because the test made one set of weights
            }
            let gradient = gradients.get(var).unwrap_or_else(|| panic!("{name} of part {part} has no gradient"));
            let size = gradient.abs().unwrap().sum_all().unwrap().to_scalar::<f32>().unwrap();
            // Softmax does not change when all scores of a query shift together, which is all that a key's bias does.
            assert!(size > 1e-9 || name.ends_with("key.bias"), "{name} of part {part}: gradient is zero");
        }
    }
}

#[test]
fn training_and_inference_mode_agree() {
    let trunk = whole(&tiny());
    let (ids, mask) = bert::pad(&[&[2, 40, 41, 7, 9, 3], &[2, 12, 3]], 0, &Device::Cpu).unwrap();
    let bias = bert::attention_bias(&mask).unwrap();
    let [a, b] = [Mode::Training, Mode::Inference]
        .map(|mode| trunk.forward(&ids, &bias, mode, None).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap());
    assert!(largest_difference(&a, &b) < 1e-5);
}

/// Compares with vectors that PyTorch's own transformer layers gave for the same weights.
fn equals_pytorch(folder: &Path, expected: &str) {
    #[derive(serde::Deserialize)]
    struct Row {
        text: String,
        ids: Vec<u32>,
        first: Vec<f32>,
        last: Vec<f32>,
        sum: Vec<f32>,
    }
    let rows: Vec<Row> = serde_json::from_slice(&std::fs::read(tiny().join(expected)).unwrap()).unwrap();
    let (encoder, trunk) = (checkpoint(folder), whole(folder));
    for row in rows {
        let ids = encoder.pieces().sequence(&row.text).unwrap();
        assert_eq!(ids, row.ids);
        let (ids, mask) = bert::pad(&[&ids], 0, &Device::Cpu).unwrap();
        let hidden = trunk.forward(&ids, &bert::attention_bias(&mask).unwrap(), Mode::Inference, None).unwrap();
        let hidden = hidden.squeeze(0).unwrap();
        let vector = |t: Tensor| t.to_vec1::<f32>().unwrap();
        let (first, last) = (vector(hidden.get(0).unwrap()), vector(hidden.get(row.ids.len() - 1).unwrap()));
        assert!(largest_difference(&first, &row.first) < 1e-4);
        assert!(largest_difference(&last, &row.last) < 1e-4);
        assert!(largest_difference(&vector(hidden.sum(0).unwrap()), &row.sum) < 1e-3);
    }
}

#[test]
fn forward_equals_pytorch() {
    equals_pytorch(&tiny(), "expected.json");
    if let Some(folder) = minilm("forward_equals_pytorch") {
        equals_pytorch(&folder, "expected_minilm.json");
    }
}

#[test]
fn forward_equals_candle_transformers() {
    use candle_transformers::models::bert as theirs;
    let config: theirs::Config = serde_json::from_slice(&std::fs::read(tiny().join("config.json")).unwrap()).unwrap();
    let vb =
        VarBuilder::from_tensors(store::read(&tiny().join("model.safetensors"), &Device::Cpu).unwrap(), DType::F32, &Device::Cpu);
    let model = theirs::BertModel::load(vb, &config).unwrap();
    let (ids, mask) = bert::pad(&[&[2, 40, 41, 7, 9, 3], &[2, 12, 3]], 0, &Device::Cpu).unwrap();
    let expected = model.forward(&ids, &ids.zeros_like().unwrap(), Some(&mask.to_dtype(DType::U32).unwrap())).unwrap();
    let ours = whole(&tiny()).forward(&ids, &bert::attention_bias(&mask).unwrap(), Mode::Inference, None).unwrap();
    let masked = |t: Tensor| {
        t.broadcast_mul(&mask.unsqueeze(D::Minus1).unwrap()).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap()
    };
    assert!(largest_difference(&masked(ours), &masked(expected)) < 1e-4);
}

#[test]
fn batches_do_not_change_vectors_and_runs_repeat_exactly() {
    let target = converted(&tiny(), Precision::Compact);
    let encoder = CandleEncoder::open(target.path(), &Device::Cpu).unwrap();
    let long = LINES.join(" ").repeat(6);
    let documents = [document("Assessment", &LINES), document("Plan", &[&long, "no fever"]), document("Empty", &[])];
    let refs: Vec<&Document> = documents.iter().collect();
    let together = encoder.encode_many(&refs).unwrap();
    let again = encoder.encode_many(&refs).unwrap();
    assert_eq!(together, again);
    for (document, encoded) in documents.iter().zip(&together) {
        let alone = encoder.encode(document).unwrap();
        assert_eq!(alone.tokens, encoded.tokens);
        assert!(largest_difference(&alone.tagging, &encoded.tagging) < 1e-5);
        assert!(largest_difference(&alone.linking, &encoded.linking) < 1e-5);
        tokens_cover_the_sentences(document, encoded);
    }
    let texts = ["knee pain", "", "recurrent fever since spring with knee pain"];
    let all = encoder.embed(&texts).unwrap();
    for (text, vector) in texts.iter().zip(&all) {
        assert!(largest_difference(&encoder.embed(&[text]).unwrap()[0], vector) < 1e-5);
        let length = vector.iter().map(|v| v * v).sum::<f32>();
        assert!((length - if text.is_empty() { 0.0 } else { 1.0 }).abs() < 1e-4);
    }
}

/// Every letter and digit of a sentence lies in exactly one token, and tokens are in order.
fn tokens_cover_the_sentences(document: &Document, encoded: &EncodedDocument) {
    assert_eq!(encoded.tagging.len(), encoded.tokens.len() * encoded.dim);
    assert!(encoded.tokens.is_sorted_by_key(|t| (t.span.start, t.span.end)));
    for sentence in &document.sentences {
        for (at, c) in sentence.span.of(&document.text).char_indices().filter(|(_, c)| c.is_alphanumeric()) {
            let at = sentence.span.start + at;
            let holders = encoded.tokens.iter().filter(|t| t.span.start <= at && at < t.span.end).count();
            assert_eq!(holders, 1, "{c} at {at}");
        }
    }
}

#[test]
fn hash_encoder_gives_equal_words_equal_vectors() {
    let encoder = HashEncoder::new(64);
    let encoded = encoder.encode(&document("A", &["knee pain", "Knee swelling"])).unwrap();
    assert_eq!(encoded.tokens.len(), 4);
    assert_eq!(encoded.linking_at(0), encoded.linking_at(2));
    assert_ne!(encoded.linking_at(0), encoded.linking_at(1));
    let vectors = encoder.embed(&["knee pain", "pain knee", "rash"]).unwrap();
    assert!(largest_difference(&vectors[0], &vectors[1]) < 1e-6);
    let cosine: f32 = vectors[0].iter().zip(&vectors[2]).map(|(a, b)| a * b).sum();
    assert!(cosine.abs() < 0.6);
}

#[test]
fn compact_weights_stay_close_to_full_ones() {
    let report = |name: &str, folder: &Path, texts: &[&str]| {
        let full = checkpoint(folder).embed(texts).unwrap();
        let target = converted(folder, Precision::Compact);
        let compact = CandleEncoder::open(target.path(), &Device::Cpu).unwrap().embed(texts).unwrap();
        let cosine = |(a, b): (&Vec<f32>, &Vec<f32>)| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
        let lowest = full.iter().zip(&compact).map(cosine).fold(1.0, f32::min);
        println!("int8 against f32 on {name}: lowest cosine {lowest:.5} over {} texts", texts.len());
        assert!(lowest >= 0.995);
    };
    let texts = ["recurrent nosebleeds", "type 2 diabetes with neuropathy", "no fever", "left knee pain, worse with stairs"];
    report("the tiny model", &tiny(), &texts);
    if let Some(folder) = minilm("compact_weights_stay_close_to_full_ones") {
        report("MiniLM", &folder, &texts);
    }
}

#[test]
fn unusable_models_are_refused() {
    let fresh = || converted(&tiny(), Precision::Full);
    let open = |folder: &Path| CandleEncoder::open(folder, &Device::Cpu).map(|_| ()).unwrap_err();
    let re_record = |folder: &Path, file: &str| {
        let mut manifest = Manifest::read(folder).unwrap();
        manifest.record(folder, file).unwrap();
        manifest.write(folder).unwrap();
    };
    let change_branch = |folder: &Path, change: &dyn Fn(&mut BTreeMap<String, Tensor>)| {
        let path = folder.join(manifest::TAGGING);
        let mut weights = store::read(&path, &Device::Cpu).unwrap().into_iter().collect();
        change(&mut weights);
        store::write(&path, &weights, Precision::Full).unwrap();
        re_record(folder, manifest::TAGGING);
    };

    let model = fresh();
    let mut bytes = std::fs::read(model.path().join(manifest::TRUNK)).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(model.path().join(manifest::TRUNK), &bytes).unwrap();
    assert!(matches!(open(model.path()), EncoderError::Checksum { .. }));
    re_record(model.path(), manifest::TRUNK);
    assert!(matches!(open(model.path()), EncoderError::Format { .. }));

    let model = fresh();
    change_branch(model.path(), &|weights| {
        let name = "encoder.layer.2.output.dense.weight";
        weights.insert(name.into(), Tensor::zeros((48, 32), DType::F32, &Device::Cpu).unwrap());
    });
    let EncoderError::Shape { name, expected, found, .. } = open(model.path()) else { panic!("expected a shape error") };
    assert_eq!((name.as_str(), expected, found), ("encoder.layer.2.output.dense.weight", vec![32, 48], vec![48, 32]));

    let model = fresh();
    change_branch(model.path(), &|weights| drop(weights.remove("encoder.layer.2.output.dense.bias")));
    let error = open(model.path());
    assert!(matches!(&error, EncoderError::MissingWeight { name, .. } if name.ends_with("output.dense.bias")), "{error}");

    let model = fresh();
    let path = model.path().join(manifest::TAGGING);
    let mut bytes = std::fs::read(&path).unwrap();
    let last = bytes.len() - 4;
    bytes[last..].copy_from_slice(&f32::NAN.to_le_bytes());
    std::fs::write(&path, bytes).unwrap();
    re_record(model.path(), manifest::TAGGING);
    assert!(matches!(open(model.path()), EncoderError::NotFinite { .. }));

    let model = fresh();
    std::fs::remove_file(model.path().join(manifest::TOKENIZER)).unwrap();
    let error = open(model.path());
    assert!(matches!(error, EncoderError::Missing { what: "tokenizer", .. }), "{error}");

    let empty = tempfile::tempdir().unwrap();
    let error = open(empty.path());
    assert!(matches!(error, EncoderError::Missing { what: "model manifest", .. }), "{error}");
}

#[test]
fn a_users_own_model_is_found_in_the_hub_cache() {
    let cache = tempfile::tempdir().unwrap();
    let resolve = |model: &str| hub::resolve(model, Some(cache.path()));
    let message = |model: &str| resolve(model).unwrap_err().to_string();
    assert!(message("clinic/own-bert").contains("not in the hub cache"));

    let repo = cache.path().join("models--clinic--own-bert");
    let snapshot = repo.join("snapshots/0a1b2c");
    std::fs::create_dir_all(&snapshot).unwrap();
    std::fs::create_dir_all(repo.join("refs")).unwrap();
    std::fs::write(repo.join("refs/main"), "0a1b2c").unwrap();
    for file in ["config.json", "tokenizer.json"] {
        std::fs::copy(tiny().join(file), snapshot.join(file)).unwrap();
    }
    assert!(message("clinic/own-bert").contains("no model.safetensors or pytorch_model.bin"));
    std::fs::copy(tiny().join("model.safetensors"), snapshot.join("model.safetensors")).unwrap();
    let files = resolve("clinic/own-bert").unwrap();
    assert_eq!(files.weights, snapshot.join("model.safetensors"));
    let encoder = CandleEncoder::from_checkpoint(&files, &Device::Cpu).unwrap();
    assert_eq!(encoder.embed(&["knee pain"]).unwrap(), checkpoint(&tiny()).embed(&["knee pain"]).unwrap());

    assert!(message("clinic/own-bert@other").contains("no config.json"));
    for wrong in ["../secrets", "a/b/c", "", "/no/such/folder"] {
        assert!(message(wrong).contains("hub id"), "{wrong}");
    }
}

/// The older form of a checkpoint: `vocab.txt` in place of `tokenizer.json`.
#[test]
fn a_word_list_serves_as_tokenizer() {
    let folder = tempfile::tempdir().unwrap();
    let tokenizer: serde_json::Value = serde_json::from_slice(&std::fs::read(tiny().join("tokenizer.json")).unwrap()).unwrap();
    let mut pieces: Vec<(u64, &String)> =
        tokenizer["model"]["vocab"].as_object().unwrap().iter().map(|(piece, id)| (id.as_u64().unwrap(), piece)).collect();
    pieces.sort();
    let list: String = pieces.iter().map(|(_, piece)| format!("{piece}\n")).collect();
    std::fs::write(folder.path().join("vocab.txt"), list).unwrap();
    for file in ["config.json", "model.safetensors"] {
        std::fs::copy(tiny().join(file), folder.path().join(file)).unwrap();
    }
    let (ours, expected) = (checkpoint(folder.path()), checkpoint(&tiny()));
    let (a, b) = (ours.encode(&document("Plan", &LINES)).unwrap(), expected.encode(&document("Plan", &LINES)).unwrap());
    assert_eq!(a, b);
}

/// Saves the random weights that `load` asks for, with a config and the tiny tokenizer, and opens them as a user would.
fn other_family(config: serde_json::Value, prefix: &str, load: impl Fn(VarBuilder)) -> Result<CandleEncoder, EncoderError> {
    let folder = tempfile::tempdir().unwrap();
    let map = candle_nn::VarMap::new();
    load(VarBuilder::from_varmap(&map, DType::F32, &Device::Cpu));
    let weights: BTreeMap<String, Tensor> =
        map.data().lock().unwrap().iter().map(|(name, var)| (format!("{prefix}{name}"), var.as_tensor().clone())).collect();
    store::write(&folder.path().join("model.safetensors"), &weights, Precision::Full).unwrap();
    std::fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    std::fs::copy(tiny().join("tokenizer.json"), folder.path().join("tokenizer.json")).unwrap();
    CandleEncoder::from_checkpoint(&hub::resolve(folder.path().to_str().unwrap(), None)?, &Device::Cpu)
}

#[test]
fn other_families_load_and_ignore_padding() {
    use candle_transformers::models::{distilbert, modernbert, xlm_roberta};
    let distil = serde_json::json!({
        "model_type": "distilbert", "vocab_size": 130, "dim": 24, "n_layers": 2, "n_heads": 2, "hidden_dim": 32,
        "activation": "gelu", "max_position_embeddings": 64, "initializer_range": 0.02, "pad_token_id": 0
    });
    let modern = serde_json::json!({
        "model_type": "modernbert", "vocab_size": 130, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 40, "max_position_embeddings": 64, "norm_eps": 1e-5, "pad_token_id": 0,
        "global_attn_every_n_layers": 2, "global_rope_theta": 160000.0, "local_attention": 16, "local_rope_theta": 10000.0
    });
    let roberta = serde_json::json!({
        "model_type": "roberta", "vocab_size": 130, "hidden_size": 24, "num_hidden_layers": 2, "num_attention_heads": 2,
        "intermediate_size": 32, "hidden_act": "gelu", "max_position_embeddings": 66, "type_vocab_size": 1, "pad_token_id": 0,
        "layer_norm_eps": 1e-5, "attention_probs_dropout_prob": 0.1, "hidden_dropout_prob": 0.1
    });
    let parse = |config: &serde_json::Value, added: serde_json::Value| {
        let mut config = config.clone();
        config.as_object_mut().unwrap().extend(added.as_object().unwrap().clone());
        config
    };
    let distil_config: distilbert::Config = serde_json::from_value(distil.clone()).unwrap();
    let modern_config: modernbert::Config =
        serde_json::from_value(parse(&modern, serde_json::json!({"layer_norm_eps": 1e-5}))).unwrap();
    let roberta_config: xlm_roberta::Config =
        serde_json::from_value(parse(&roberta, serde_json::json!({"position_embedding_type": "absolute"}))).unwrap();
    let encoders = [
        other_family(distil, "distilbert.", |vb| drop(distilbert::DistilBertModel::load(vb, &distil_config).unwrap())),
        other_family(modern, "", |vb| drop(modernbert::ModernBert::load(vb, &modern_config).unwrap())),
        other_family(roberta, "roberta.", |vb| drop(xlm_roberta::XLMRobertaModel::new(&roberta_config, vb).unwrap())),
    ];
    for encoder in encoders {
        let encoder = encoder.unwrap();
        let texts = ["knee", "recurrent fever since spring with left knee pain"];
        let together = encoder.embed(&texts).unwrap();
        for (text, vector) in texts.iter().zip(&together) {
            assert_eq!(vector.len(), encoder.dim());
            assert!(largest_difference(vector, &encoder.embed(&[text]).unwrap()[0]) < 1e-5);
        }
        let encoded = encoder.encode(&document("Plan", &LINES)).unwrap();
        assert_eq!(encoded.tagging, encoded.linking);
    }
    let unknown =
        other_family(serde_json::json!({"model_type": "t5", "vocab_size": 9, "max_position_embeddings": 9}), "", |_| ());
    assert!(matches!(unknown, Err(EncoderError::Family { .. })));
}

/// Prints how often the right title family stands first and among 20 for the labelled problem mentions of the dev
/// part (a report, nothing is tuned on it): `cargo test --release -- --ignored --nocapture retrieval_of_labelled`.
#[test]
#[ignore = "a measurement of minutes; needs the labelled notes"]
fn retrieval_of_labelled_mentions() {
    use superbill::encoder::{normalize, vectors};
    use superbill::extract::MentionKind;
    use superbill::train::data::{Split, labels};
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let shared = std::env::var_os("SUPERBILL_SHARED").map_or_else(|| root.join("../shared"), PathBuf::from);
    let Ok(notes) = labels::load(&shared.join("data/corpora/labels"), Split::Dev) else {
        eprintln!("skipped: labelled notes not found under {}", shared.display());
        return;
    };
    let model = root.join("models/superbill-base");
    let encoder = CandleEncoder::open(&model, &Device::Cpu).unwrap();
    let file = vectors::open_code_vectors(&model).unwrap();
    let documents: Vec<Document> = notes.iter().map(|n| superbill::document::read(&n.text)).collect();
    let encoded = encoder.encode_many(&documents.iter().collect::<Vec<_>>()).unwrap();
    let (mut words, mut in_context, mut codes) = (Vec::new(), Vec::new(), Vec::new());
    for (note, encoded) in notes.iter().zip(&encoded) {
        for mention in note.mentions.iter().filter(|m| m.kind == MentionKind::Problem) {
            let Some(code) = &mention.code else { continue };
            words.push(mention.span.of(&note.text));
            in_context.push(encoded.mention_vector(mention.span).unwrap_or_else(|| vec![0.0; encoder.dim()]));
            codes.push(code.replace('.', ""));
        }
    }
    let alone = encoder.embed(&words).unwrap();
    let both = |(a, b): (&Vec<f32>, &Vec<f32>)| {
        let mut sum: Vec<f32> = a.iter().zip(b).map(|(a, b)| a + 0.5 * b).collect();
        normalize(&mut sum);
        sum
    };
    let both: Vec<Vec<f32>> = alone.iter().zip(&in_context).map(both).collect();
    for (name, queries) in [("words alone", &alone), ("in context", &in_context), ("both", &both)] {
        let found = file.search(queries, 20);
        let among = |k: usize| {
            let right =
                found.iter().zip(&codes).filter(|(f, code)| f.iter().take(k).any(|n| file.members(n.row).any(|m| m == *code)));
            right.count() as f64 / codes.len() as f64
        };
        println!(
            "{name}: {} mentions, family first {:.3}, among 5 {:.3}, among 20 {:.3}",
            codes.len(),
            among(1),
            among(5),
            among(20)
        );
    }
}
