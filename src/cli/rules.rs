//! `superbill rules`: what is checked, and why.
use clap::{Args, Subcommand};

use super::codesets::folder_or_embedded;
use super::{CliError, Global};
use crate::rules::{ALL, Payers, find};

/// Arguments of `superbill rules`.
#[derive(Args, Debug)]
pub struct RulesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: RulesCommand,
}

/// What `superbill rules` does.
#[derive(Subcommand, Debug)]
pub enum RulesCommand {
    /// Lists every rule with one sentence.
    List {
        /// Prints one JSON document.
        #[arg(long)]
        json: bool,
    },
    /// Prints a rule's manual: what it checks, why, an example, what to do, its source.
    Explain {
        /// Id of the rule, e.g. ncci-ptp
        rule: String,
    },
}

/// Runs the command; returns what to print.
pub fn run(args: &RulesArgs, global: &Global) -> Result<String, CliError> {
    let payers = || payers(global);
    match &args.command {
        RulesCommand::List { json: true } => {
            let mut rules: Vec<_> =
                ALL.iter().map(|rule| serde_json::json!({"rule": rule.info().id, "summary": rule.info().summary})).collect();
            for payer in payers()?.iter() {
                let own = payer.rules.iter();
                rules.extend(own.map(|r| serde_json::json!({"rule": r.id, "summary": r.summary, "payer": payer.id})));
            }
            let text = serde_json::to_string_pretty(&rules).map_err(|error| CliError::internal(error.to_string()))?;
            Ok(text + "\n")
        }
        RulesCommand::List { json: false } => {
            let payers = payers()?;
            let own = || payers.iter().flat_map(|payer| &payer.rules);
            let ids = ALL.iter().map(|rule| rule.info().id).chain(own().map(|rule| rule.id.as_str()));
            let width = ids.map(str::len).max().unwrap_or(0);
            let mut text: String =
                ALL.iter().map(|rule| format!("{:width$}  {}\n", rule.info().id, rule.info().summary)).collect();
            for payer in payers.iter().filter(|payer| !payer.rules.is_empty()) {
                text.push_str(&format!("\nstated by payer {}:\n", payer.id));
                text.extend(payer.rules.iter().map(|rule| format!("{:width$}  {}\n", rule.id, rule.summary)));
            }
            Ok(text)
        }
        RulesCommand::Explain { rule } => match find(rule) {
            Some(found) => Ok(found.info().manual()),
            None => explain_payer_rule(rule, &payers()?).ok_or_else(|| CliError::usage(unknown(rule))),
        },
    }
}

/// The payers of the code sets' folder.
fn payers(global: &Global) -> Result<Payers, CliError> {
    let folder = folder_or_embedded(global.codesets.as_deref()).map_err(|error| CliError::internal(error.to_string()))?;
    super::scrub::open_payers(&folder)
}

/// What payers' files state under an id; `None` where none does.
fn explain_payer_rule(id: &str, payers: &Payers) -> Option<String> {
    let mut text = String::new();
    for payer in payers.iter() {
        if let Some(rule) = payer.rules.iter().find(|rule| rule.id == id) {
            text.push_str(&rule.manual(&payer.name));
        }
    }
    (!text.is_empty()).then(|| format!("# {id}\n{text}"))
}

fn unknown(rule: &str) -> String {
    let near: Vec<&str> = ALL
        .iter()
        .map(|known| known.info().id)
        .filter(|id| rule.split('-').any(|word| word.len() > 2 && id.contains(word)))
        .collect();
    match near.is_empty() {
        true => format!("there is no rule \"{rule}\"; `superbill rules list` shows all"),
        false => format!("there is no rule \"{rule}\"; near are {}", near.join(", ")),
    }
}
