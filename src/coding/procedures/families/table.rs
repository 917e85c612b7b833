//! A decision table as text: one row a line, cells separated by `|`, the last column says what is reported.
//!
//! ```text
//! nature    | size     | lines
//! malignant | ..0.5    | 11600
//! malignant | 0.6..1.0 | 11601
//! -         | ?        | 11400
//! ```
//! A cell is `-` (whatever it is), `?` (not stated: the attribute's question is asked), one or more words separated by
//! `/`, `!word`, or a range of numbers (`3..5`, `..0.5`, `16..`, `2`) or dates. A line is a code, `-XX` for each
//! modifier (`-{vessel}` takes an attribute's value), and ` x ` with what its units are; several lines are separated by
//! `;`. `none` reports nothing.
use std::cmp::Ordering;

/// One attribute's condition in a row.
#[derive(Clone, Debug, PartialEq)]
pub enum Cell {
    /// Whatever it is.
    Any,
    /// Not stated.
    Unstated,
    /// One of these words.
    Words(Vec<String>),
    /// Stated and none of these words.
    Not(Vec<String>),
    /// A number from low to high.
    Numbers(f64, f64),
    /// A date from first to last, as text that sorts.
    Dates(String, String),
}

/// Units of a line: a number, or an attribute less an offset, divided by a step and rounded up.
#[derive(Clone, Debug, PartialEq)]
pub enum Units {
    /// As written.
    Fixed(u32),
    /// `(attribute - offset) / step`.
    Of {
        /// Attribute name.
        attribute: String,
        /// Taken off first.
        offset: f64,
        /// Size of one unit.
        step: f64,
    },
}

/// One reported line.
#[derive(Clone, Debug, PartialEq)]
pub struct TableLine {
    /// CPT or HCPCS code.
    pub code: String,
    /// Modifiers; `{name}` stands for an attribute's value.
    pub modifiers: Vec<String>,
    /// Units.
    pub units: Units,
}

/// A row.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// In the order of the table's columns.
    pub cells: Vec<Cell>,
    /// What is reported; empty for `none`.
    pub lines: Vec<TableLine>,
    /// Its line within the table's text, from 0.
    pub line: usize,
}

/// A decision table.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DecisionTable {
    /// Attribute names.
    pub columns: Vec<String>,
    /// In order; the first that fits decides.
    pub rows: Vec<Row>,
}

/// What an attribute is.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// The note does not say.
    Unstated,
    /// A word of the attribute.
    Word(String),
    /// A number.
    Number(f64),
    /// A date as `YYYY-MM-DD`.
    Date(String),
}

impl DecisionTable {
    /// Reads a table; the error is the line within the text (from 0) and what is wrong.
    pub fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut rows = text.lines().enumerate().filter(|(_, l)| !l.trim().is_empty() && !l.trim_start().starts_with('#'));
        let (at, head) = rows.next().ok_or((0, "the table is empty".to_owned()))?;
        let mut columns: Vec<String> = head.split('|').map(|c| c.trim().to_owned()).collect();
        if columns.pop().as_deref() != Some("lines") {
            return Err((at, "the last column must be `lines`".to_owned()));
        }
        let mut table = Self { columns, rows: Vec::new() };
        for (line, row) in rows {
            let mut cells: Vec<&str> = row.split('|').map(str::trim).collect();
            let last = cells.pop().unwrap_or_default();
            if cells.len() != table.columns.len() {
                return Err((line, format!("{} cells for {} columns", cells.len() + 1, table.columns.len() + 1)));
            }
            let cells: Result<Vec<Cell>, String> = cells.into_iter().map(Cell::parse).collect();
            let lines = if last == "none" { Ok(Vec::new()) } else { last.split(';').map(TableLine::parse).collect() };
            table.rows.push(Row { cells: cells.map_err(|e| (line, e))?, lines: lines.map_err(|e: String| (line, e))?, line });
        }
        Ok(table)
    }

    /// The first row that fits the values, which stand in the order of the columns.
    pub fn decide(&self, values: &[Value]) -> Option<&Row> {
        self.rows.iter().find(|row| row.cells.iter().zip(values).all(|(cell, value)| cell.fits(value)))
    }

    /// All codes of the table.
    pub fn codes(&self) -> impl Iterator<Item = &str> {
        self.rows.iter().flat_map(|r| r.lines.iter().map(|l| l.code.as_str()))
    }
}

impl Cell {
    fn parse(text: &str) -> Result<Self, String> {
        match text {
            "-" => return Ok(Self::Any),
            "?" => return Ok(Self::Unstated),
            "" => return Err("an empty cell; `-` stands for whatever it is".to_owned()),
            _ => {}
        }
        let words = |t: &str| t.split('/').map(|w| w.trim().to_owned()).collect::<Vec<_>>();
        if let Some(rest) = text.strip_prefix('!') {
            return Ok(Self::Not(words(rest)));
        }
        if let Some((low, high)) = text.split_once("..") {
            if text.len() >= 12 && text.matches('-').count() >= 2 {
                let or = |t: &str, default: &str| if t.is_empty() { default.to_owned() } else { t.to_owned() };
                return Ok(Self::Dates(or(low, "0000"), or(high, "9999")));
            }
            let number = |t: &str, default: f64| match t.trim() {
                "" => Ok(default),
                t => t.parse().map_err(|_| format!("`{t}` is no number")),
            };
            let (low, high) = (number(low, f64::NEG_INFINITY)?, number(high, f64::INFINITY)?);
            if low.partial_cmp(&high) == Some(Ordering::Greater) {
                return Err(format!("`{text}` ends before it begins"));
            }
            return Ok(Self::Numbers(low, high));
        }
        if let Ok(number) = text.parse::<f64>() {
            return Ok(Self::Numbers(number, number));
        }
        Ok(Self::Words(words(text)))
    }

    /// Whether a value fulfils it. A measure between two ranges (0.55 between ..0.5 and 0.6..) belongs to the lower one.
    pub fn fits(&self, value: &Value) -> bool {
        match (self, value) {
            (Self::Any, _) => true,
            (Self::Unstated, value) => *value == Value::Unstated,
            (Self::Words(words), Value::Word(word)) => words.contains(word),
            (Self::Not(words), Value::Word(word)) => !words.contains(word),
            (Self::Not(_), Value::Number(_)) => true,
            (Self::Numbers(low, high), Value::Number(n)) => {
                let n = (n * 10.0 + 1e-6).floor() / 10.0;
                let n =
                    if low.fract() == 0.0 && high.fract() == 0.0 { n.floor().max(if *low > 0.0 { n } else { 0.0 }) } else { n };
                *low <= n + 1e-9 && n <= high + 1e-9
            }
            (Self::Dates(first, last), Value::Date(date)) => first <= date && date <= last,
            _ => false,
        }
    }

    /// Words that the cell names.
    pub fn words(&self) -> &[String] {
        match self {
            Self::Words(words) | Self::Not(words) => words,
            _ => &[],
        }
    }
}

impl TableLine {
    fn parse(text: &str) -> Result<Self, String> {
        let (code, units) = match text.split_once(" x ") {
            Some((code, units)) => (code.trim(), Units::parse(units.trim())?),
            None => (text.trim(), Units::Fixed(1)),
        };
        let mut parts = code.split('-');
        let code = parts.next().unwrap_or_default().to_owned();
        if code.len() != 5 || !code.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase()) {
            return Err(format!("`{code}` is no CPT or HCPCS code"));
        }
        let modifiers: Vec<String> = parts.map(str::to_owned).collect();
        if let Some(bad) = modifiers.iter().find(|m| m.len() != 2 && !(m.starts_with('{') && m.ends_with('}'))) {
            return Err(format!("`{bad}` is no modifier"));
        }
        Ok(Self { code, modifiers, units })
    }
}

impl Units {
    fn parse(text: &str) -> Result<Self, String> {
        if let Ok(number) = text.parse() {
            return Ok(Self::Fixed(number));
        }
        let (rest, step) = match text.split_once('/') {
            Some((rest, step)) => (rest, step.trim().parse().map_err(|_| format!("`{step}` is no number"))?),
            None => (text, 1.0),
        };
        let (attribute, offset) = match rest.split_once('-') {
            Some((name, offset)) => (name, offset.trim().parse().map_err(|_| format!("`{offset}` is no number"))?),
            None => (rest, 0.0),
        };
        Ok(Self::Of { attribute: attribute.trim().to_owned(), offset, step })
    }

    /// Units by the attributes' values; 1 where the attribute is not stated.
    pub fn count(&self, value: impl Fn(&str) -> Value) -> u32 {
        match self {
            Self::Fixed(n) => *n,
            Self::Of { attribute, offset, step } => match value(attribute) {
                Value::Number(n) => (((n - offset) / step) - 1e-6).ceil().clamp(1.0, 999.0) as u32,
                _ => 1,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_row_that_fits_decides() {
        let table = DecisionTable::parse(
            "count | date | lines\n15.. | - | 17004\n2..14 | - | 17000; 17003 x count-1\n# least\n? | ..2025-12-31 | 17000-59\n- | - | 17000",
        )
        .expect("a table");
        let decide = |count: Value, date: &str| {
            let row = table.decide(&[count, Value::Date(date.to_owned())]).expect("a row");
            row.lines.iter().map(|l| l.code.as_str()).collect::<Vec<_>>()
        };
        assert_eq!(decide(Value::Number(16.0), "2026-01-01"), ["17004"]);
        assert_eq!(decide(Value::Number(9.0), "2026-01-01"), ["17000", "17003"]);
        assert_eq!(decide(Value::Unstated, "2026-01-01"), ["17000"]);
        assert_eq!(table.rows[1].lines[1].units.count(|_| Value::Number(9.0)), 8);
        assert_eq!(table.rows[2].lines[0].modifiers, ["59"]);
        assert!(Cell::parse("..0.5").expect("a cell").fits(&Value::Number(0.55)));
        assert!(!Cell::parse("0.6..1.0").expect("a cell").fits(&Value::Number(0.55)));
        assert_eq!(DecisionTable::parse("a | lines\n1 | 2 | 17000").unwrap_err(), (1, "3 cells for 2 columns".to_owned()));
        assert!(DecisionTable::parse("a | lines\n5..3 | 17000").is_err() && DecisionTable::parse("a | lines\n- | 1700").is_err());
    }
}
