//! What a diagnosis says about a lesion of the skin.
use crate::rules::codes::is_under;

/// Kind of lesion, as far as the choice of a procedure code depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lesion {
    /// Malignant or in situ.
    Malignant,
    /// Actinic keratosis and its like.
    Premalignant,
    /// Skin tag.
    Tag,
    /// Wart, molluscum, seborrheic keratosis, nevus, cyst and the like.
    Benign,
    /// Behaviour uncertain by pathology.
    Uncertain,
    /// Not specified: pathology not known.
    Unspecified,
}

const STEMS: &[(&str, Lesion)] = &[
    ("C00", Lesion::Malignant),
    ("C43", Lesion::Malignant),
    ("C44", Lesion::Malignant),
    ("C46.0", Lesion::Malignant),
    ("C4A", Lesion::Malignant),
    ("C51", Lesion::Malignant),
    ("C60", Lesion::Malignant),
    ("C63.2", Lesion::Malignant),
    ("D03", Lesion::Malignant),
    ("D04", Lesion::Malignant),
    ("L57.0", Lesion::Premalignant),
    ("L56.5", Lesion::Premalignant),
    ("L91.8", Lesion::Tag),
    ("B07", Lesion::Benign),
    ("B08.1", Lesion::Benign),
    ("L82", Lesion::Benign),
    ("D17.0", Lesion::Benign),
    ("D17.1", Lesion::Benign),
    ("D17.2", Lesion::Benign),
    ("D17.3", Lesion::Benign),
    ("D22", Lesion::Benign),
    ("D23", Lesion::Benign),
    ("L72", Lesion::Benign),
    ("D48.5", Lesion::Uncertain),
    ("D49.2", Lesion::Unspecified),
];

/// The kind of a diagnosis; `None` where it is no lesion that these rules know.
pub fn lesion(code: &str) -> Option<Lesion> {
    STEMS.iter().find(|(stem, _)| is_under(code, stem)).map(|(_, lesion)| *lesion)
}

/// The one kind of all the diagnoses; `None` where there are none, one is unknown, or they differ.
pub fn only_kind<'a>(codes: impl Iterator<Item = &'a str>) -> Option<Lesion> {
    let mut kind = None;
    for code in codes {
        let this = lesion(code)?;
        if kind.is_some_and(|before| before != this) {
            return None;
        }
        kind = Some(this);
    }
    kind
}
