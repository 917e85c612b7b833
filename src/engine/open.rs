//! Opens tables, weights and models side by side: they decide how soon a process answers.
use super::files::{read_ids, read_thresholds};
use super::{Engine, EngineConfig, EngineError, EngineInfo, ModelInfo, Reader};
use crate::codeset::CodeSets;
use crate::coding::bag_of_words::SERVICES_FILE;
use crate::coding::diagnoses::documented::{self, model::DocumentedModel};
use crate::coding::diagnoses::model::DiagnosisModel;
use crate::coding::diagnoses::recheck::{self, Recheck};
use crate::coding::procedures::last_look::{self, LastLook};
use crate::coding::procedures::{
    ProcedureCoder, families::FamilyTables, model::ProcedureModel, pointers::PointerModel, table::ProcedureTable,
};
use crate::em::last_look::{self as visits, VisitLook};
use crate::encoder::manifest::Manifest;
use crate::rules::Payers;

pub(super) fn open_error(error: impl std::fmt::Display) -> EngineError {
    EngineError::Open(error.to_string())
}

impl Engine {
    /// Opens everything; an error names the file and what to do.
    pub fn open(config: &EngineConfig) -> Result<Self, EngineError> {
        let folder = config.codesets_folder();
        let model = config.model_folder();
        let manifest = Manifest::read(&model).map_err(open_error)?;
        let verify = |file: &str| manifest.verify(&model, file).map_err(open_error);
        let open_tables = || {
            let code_sets = CodeSets::open_with(&folder, config.data.as_deref()).map_err(open_error)?;
            let payers_folder = folder.join("payers");
            let payers =
                if payers_folder.is_dir() { Payers::open(&payers_folder) } else { Payers::embedded() }.map_err(open_error)?;
            Ok::<_, EngineError>((code_sets, payers))
        };
        let open_diagnoses = || {
            verify("diagnoses.json.gz")?;
            let diagnoses = DiagnosisModel::open(&model.join("diagnoses.json.gz")).map_err(open_error)?;
            if !manifest.files.contains_key(recheck::FILE) {
                return Ok((diagnoses, None));
            }
            verify(recheck::FILE)?;
            let recheck = Recheck::open(&model.join(recheck::FILE)).map_err(open_error)?;
            Ok::<_, EngineError>((diagnoses, Some(recheck)))
        };
        let open_documented = |reader: &Reader| {
            if !manifest.files.contains_key(documented::model::FILE) {
                return Ok::<_, EngineError>(None);
            }
            verify(documented::model::FILE)?;
            DocumentedModel::open(&model.join(documented::model::FILE), reader.lexicon()).map_err(open_error).map(Some)
        };
        let open_reader = || {
            let reader = Reader::open(&model, &folder, &config.device)?;
            let documented = open_documented(&reader)?;
            Ok::<_, EngineError>((reader, documented))
        };
        let open_procedures = || {
            verify("procedures.json.gz")?;
            let open_families = || FamilyTables::open(&folder.join("procedures")).map_err(open_error);
            let open_model = || {
                let table = ProcedureTable::read(&folder.join("procedure_phrases.json.gz")).map_err(open_error)?;
                let model = ProcedureModel::read(&model.join("procedures.json.gz")).map_err(open_error)?;
                Ok::<_, EngineError>((table, model))
            };
            let open_look = || {
                if !manifest.files.contains_key(last_look::FILE) {
                    return Ok(None);
                }
                verify(last_look::FILE)?;
                verify(SERVICES_FILE)?;
                LastLook::open(&model).map_err(open_error).map(Some)
            };
            let (model, (families, look)) = rayon::join(open_model, || rayon::join(open_families, open_look));
            let (table, model) = model?;
            let pointers = PointerModel::open(&folder.join("procedures")).map_err(open_error)?;
            let look = look?;
            Ok::<_, EngineError>(ProcedureCoder::new(table, model, families?, pointers, look))
        };
        let (((tables, reader), diagnoses), procedures) =
            rayon::join(|| rayon::join(|| rayon::join(open_tables, open_reader), open_diagnoses), open_procedures);
        let ((code_sets, payers), (reader, documented), (diagnoses, recheck)) = (tables?, reader?, diagnoses?);
        let visits = match manifest.files.contains_key(visits::FILE) {
            true => {
                verify(visits::FILE)?;
                Some(VisitLook::open(&model).map_err(open_error)?)
            }
            false => None,
        };
        verify("review.toml")?;
        verify("training_documents.txt")?;
        let info = EngineInfo {
            version: env!("CARGO_PKG_VERSION").into(),
            model: ModelInfo { name: reader.model_name().to_owned(), sha256: reader.model_identity() },
            numerics: reader.numerics(),
            // Those that answer for an encounter's date are stated in its result.
            code_sets: Default::default(),
        };
        Ok(Self {
            payers,
            diagnoses,
            recheck,
            documented,
            procedures: procedures?,
            visits,
            review: read_thresholds(&model.join("review.toml"))?,
            training_documents: read_ids(&model.join("training_documents.txt"))?,
            info,
            reader,
            code_sets,
        })
    }
}
