//! Columns of a table, found by the names that headers give them.

/// A column: how it is called in messages, and the names that headers give it, in small letters without blanks and signs.
/// A name that ends in `*` stands for all names that begin so.
pub(super) struct Column {
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub required: bool,
}

/// A column that must be there.
pub(super) const fn needed(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, required: true }
}

/// A column that may be there.
pub(super) const fn optional(name: &'static str, aliases: &'static [&'static str]) -> Column {
    Column { name, aliases, required: false }
}

/// A header name in small letters without blanks and signs.
pub(super) fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A name without the year before it ("2026 PE GPCI").
pub(super) fn without_year(name: &str) -> &str {
    match name.trim_start().get(..4) {
        Some(year) if year.starts_with("20") && year.bytes().all(|b| b.is_ascii_digit()) => &name.trim_start()[4..],
        _ => name,
    }
}

/// Whether a plain name is the one that an alias gives.
pub(super) fn fits(name: &str, alias: &str) -> bool {
    match alias.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == alias,
    }
}
