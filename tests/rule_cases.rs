//! The cases of the rules: `tests/rules/<rule-id>.md`, prose that a coder can sign, claims, and the findings expected.
//!
//! A page has second-level headings that begin with `Fires`, `Silent` or `Boundary` (a first or last day). Under each
//! stand a `toml` block with the claim and a `findings` block. Only the page's rule is run. `UPDATE=1` rewrites the
//! `findings` blocks from what the rule says now.
mod claim_block;
mod page;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use superbill::codeset::CodeSets;
use superbill::rules::{ALL, HEADINGS, Payers, find};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/rules")
}

fn pages() -> Vec<(String, PathBuf)> {
    let mut pages: Vec<(String, PathBuf)> = std::fs::read_dir(folder())
        .expect("tests/rules")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "md"))
        .map(|path| (path.file_stem().unwrap_or_default().to_string_lossy().into_owned(), path))
        .collect();
    pages.sort();
    pages
}

fn code_sets() -> CodeSets {
    let folder = CodeSets::default_dir().expect("the embedded code sets");
    CodeSets::open(&folder).expect("the embedded code sets open")
}

#[test]
fn every_rule_has_a_page_and_every_page_a_rule() {
    let rules: BTreeSet<String> = ALL.iter().map(|rule| rule.info().id.to_owned()).collect();
    assert_eq!(rules.len(), ALL.len(), "an id stands twice in the list");
    let with_page: BTreeSet<String> = pages().into_iter().map(|(id, _)| id).collect();
    let missing: Vec<_> = rules.difference(&with_page).collect();
    let stray: Vec<_> = with_page.difference(&rules).collect();
    assert!(missing.is_empty() && stray.is_empty(), "rules without a page: {missing:?}; pages without a rule: {stray:?}");
}

#[test]
fn every_manual_has_the_fixed_headings() {
    for rule in ALL {
        let manual = rule.info().manual();
        let found: Vec<&str> = manual.lines().filter_map(|line| line.strip_prefix("## ")).collect();
        assert_eq!(found, HEADINGS, "{}", rule.info().id);
    }
}

#[test]
fn the_cases_of_every_page_hold() {
    let (code_sets, payers) = (code_sets(), Payers::embedded().expect("payer files"));
    let update = std::env::var_os("UPDATE").is_some();
    let mut problems = Vec::new();
    for (id, path) in pages() {
        let Some(rule) = find(&id) else { continue };
        let text = std::fs::read_to_string(&path).expect("a page");
        let mut page = match page::parse(&text) {
            Ok(page) => page,
            Err(problem) => {
                problems.push(format!("{id}.md: {problem}"));
                continue;
            }
        };
        for kind in ["Fires", "Silent", "Boundary"] {
            if !page.cases.iter().any(|case| case.heading.starts_with(kind)) {
                problems.push(format!("{id}.md: no case whose heading begins with {kind}"));
            }
        }
        for case in &mut page.cases {
            match claim_block::findings(&case.claim, rule, &code_sets, &payers) {
                Err(problem) => problems.push(format!("{id}.md, \"{}\": {problem}", case.heading)),
                Ok(found) => {
                    let fires = found != "none";
                    if (case.heading.starts_with("Fires") && !fires) || (case.heading.starts_with("Silent") && fires) {
                        problems.push(format!("{id}.md, \"{}\": the rule says\n{found}", case.heading));
                    } else if !update && found != case.expected {
                        problems.push(format!("{id}.md, \"{}\"\n{}", case.heading, page::difference(&case.expected, &found)));
                    }
                    case.found = found;
                }
            }
        }
        if update {
            std::fs::write(&path, page.rewritten(&text)).expect("the page is written");
        }
    }
    assert!(problems.is_empty(), "\n{}\nUPDATE=1 rewrites the findings blocks.", problems.join("\n\n"));
}

/// The list of the docs; `UPDATE=1` writes it.
#[test]
fn the_list_of_rules_in_the_docs_is_current() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/rules.md");
    let mut text = String::from(
        "# Rules\n\n`superbill rules explain ID` prints a rule's manual. Rules that payers' files state (`payer-…`) are \
         described in [payers.md](payers.md); `superbill rules list` shows them too.\n\n| rule | what it checks |\n| --- | --- |\n",
    );
    for rule in ALL {
        text.push_str(&format!("| `{}` | {} |\n", rule.info().id, rule.info().summary));
    }
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(&path, &text).expect("the list is written");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), text, "UPDATE=1 rewrites docs/rules.md");
}
