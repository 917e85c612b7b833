//! What the words of a concept and of a statement have in common: anatomy, modality, and weighted overlap.
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::index::{PhraseIndex, Source, Target};
use super::table::ProcedureTable;

/// Parts of the body, written so that the normaliser gives their stems.
const ANATOMY: &str = "head scalp skull brain face forehead cheek chin jaw mandible maxilla zygoma eye eyelid lid orbit cornea retina \
lens conjunctiva lacrimal ear tympanic mastoid nose septum turbinate sinus maxillary ethmoid sphenoid frontal lip mouth tongue palate \
tonsil adenoid pharynx larynx vocal trachea bronchus neck thyroid parathyroid carotid spine cervical thoracic lumbar sacrum coccyx \
sacroiliac disc vertebra lamina shoulder clavicle scapula acromion rotator humerus elbow epicondyle olecranon forearm radius ulna \
wrist carpal scaphoid hand metacarpal finger thumb phalanx knuckle chest rib sternum breast nipple areola lung pleura mediastinum \
heart valve aorta aortic mitral tricuspid coronary atrial ventricle pericardium artery vein iliac femur popliteal subclavian jugular \
brachial saphenous esophagus stomach duodenum small bowel ileum jejunum colon sigmoid rectum anus hemorrhoid appendix liver \
gallbladder bile pancreas spleen kidney ureter bladder urethra prostate penis testis scrotum hydrocele spermatic vas uterus cervix \
ovary tube vagina vulva perineum pelvis abdomen groin umbilical ventral hip acetabulum thigh knee patella meniscus cruciate tibia \
fibula leg calf ankle malleolus achilles talus calcaneus heel foot metatarsal toe bunion plantar back buttock axilla flank arm skin \
nail muscle tendon nerve median ulnar bone joint lymph node trochanteric bursa";

/// Ways of doing it that set codes apart.
pub const MODALITY: &str = "laparoscopic arthroscopic endoscopic thoracoscopic robotic percutaneous open transurethral vaginal cystoscopy \
bronchoscopy laryngoscopy hysteroscopic ct mri ultrasound xray angiogram laser radiofrequency stent balloon graft flap mesh implant \
arthroplasty fusion amputation biopsy incision drainage injection closed reduction fixation external debridement catheter catheterization \
pacemaker icd bypass transplant reconstruction revision removal insertion replacement repair destruction shave punch cesarean \
tunneled port dialysis fistula shunt tube endarterectomy embolization thrombectomy lithotripsy ablation osteotomy discectomy laminectomy \
decompression craniotomy arthrotomy tenotomy release doppler perfusion stress ecg echocardiogram test vaccine psychiatric";

/// Words of one concept with their weights.
#[derive(Clone, Debug, Default)]
pub struct ConceptWords {
    /// Weight by word id, of unit length.
    pub vector: BTreeMap<u32, f32>,
    /// Words of its name.
    pub name: BTreeSet<u32>,
}

/// Vocabulary of all concepts.
pub struct Vocabulary {
    /// By concept.
    pub concepts: Vec<ConceptWords>,
    anatomy: HashSet<u32>,
    modality: HashSet<u32>,
}

impl Vocabulary {
    /// Reads it off the index.
    pub fn new(table: &ProcedureTable, index: &PhraseIndex) -> Self {
        let ids = |text: &str| -> HashSet<u32> { index.ids(&index.words.of(text, 0)).into_iter().flatten().collect() };
        let mut concepts: Vec<ConceptWords> = table
            .concepts
            .iter()
            .map(|c| ConceptWords { vector: BTreeMap::new(), name: ids(&c.concept).into_iter().collect() })
            .collect();
        let mut add = |concept: usize, words: &[u32], weight: f32| {
            for &word in words {
                *concepts[concept].vector.entry(word).or_default() += weight;
            }
        };
        for phrase in &index.phrases {
            match (phrase.target, phrase.source) {
                (Target::Concept(c), _) => add(c, &phrase.words, 1.0),
                (Target::Code(code), Source::Composed) => {
                    for &(c, _) in &index.codes[code].entries {
                        add(c, &phrase.words, 0.3);
                    }
                }
                _ => {}
            }
        }
        for concept in &mut concepts {
            for (word, count) in &mut concept.vector {
                *count = (1.0 + *count).ln() * index.weight(*word);
            }
            let length = concept.vector.values().map(|v| v * v).sum::<f32>().sqrt().max(1e-6);
            concept.vector.values_mut().for_each(|v| *v /= length);
        }
        Self { concepts, anatomy: ids(ANATOMY), modality: ids(MODALITY) }
    }

    /// Weighted overlap (cosine) of a set of words with a concept.
    pub fn cosine(&self, index: &PhraseIndex, concept: usize, words: &BTreeSet<u32>) -> f32 {
        let length = words.iter().map(|w| index.weight(*w).powi(2)).sum::<f32>().sqrt().max(1e-6);
        let vector = &self.concepts[concept].vector;
        words.iter().filter_map(|w| vector.get(w).map(|v| v * index.weight(*w))).sum::<f32>() / length
    }

    /// Anatomy and modality words: in both, only in the statement, only in the concept's name and not in `whole`.
    pub fn overlap(&self, concept: usize, words: &BTreeSet<u32>, whole: &BTreeSet<u32>) -> [f32; 6] {
        let of = &self.concepts[concept];
        let mut counts = [0.0f32; 6];
        for (k, set) in [&self.anatomy, &self.modality].into_iter().enumerate() {
            for word in words.iter().filter(|w| set.contains(w)) {
                if of.vector.contains_key(word) {
                    counts[3 * k] += 1.0;
                } else {
                    counts[3 * k + 1] += 1.0;
                }
            }
            counts[3 * k + 2] = of.name.iter().filter(|w| set.contains(w) && !whole.contains(w)).count() as f32;
        }
        counts
    }
}
