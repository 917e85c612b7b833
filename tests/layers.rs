//! Arrows point one way: a module imports only modules that stand before it in `src/lib.rs`.
use std::path::{Path, PathBuf};

/// The modules of the crate with their number in the list that opens `src/lib.rs`. Two on one line are neighbours.
fn modules_in_order(root: &Path) -> Vec<(usize, String)> {
    let lib = std::fs::read_to_string(root.join("lib.rs")).expect("src/lib.rs");
    let mut modules = Vec::new();
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! ")) {
        let Some((number, rest)) = line.split_once(". ") else { continue };
        let (Ok(number), Some((names, _))) = (number.parse(), rest.split_once("]:")) else { continue };
        let names = names.split('`').skip(1).step_by(2);
        modules.extend(names.map(|name| (number, name.to_owned())));
    }
    modules
}

fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    let mut entries: Vec<PathBuf> =
        std::fs::read_dir(folder).expect("a source folder").map(|entry| entry.expect("an entry").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

/// Modules of the crate that a line of code names; comments do not count.
fn named_modules(line: &str) -> Vec<&str> {
    let code = line.split("//").next().unwrap_or(line);
    let ends = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
    code.split("crate::").skip(1).filter_map(|rest| rest.split(ends).next()).filter(|name| !name.is_empty()).collect()
}

#[test]
fn no_arrow_points_back() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let order = modules_in_order(&root);
    assert!(order.len() > 10, "found only {order:?} in src/lib.rs");
    let place = |module: &str| order.iter().find(|(_, other)| other == module).map(|(number, _)| *number);
    let mut wrong = Vec::new();
    for (_, module) in &order {
        let mut files = Vec::new();
        rust_files(&root.join(module), &mut files);
        for file in files {
            let text = std::fs::read_to_string(&file).expect("a source file");
            for (number, line) in text.lines().enumerate() {
                let shown = || format!("src/{}:{}", file.strip_prefix(&root).unwrap_or(&file).display(), number + 1);
                if line.trim_start().starts_with("use crate::{") {
                    wrong.push(format!("{}: name the module behind `crate::`, so that this test sees it", shown()));
                }
                for named in named_modules(line) {
                    if place(named) > place(module) {
                        wrong.push(format!("{}: {module} names {named}, which stands after it", shown()));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn a_back_arrow_would_be_seen() {
    assert_eq!(named_modules("use crate::claim::{Claim, Line};"), ["claim"]);
    assert_eq!(named_modules("let x: crate::rules::Finding = f; // crate::engine"), ["rules"]);
    assert_eq!(named_modules("//! [`crate::engine`]"), Vec::<&str>::new());
}
