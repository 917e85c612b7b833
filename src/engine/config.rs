//! Which folders and which device an engine is opened with.
use std::path::{Path, PathBuf};

/// Name of the released model's folder under `models/`.
pub const MODEL: &str = "superbill-base";

/// How an engine is opened.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Folder of the model; default: `models/superbill-base` beside the program.
    pub model: Option<PathBuf>,
    /// Folder of the tables; default: `codesets` beside the program.
    pub codesets: Option<PathBuf>,
    /// Data folder with imported editions; none where not given.
    pub data: Option<PathBuf>,
    /// `cpu`, `cuda`, `cuda:N` or `auto`.
    pub device: String,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self { model: None, codesets: None, data: None, device: "auto".into() }
    }
}

impl EngineConfig {
    /// Folder of the model.
    pub fn model_folder(&self) -> PathBuf {
        self.model.clone().unwrap_or_else(|| shipped(&Path::new("models").join(MODEL)))
    }

    /// Folder of the tables.
    pub fn codesets_folder(&self) -> PathBuf {
        self.codesets.clone().unwrap_or_else(|| shipped(Path::new("codesets")))
    }
}

/// A folder that comes with the program: beside the executable, above it, in the working folder, or in the source tree
/// it was built from. Where none has it, the last is named, so that the error says where it was sought.
fn shipped(name: &Path) -> PathBuf {
    let mut places: Vec<PathBuf> = Vec::new();
    if let Ok(executable) = std::env::current_exe() {
        places.extend(executable.ancestors().skip(1).take(5).map(|p| p.join(name)));
    }
    places.push(name.to_owned());
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    places.into_iter().find(|p| p.is_dir()).unwrap_or(source)
}
