//! Side of the body of a mention: the nearest word for a side in the mention, beside it, in its sentence, then in its heading.
use super::Laterality;
use crate::document::tokens::{Word, WordKind, words};
use crate::document::{Document, SectionKind, Span};

/// Words beyond which a side in the same sentence no longer belongs to a mention.
const REACH: usize = 12;

/// The side of what is mentioned at `span`.
///
/// Inside the mention any word for a side counts; around it the nearest one within the same clause, those before the
/// mention leading at equal distance ("left knee pain", "pain of the left knee"). Right and left together are both sides.
pub fn side_of(document: &Document, span: Span) -> Option<Laterality> {
    let text = &*document.text;
    if let Some(side) = within(text, span) {
        return Some(side);
    }
    if let Some(sentence) = document.sentence_at(span.start).and_then(|i| document.sentences.get(i)) {
        let tokens = words(text, Span::new(sentence.span.start, sentence.span.end.max(span.end)));
        if let Some(side) = beside(text, &tokens, span) {
            return Some(side);
        }
    }
    let section = document.sections.partition_point(|s| s.heading.unwrap_or(s.body).start <= span.start).checked_sub(1)?;
    document.sections.get(section)?.heading.and_then(|heading| within(text, heading))
}

/// The one side that the diagnoses and the name of the operation agree on, for a report that names it only there.
pub fn side_of_report(document: &Document) -> Option<Laterality> {
    let named = document.sections.iter().filter(|s| {
        matches!(
            s.kind,
            SectionKind::PreoperativeDiagnosis | SectionKind::PostoperativeDiagnosis | SectionKind::ProcedurePerformed
        )
    });
    let mut sides = named.flat_map(|section| {
        let tokens = words(&document.text, section.body);
        (0..tokens.len()).filter_map(|i| side_at(&document.text, &tokens, i)).collect::<Vec<_>>()
    });
    let first = sides.next()?;
    sides.all(|side| side == first).then_some(first)
}

fn within(text: &str, span: Span) -> Option<Laterality> {
    let tokens = words(text, span);
    let sides = (0..tokens.len()).filter_map(|i| side_at(text, &tokens, i));
    sides.reduce(|a, b| if a == b { a } else { Laterality::Bilateral })
}

/// The nearest side around the mention, without passing a stop (`;`, "but", another sentence part).
fn beside(text: &str, tokens: &[Word], span: Span) -> Option<Laterality> {
    let first = tokens.partition_point(|w| w.span.end <= span.start);
    let last = tokens.partition_point(|w| w.span.start < span.end);
    let stops = |i: usize| matches!(&*tokens[i].lower(text), ";" | "but" | "however" | "while" | "whereas");
    let before = (0..first).rev().take(REACH).take_while(|&i| !stops(i)).find_map(|i| side_at(text, tokens, i).map(|s| (i, s)));
    let after =
        (last..tokens.len()).take(REACH).take_while(|&i| !stops(i)).find_map(|i| side_at(text, tokens, i).map(|s| (i, s)));
    // A comma weighs: what stands in the same item is nearer than what stands in the next one.
    let commas = |from: usize, to: usize| (from..to).filter(|&i| tokens[i].span.of(text) == ",").count() * 4;
    match (before, after) {
        (Some((b, side)), Some((a, other))) => {
            let (left, right) = (first - b + commas(b, first), a - last + 1 + commas(last, a));
            // "right and left knee": both words stand on one side of the mention.
            Some(if left <= right { joined(text, tokens, b, side) } else { joined(text, tokens, a, other) })
        }
        (Some((i, side)), None) | (None, Some((i, side))) => Some(joined(text, tokens, i, side)),
        (None, None) => None,
    }
}

/// "right and left", "left/right": both.
fn joined(text: &str, tokens: &[Word], at: usize, side: Laterality) -> Laterality {
    let linked = |i: usize| matches!(&*tokens[i].lower(text), "and" | "/" | "&");
    let previous = at.checked_sub(2).filter(|&i| linked(i + 1)).and_then(|i| side_at(text, tokens, i));
    let next = (at + 2 < tokens.len() && linked(at + 1)).then(|| side_at(text, tokens, at + 2)).flatten();
    match previous.or(next) {
        Some(other) if other != side => Laterality::Bilateral,
        _ => side,
    }
}

/// The side that a token names.
fn side_at(text: &str, tokens: &[Word], at: usize) -> Option<Laterality> {
    let token = tokens.get(at)?;
    if token.kind != WordKind::Word {
        return None;
    }
    let word = token.span.of(text);
    let lower = token.lower(text);
    let next = tokens.get(at + 1).map(|w| w.lower(text).into_owned()).unwrap_or_default();
    let touches_next = tokens.get(at + 1).is_some_and(|w| w.span.start == token.span.end);
    match &*lower {
        // "right away", "right now", "right-handed", "right hand dominant" name no side of a disease.
        "right" | "left"
            if touches_next && next == "-" && tokens.get(at + 2).is_some_and(|w| w.lower(text).starts_with("hand")) =>
        {
            None
        }
        "right" if matches!(next.as_str(), "away" | "now" | "after" | "before" | "handed" | "upon") => None,
        "left"
            if matches!(
                next.as_str(),
                "handed" | "the" | "without" | "against" | "alone" | "ama" | "work" | "in" | "his" | "her" | "open"
            ) =>
        {
            None
        }
        "right" | "rt" | "rue" | "rle" | "od" | "ad" | "rlq" | "ruq" | "rul" | "rll" | "rml" if is_upper_where_needed(word) => {
            Some(Laterality::Right)
        }
        "left" | "lt" | "lue" | "lle" | "os" | "as" | "llq" | "luq" | "lul" | "lll" if is_upper_where_needed(word) => {
            Some(Laterality::Left)
        }
        "bilateral" | "bilaterally" | "bilat" | "both" | "ou" | "au" | "bl" => Some(Laterality::Bilateral),
        "b" if next == "/" && tokens.get(at + 2).is_some_and(|w| w.lower(text) == "l") => Some(Laterality::Bilateral),
        "r" if word == "R" && !touches_mark(text, &next, tokens, at) => Some(Laterality::Right),
        "l" if word == "L" && !touches_mark(text, &next, tokens, at) && !follows_slash(text, tokens, at) => {
            Some(Laterality::Left)
        }
        _ => None,
    }
}

/// "as", "os", "ad" and "od" are a side only in capitals: "od" is once daily, "ad lib" at pleasure.
fn is_upper_where_needed(word: &str) -> bool {
    !matches!(word.to_ascii_lowercase().as_str(), "as" | "os" | "ad" | "od") || word.chars().all(char::is_uppercase)
}

/// "R/O", "R.N.", "L-spine", "2 L": a letter that is no side.
fn touches_mark(text: &str, next: &str, tokens: &[Word], at: usize) -> bool {
    let token = tokens[at].span;
    let glued = tokens.get(at + 1).is_some_and(|w| w.span.start == token.end) && matches!(next, "/" | "." | "-" | "'");
    let sided = next == "/" && tokens.get(at + 2).is_some_and(|w| matches!(w.span.of(text), "L" | "R"));
    let after_number = at > 0 && tokens[at - 1].kind == WordKind::Number;
    (glued && !sided) || after_number
}

fn follows_slash(text: &str, tokens: &[Word], at: usize) -> bool {
    at > 1 && tokens[at - 1].span.of(text) == "/" && !matches!(tokens[at - 2].span.of(text), "R" | "Rt")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::read;

    fn side(text: &str, mention: &str) -> Option<Laterality> {
        let start = text.find(mention).expect("the mention stands in the text");
        side_of(&read(text), Span::new(start, start + mention.len()))
    }

    #[test]
    fn nearest_side() {
        use Laterality::{Bilateral, Left, Right};
        for (text, mention, expected) in [
            ("Left knee pain.", "knee pain", Some(Left)),
            ("Pain of the right knee, left hip normal.", "Pain", Some(Right)),
            ("R shoulder impingement; L elbow fine.", "impingement", Some(Right)),
            ("Bilateral ankle swelling", "ankle swelling", Some(Bilateral)),
            ("Osteoarthritis of right and left knee", "Osteoarthritis", Some(Bilateral)),
            ("Cataract OS", "Cataract", Some(Left)),
            ("Cataract OD", "Cataract", Some(Right)),
            ("Gout: allopurinol 300 od", "Gout", None),
            ("b/l cerumen impaction", "cerumen impaction", Some(Bilateral)),
            ("RIGHT EAR: cerumen impaction.", "cerumen impaction", Some(Right)),
            ("R/O pneumonia right away", "pneumonia", None),
            ("Right-handed man with migraine", "migraine", None),
            ("L4-5 stenosis", "stenosis", None),
            ("He left without treatment for migraine", "migraine", None),
        ] {
            assert_eq!(side(text, mention), expected, "{text}");
        }
    }
}
