//! Single stages, for those who measure or train them.
use jiff::civil::Date;

use super::{Engine, EngineError};
use crate::coding::lexicon::Lexicon;
use crate::document::Document;
use crate::extract::{Mention, Relation};
use crate::note::Encounter;

impl Engine {
    /// The mentions of an encounter's note.
    pub fn mentions(&self, encounter: &Encounter, today: Date) -> Result<Vec<Mention>, EngineError> {
        Ok(self.read(encounter, today)?.extraction.mentions)
    }

    /// The relations between mentions of a document, given in order of place.
    pub fn relate(&self, document: &Document, mentions: &[Mention]) -> Vec<Relation> {
        self.reader.relate(document, mentions)
    }

    /// The dictionary.
    pub fn lexicon(&self) -> &Lexicon {
        self.reader.lexicon()
    }
}
