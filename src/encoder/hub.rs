//! A user's own model: a local folder, or a model id looked up in the hub's cache on this machine.
//!
//! Nothing is downloaded unless the program is built with the feature `fetch`.
use std::path::{Path, PathBuf};

use hf_hub::{Cache, Repo, RepoType};

use super::error::EncoderError;

/// The files of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// `config.json`
    pub config: PathBuf,
    /// `tokenizer.json`, or `vocab.txt` of an older BERT
    pub tokenizer: PathBuf,
    /// `model.safetensors`, or `pytorch_model.bin`
    pub weights: PathBuf,
}

/// What a folder may hold, best first.
const CONFIG: [&str; 1] = ["config.json"];
const TOKENIZER: [&str; 2] = ["tokenizer.json", "vocab.txt"];
const WEIGHTS: [&str; 2] = ["model.safetensors", "pytorch_model.bin"];

/// Finds a model's files. `model` is a folder, or a hub id as in `emilyalsentzer/Bio_ClinicalBERT`, with
/// `@revision` added where a revision other than `main` is wanted. `cache` defaults to `HF_HOME`, else
/// `~/.cache/huggingface`, as other programs use it.
pub fn resolve(model: &str, cache: Option<&Path>) -> Result<ModelFiles, EncoderError> {
    let folder = Path::new(model);
    if folder.is_dir() {
        return files(model, &format!("the folder {model}"), |name| Some(folder.join(name)).filter(|p| p.exists()));
    }
    let refuse = |detail: String| EncoderError::Unresolved { model: model.to_owned(), detail };
    let (id, revision) = model.split_once('@').unwrap_or((model, "main"));
    let parts: Vec<&str> = id.split('/').collect();
    let good =
        |part: &&str| !part.is_empty() && *part != ".." && part.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    if parts.len() > 2 || !parts.iter().all(good) || revision.is_empty() || revision.contains("..") {
        return Err(refuse("there is no such folder, and it is no hub id (expected `organisation/name`)".to_owned()));
    }
    let cache = match cache {
        Some(path) => Cache::new(path.to_owned()),
        None if std::env::var_os("HF_HOME").is_some() || directories::BaseDirs::new().is_some() => Cache::from_env(),
        None => return Err(refuse("this user has no home directory to hold a hub cache; give a folder".to_owned())),
    };
    let place = cache.path().display().to_string();
    let repo = Repo::with_revision(id.to_owned(), RepoType::Model, revision.to_owned());
    fetch(&cache, &repo).map_err(&refuse)?;
    let known = cache.repo(repo);
    if !cache.path().join(format!("models--{}", id.replace('/', "--"))).is_dir() {
        let how = if cfg!(feature = "fetch") { "" } else { "; this build downloads nothing" };
        return Err(refuse(format!(
            "not in the hub cache {place}{how}: fetch it with `huggingface-cli download {id}`, or give a folder that holds config.json, tokenizer.json and model.safetensors"
        )));
    }
    files(model, &format!("the hub cache {place}"), |name| known.get(name))
}

fn files(model: &str, place: &str, find: impl Fn(&str) -> Option<PathBuf>) -> Result<ModelFiles, EncoderError> {
    let pick = |names: &[&str]| {
        names.iter().find_map(|n| find(n)).ok_or_else(|| {
            let sharded = names.contains(&WEIGHTS[0]) && find("model.safetensors.index.json").is_some();
            let hint =
                if sharded { " (the weights are split over several files; merge them into model.safetensors)" } else { "" };
            EncoderError::Unresolved { model: model.to_owned(), detail: format!("{place} has no {}{hint}", names.join(" or ")) }
        })
    };
    Ok(ModelFiles { config: pick(&CONFIG)?, tokenizer: pick(&TOKENIZER)?, weights: pick(&WEIGHTS)? })
}

/// Downloads what the cache lacks.
#[cfg(feature = "fetch")]
fn fetch(cache: &Cache, repo: &Repo) -> Result<(), String> {
    let api = hf_hub::api::sync::ApiBuilder::from_cache(cache.clone()).build().map_err(|e| e.to_string())?;
    let remote = api.repo(repo.clone());
    let known = cache.repo(repo.clone());
    for names in [CONFIG.as_slice(), &TOKENIZER, &WEIGHTS] {
        if names.iter().any(|n| known.get(n).is_some()) {
            continue;
        }
        let mut last = None;
        let got = names.iter().any(|name| remote.get(name).map_err(|e| last = Some(e.to_string())).is_ok());
        if !got {
            return Err(format!("download of {} failed: {}", names.join(" or "), last.unwrap_or_default()));
        }
    }
    Ok(())
}

/// This build does not download.
#[cfg(not(feature = "fetch"))]
fn fetch(_cache: &Cache, _repo: &Repo) -> Result<(), String> {
    Ok(())
}
