//! Side words of a text.
use crate::document::Span;
use crate::extract::Laterality;

/// The side that a word states. Single letters count only as written in notes: `R`, `L`, capital.
pub(super) fn side_of(word: &str) -> Option<Laterality> {
    match word {
        "R" | "RT" | "Rt" => return Some(Laterality::Right),
        "L" | "LT" | "Lt" => return Some(Laterality::Left),
        "OD" | "RLE" | "RUE" | "RUQ" | "RLQ" | "RLL" | "RUL" | "RML" => return Some(Laterality::Right),
        "OS" | "LLE" | "LUE" | "LUQ" | "LLQ" | "LLL" | "LUL" => return Some(Laterality::Left),
        "OU" | "BLE" | "BUE" => return Some(Laterality::Bilateral),
        _ => {}
    }
    let lower = word.to_lowercase();
    let plain = lower.strip_suffix("sided").unwrap_or(&lower).trim_end_matches('-');
    match plain {
        "right" => Some(Laterality::Right),
        "left" => Some(Laterality::Left),
        "bilateral" | "bilaterally" | "both" | "bilat" | "b/l" => Some(Laterality::Bilateral),
        _ => None,
    }
}

/// The side words of `text`, with spans shifted by `base`; "right and left", "right/left" count as both sides once.
pub(super) fn sides(text: &str, base: usize) -> Vec<(Span, Laterality)> {
    let mut out: Vec<(Span, Laterality)> = Vec::new();
    let mut start = None;
    for (at, c) in text.char_indices().chain(std::iter::once((text.len(), ' '))) {
        if c.is_alphanumeric()
            || (c == '/' && start.is_some_and(|s| text.get(s..at).is_some_and(|w| w.eq_ignore_ascii_case("b"))))
        {
            start.get_or_insert(at);
            continue;
        }
        let Some(from) = start.take() else { continue };
        let Some(side) = text.get(from..at).and_then(side_of) else { continue };
        let span = Span { start: base + from, end: base + at };
        match out.last_mut() {
            Some((last, other)) if *other != side && joined(text.get(last.end - base..from).unwrap_or("")) => {
                *last = Span { start: last.start, end: span.end };
                *other = Laterality::Bilateral;
            }
            _ => out.push((span, side)),
        }
    }
    out
}

/// What may stand between two sides that belong together.
fn joined(between: &str) -> bool {
    matches!(between.trim(), "and" | "&" | "/" | "and the" | "+" | "greater than" | "as well as" | ">")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_read_as_notes_write_them() {
        let of = |text| sides(text, 0).into_iter().map(|s| s.1).collect::<Vec<_>>();
        assert_eq!(of("R knee, left-sided pain"), [Laterality::Right, Laterality::Left]);
        assert_eq!(of("right and left hips; B/L edema"), [Laterality::Bilateral, Laterality::Bilateral]);
        assert_eq!(of("Left greater than right"), [Laterality::Bilateral]);
        assert!(of("all right-handed").len() <= 1);
        assert!(of("he let it, l lot; Ω").is_empty());
        assert_eq!(sides("é R knee", 5)[0].0, Span { start: 8, end: 9 });
    }
}
