//! The official tabular list (XML) as a flat list of nodes.
use std::path::Path;

use quick_xml::Reader;
use quick_xml::events::Event;

use crate::codeset::CodesetError;
use crate::codeset::icd10cm::NoteKind;

/// A chapter, section or code of the tabular list, in its order.
pub(in crate::codeset) struct TabularNode {
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
    /// Line on which it begins, as far as the reader knows.
    pub line: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(in crate::codeset) enum Level {
    Chapter,
    Section,
    Code,
}

/// Reads the whole list from a file.
pub(super) fn read(path: &Path) -> Result<Vec<TabularNode>, CodesetError> {
    let xml = super::sources::text(path)?;
    let nodes = read_stream(xml.as_bytes(), &mut |what| CodesetError::source(path, 0, "XML", what), &mut || {}, &|| 0)?;
    if nodes.iter().filter(|n| n.level == Level::Code).count() < 1000 {
        return Err(CodesetError::source(path, 0, "XML", "the ICD-10-CM tabular list (fewer than 1,000 codes found)"));
    }
    Ok(nodes)
}

/// Deepest nesting of elements; the official list has about fifteen.
const DEEPEST: usize = 64;

/// Reads a tabular list; elements that hold no codes or notes (introduction, visual impairment table) are passed over.
/// `problem` makes the error of what was expected, `step` is called after each piece of the document,
/// `line` tells where the reader is.
pub(in crate::codeset) fn read_stream(
    xml: impl std::io::BufRead,
    problem: &mut dyn FnMut(String) -> CodesetError,
    step: &mut dyn FnMut(),
    line: &dyn Fn() -> usize,
) -> Result<Vec<TabularNode>, CodesetError> {
    let mut reader = Reader::from_reader(xml);
    let mut buffer = Vec::new();
    let mut nodes: Vec<TabularNode> = Vec::new();
    let mut open_nodes: Vec<usize> = Vec::new();
    let mut elements: Vec<String> = Vec::new();
    let mut text = String::new();
    let mut extension = '\0';
    loop {
        buffer.clear();
        let event = reader.read_event_into(&mut buffer).map_err(|e| problem(format!("well-formed XML ({e})")))?;
        step();
        match event {
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
                        line: line(),
                    });
                } else if tag == "extension" {
                    extension = attribute(&element, "char").chars().next().unwrap_or('\0');
                }
                elements.push(tag);
                if elements.len() > DEEPEST {
                    return Err(problem(format!("elements nested at most {DEEPEST} deep")));
                }
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
    if !elements.is_empty() {
        return Err(problem("the end of the document (it was cut short)".into()));
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
