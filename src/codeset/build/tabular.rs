//! The official tabular list (XML) as a flat list of nodes.
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::codeset::CodesetError;
use crate::codeset::icd10cm::NoteKind;

/// A chapter, section or code of the tabular list, in its order.
pub(super) struct TabularNode {
    pub level: Level,
    /// Code with dot; chapter number; section id such as `A00-A09`.
    pub name: String,
    pub title: String,
    /// Place of the node above in the list.
    pub above: Option<usize>,
    pub notes: Vec<(NoteKind, String)>,
    /// 7th characters defined here.
    pub seventh: Vec<(char, String)>,
    /// Whether codes stand below it.
    pub has_children: bool,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Level {
    Chapter,
    Section,
    Code,
}

/// Reads the file; elements that hold no codes or notes (introduction, visual impairment table) are passed over.
pub(super) fn read(path: &Path) -> Result<Vec<TabularNode>, CodesetError> {
    let xml = super::sources::text(path)?;
    let mut reader = Reader::from_str(&xml);
    let mut nodes: Vec<TabularNode> = Vec::new();
    let mut open_nodes: Vec<usize> = Vec::new();
    let mut elements: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut extension = '\0';
    let problem = |what: String| CodesetError::source(path, 0, "XML", what);
    loop {
        match reader.read_event().map_err(|e| problem(format!("well-formed XML ({e})")))? {
            Event::Start(element) => {
                let tag = element.name().as_ref().to_string();
                text.clear();
                if let Some(level) = level_of(&tag) {
                    let above = open_nodes.last().copied();
                    if let Some(node) = above.and_then(|a| nodes.get_mut(a)) {
                        node.has_children = true;
                    }
                    let id = attribute(&element, "id");
                    open_nodes.push(nodes.len());
                    nodes.push(TabularNode {
                        level,
                        name: id,
                        title: String::new(),
                        above,
                        notes: Vec::new(),
                        seventh: Vec::new(),
                        has_children: false,
                    });
                } else if tag == "extension" {
                    extension = attribute(&element, "char").chars().next().unwrap_or('\0');
                }
                elements.push(tag);
            }
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(part) => match part.resolve_char_ref().ok().flatten() {
                Some(character) => text.push(character),
                None => text.push_str(quick_xml::escape::resolve_predefined_entity(&part).unwrap_or("")),
            },
            Event::End(_) => {
                let tag = elements.pop().unwrap_or_default();
                let outer = elements.last().map_or("", String::as_str);
                let clean = text.split_whitespace().collect::<Vec<_>>().join(" ");
                if let Some(node) = open_nodes.last().and_then(|n| nodes.get_mut(*n)) {
                    let of_node = level_of(outer).is_some();
                    match tag.as_str() {
                        "name" if of_node => node.name = clean,
                        "desc" if of_node => node.title = clean,
                        "extension" if !clean.is_empty() => node.seventh.push((extension, clean)),
                        "note" if !clean.is_empty() => {
                            if let Some(kind) = kind_of(outer) {
                                node.notes.push((kind, clean));
                            }
                        }
                        _ => {}
                    }
                }
                if level_of(&tag).is_some() {
                    open_nodes.pop();
                }
                text.clear();
            }
            Event::Eof => break,
            _ => {}
        }
    }
    if nodes.iter().filter(|n| n.level == Level::Code).count() < 1000 {
        return Err(problem("the ICD-10-CM tabular list (fewer than 1,000 codes found)".into()));
    }
    restrict_death_codes(&mut nodes);
    Ok(nodes)
}

/// The note at S06: "7th characters D and S do not apply to codes in category S06 with 6th character 7 … or 8 …" (death
/// before regaining consciousness). Words only in the file, so said again here.
fn restrict_death_codes(nodes: &mut [TabularNode]) {
    for at in 0..nodes.len() {
        let dies = nodes[at].name.starts_with("S06.") && nodes[at].name.len() == 7 && nodes[at].name.ends_with(['7', '8']);
        if !dies || nodes[at].has_children {
            continue;
        }
        let mut above = nodes[at].above;
        while let Some(node) = above.and_then(|a| nodes.get(a)) {
            if let Some(first) = node.seventh.iter().find(|s| s.0 == 'A') {
                nodes[at].seventh = vec![first.clone()];
                break;
            }
            above = node.above;
        }
    }
}

fn attribute(element: &quick_xml::events::BytesStart<'_>, name: &str) -> String {
    let found = element.attributes().flatten().find(|a| a.key.as_ref() == name);
    found.map(|a| a.value.into_owned()).unwrap_or_default()
}

fn level_of(tag: &str) -> Option<Level> {
    match tag {
        "chapter" => Some(Level::Chapter),
        "section" => Some(Level::Section),
        "diag" => Some(Level::Code),
        _ => None,
    }
}

fn kind_of(tag: &str) -> Option<NoteKind> {
    match tag {
        "excludes1" => Some(NoteKind::Excludes1),
        "excludes2" => Some(NoteKind::Excludes2),
        "codeFirst" => Some(NoteKind::CodeFirst),
        "useAdditionalCode" => Some(NoteKind::UseAdditional),
        "codeAlso" => Some(NoteKind::CodeAlso),
        "includes" => Some(NoteKind::Includes),
        "inclusionTerm" => Some(NoteKind::InclusionTerm),
        "notes" => Some(NoteKind::General),
        "sevenChrNote" => Some(NoteKind::SeventhCharacter),
        _ => None,
    }
}
