//! Pathology reports: each specimen is a service whose level follows from organ and kind of removal.
//!
//! The levels (II to VI, 88302 to 88309) are a list of specimens; the table here is ours, in our words, for the common
//! ones. A specimen that it does not know counts as level IV, the most frequent, and is asked about.
use std::collections::BTreeMap;

use crate::document::{SectionKind, Span};
use crate::note::NoteType;

use super::statements::Statement;
use super::view::NoteView;

/// A service that a pathology report shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PathologyService {
    /// CPT code.
    pub code: &'static str,
    /// Units.
    pub units: u32,
    /// Where it stands.
    pub spans: Vec<Span>,
    /// Our own short descriptor.
    pub title: &'static str,
}

const LEVELS: [(u8, &str, &str); 5] = [
    (2, "88302", "Look at tissue of a sure kind under the microscope"),
    (3, "88304", "Look at simple tissue under the microscope"),
    (4, "88305", "Look at a biopsy or usual specimen under the microscope"),
    (5, "88307", "Look at a larger or harder specimen under the microscope"),
    (6, "88309", "Look at a cancer operation's specimen under the microscope"),
];

/// Organ words, level of its removal, level of a biopsy of it.
const ORGANS: [(&[&str], u8, u8); 34] = [
    (&["lymph node", "obturator node", "nodes", "node"], 5, 4),
    (&["lung", "lobe"], 6, 4),
    (&["prostate"], 6, 4),
    (&["colon", "cecum", "sigmoid", "rectum", "hemicolectomy"], 6, 4),
    (&["esophagus"], 6, 4),
    (&["stomach"], 6, 4),
    (&["pancreas"], 6, 5),
    (&["larynx"], 6, 4),
    (&["tongue"], 6, 4),
    (&["bladder"], 6, 4),
    (&["vulva"], 6, 4),
    (&["small bowel", "ileum", "jejunum", "duodenum"], 5, 4),
    (&["kidney"], 5, 5),
    (&["liver"], 5, 5),
    (&["thyroid"], 5, 5),
    (&["thymus"], 5, 5),
    (&["parathyroid"], 4, 4),
    (&["adrenal"], 5, 5),
    (&["brain", "meninges", "pituitary"], 5, 5),
    (&["parotid", "salivary", "submandibular gland"], 5, 4),
    (&["breast"], 5, 4),
    (&["uterus"], 5, 4),
    (&["ovary", "fallopian tube", "adnexa"], 4, 4),
    (&["cervix"], 5, 4),
    (&["endometri", "endocervi"], 4, 4),
    (&["testis", "testicle"], 5, 5),
    (&["bone", "sesamoid"], 5, 5),
    (
        &["gallbladder", "appendix", "tonsil", "adenoid", "foreskin", "ganglion", "lipoma", "hemorrhoid", "disc", "disk", "cyst"],
        3,
        3,
    ),
    (&["hernia sac", "varicocele", "vas deferens"], 2, 2),
    (&["placenta"], 5, 5),
    (&["skin", "polyp", "nerve", "synovium", "muscle"], 4, 4),
    (&["soft tissue", "mass"], 5, 5),
    (&["artery", "vein", "thrombus", "bursa"], 3, 3),
    (&["toe", "finger"], 4, 4),
];

/// Services of a pathology report; empty for every other note.
pub fn services(view: &NoteView<'_>) -> Vec<PathologyService> {
    let specimens = specimens(view);
    if specimens.is_empty() {
        return Vec::new();
    }
    let whole = view.text.to_lowercase();
    let mut by_level: BTreeMap<u8, Vec<Span>> = BTreeMap::new();
    for span in specimens {
        by_level.entry(level(span.of(view.text), &whole)).or_default().push(span);
    }
    let mut services: Vec<PathologyService> = LEVELS
        .iter()
        .filter_map(|(level, code, title)| {
            let spans = by_level.remove(level)?;
            Some(PathologyService { code, units: spans.len() as u32, spans, title })
        })
        .collect();
    services.extend(stains(view));
    services
}

/// The specimens of a pathology report: the items under its heading, else what is "labeled".
fn specimens(view: &NoteView<'_>) -> Vec<Span> {
    let lower = view.text.to_lowercase();
    let signs = [
        "gross description",
        "microscopic",
        "immunoperoxidase",
        "immunohistochem",
        "received in formalin",
        "final diagnosis",
        "gross:",
    ];
    let operated = [SectionKind::ProcedurePerformed, SectionKind::ProcedureDescription];
    let has_operation = view.statements.iter().any(|s| operated.contains(&s.section));
    let pathology = view.context.note_type == NoteType::Pathology
        || (!has_operation && lower.contains("specimen") && signs.iter().filter(|s| lower.contains(*s)).count() >= 2)
        || (!has_operation
            && view.statements.iter().any(|s| is_specimen_heading(s, view.text))
            && signs.iter().any(|s| lower.contains(s)));
    if !pathology {
        return Vec::new();
    }
    let mut under_heading = false;
    let mut listed = Vec::new();
    for statement in view.statements {
        let text = statement.span.of(view.text);
        if is_specimen_heading(statement, view.text) {
            under_heading = true;
        } else if statement.section != SectionKind::OperativeDetails {
            under_heading = false;
        } else if under_heading && text.len() < 160 {
            listed.push(statement.span);
        }
    }
    if !listed.is_empty() {
        return listed;
    }
    view.statements
        .iter()
        .map(|s| s.span)
        .filter(|span| {
            let text = span.of(view.text).to_lowercase();
            let labelled = ["labeled", "labelled", "designated"].iter().any(|w| text.contains(w));
            labelled && (text.contains("specimen") || text.contains("received"))
        })
        .collect()
}

fn is_specimen_heading(statement: &Statement, text: &str) -> bool {
    let words = statement.span.of(text).trim_end_matches(':').trim().to_lowercase();
    matches!(
        words.as_str(),
        "specimen" | "specimens" | "specimen(s)" | "specimens submitted" | "specimen submitted" | "specimens received"
    )
}

/// Level of a specimen by its words.
fn level(text: &str, whole: &str) -> u8 {
    let lower = text.to_lowercase();
    // At the beginning of a word only: a gallbladder is no bladder.
    let begins = |w: &str| lower.match_indices(w).any(|(at, _)| !lower[..at].ends_with(char::is_alphanumeric));
    let has = |list: &[&str]| list.iter().any(|w| begins(w));
    let Some((_, removal, biopsy)) = ORGANS.iter().find(|(words, _, _)| has(words)) else { return 4 };
    if lower.contains("wedge") {
        return 5;
    }
    if has(&["needle", "punch", "shave", "curett", "transbronchial", "endoscopic", "polyp"]) {
        return (*biopsy).min(4);
    }
    if has(&["biops"]) {
        return *biopsy;
    }
    // A whole organ taken for something other than cancer stands one level lower.
    let cancer =
        ["carcinoma", "malignan", "tumor", "lymphoma", "sarcoma", "melanoma", "neoplas"].iter().any(|w| whole.contains(w));
    match *removal {
        6 if !cancer => 5,
        5 if cancer && has(&["uterus", "testis", "testicle"]) => 6,
        level => level,
    }
}

/// Antibody stains, decalcification and frozen sections.
fn stains(view: &NoteView<'_>) -> Vec<PathologyService> {
    let mut services = Vec::new();
    let find = |words: &[&str]| {
        view.statements.iter().find(|s| {
            let lower = s.span.of(view.text).to_lowercase();
            words.iter().any(|w| lower.contains(w))
        })
    };
    if let Some(statement) = find(&["immunoperoxidase", "immunohistochem", "immunostain", "cytokeratin", "ck-7", "ck7"]) {
        let spans = vec![statement.span];
        let text = statement.span.of(view.text);
        let markers = markers(text);
        services.push(PathologyService {
            code: "88342",
            units: 1,
            spans: spans.clone(),
            title: "First antibody stain on a specimen",
        });
        if markers > 1 {
            services.push(PathologyService {
                code: "88341",
                units: markers - 1,
                spans,
                title: "Each further antibody stain on a specimen",
            });
        }
    }
    if let Some(statement) = find(&["decalcif"]) {
        services.push(PathologyService {
            code: "88311",
            units: 1,
            spans: vec![statement.span],
            title: "Take the calcium out of a specimen",
        });
    }
    if let Some(statement) = find(&["frozen section"]) {
        services.push(PathologyService {
            code: "88331",
            units: 1,
            spans: vec![statement.span],
            title: "Frozen section, first block",
        });
    }
    services
}

/// Markers listed after "for": `Ck-7, CK-20 and TTF` are three.
fn markers(text: &str) -> u32 {
    let lower = text.to_lowercase();
    let Some(at) = lower.find(" for ").or_else(|| lower.find("stain")) else { return 1 };
    let list = &lower[at..];
    let end = list.find([';', '(']).unwrap_or(list.len());
    let list: Vec<&str> = list[..end].split([',']).flat_map(|p| p.split(" and ")).collect();
    let short = list.iter().take_while(|p| p.split_whitespace().count() <= 3).count();
    (short.max(1) as u32).min(10)
}

/// Codes that [`services`] decides.
pub fn decides(code: &str) -> bool {
    matches!(code, "88300" | "88302" | "88304" | "88305" | "88307" | "88309" | "88311" | "88331" | "88341" | "88342")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_organ_and_removal() {
        assert_eq!(level("A. Lung, wedge biopsy left lower lobe", "carcinoma"), 5);
        assert_eq!(level("Right upper lobe, lung resection", "carcinoma"), 6);
        assert_eq!(level("Lymph node, biopsy level 4", "carcinoma"), 4);
        assert_eq!(level("Gallbladder", ""), 3);
        assert_eq!(level("Colon, segmental resection", "diverticulitis"), 5);
        assert_eq!(markers("immunoperoxidase stain for CK7, CK20 and TTF"), 3);
    }
}
