//! A page of cases: headings and fenced blocks.

/// One case.
pub struct Case {
    /// Second-level heading.
    pub heading: String,
    /// The `toml` block.
    pub claim: String,
    /// The `findings` block.
    pub expected: String,
    /// What the rule says now.
    pub found: String,
    /// Lines of the `findings` block's content, half-open.
    lines: (usize, usize),
}

/// A page.
pub struct Page {
    pub cases: Vec<Case>,
}

/// Reads a page.
pub fn parse(text: &str) -> Result<Page, String> {
    let mut cases: Vec<Case> = Vec::new();
    let mut heading: Option<String> = None;
    let mut claim: Option<String> = None;
    let lines: Vec<&str> = text.lines().collect();
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        at += 1;
        if let Some(words) = line.strip_prefix("## ") {
            if claim.is_some() {
                return Err(format!("line {at}: a claim without findings before \"{words}\""));
            }
            heading = Some(words.to_owned());
        } else if let Some(kind) = line.strip_prefix("```") {
            let start = at;
            let length = lines[start..].iter().position(|line| *line == "```");
            let length = length.ok_or_else(|| format!("line {at}: the block does not end"))?;
            let body = lines[start..start + length].join("\n");
            at = start + length + 1;
            match (kind, &heading, claim.take()) {
                ("toml", Some(_), None) => claim = Some(body),
                ("findings", Some(words), Some(claim)) => cases.push(Case {
                    heading: words.clone(),
                    claim,
                    expected: body,
                    found: String::new(),
                    lines: (start, start + length),
                }),
                _ => return Err(format!("line {start}: expected a toml block, then a findings block, under a heading")),
            }
        }
    }
    match claim {
        Some(_) => Err("the last claim has no findings block".to_owned()),
        None => Ok(Page { cases }),
    }
}

impl Page {
    /// The page with its findings blocks replaced by what was found.
    pub fn rewritten(&self, text: &str) -> String {
        let mut lines: Vec<&str> = text.lines().collect();
        for case in self.cases.iter().rev() {
            lines.splice(case.lines.0..case.lines.1, case.found.lines());
        }
        lines.join("\n") + "\n"
    }
}

/// Expected and found, line by line.
pub fn difference(expected: &str, found: &str) -> String {
    let lines = |text: &str, mark: &str, other: &str| -> String {
        let shown = text.lines().filter(|line| !other.lines().any(|o| o == *line));
        shown.map(|line| format!("  {mark} {line}\n")).collect()
    };
    format!("{}{}", lines(expected, "-", found), lines(found, "+", expected))
}
