//! `coverage-dx-procedure`
use super::linkage::link;
use crate::claim::Line;
use crate::rules::combination::diagnoses_of;
use crate::rules::{ClaimView, Finding, Rule, Source, declare_rule};

declare_rule! {
    /// # What it checks
    /// The diagnoses that a line points to are among those that the procedure is covered for. Where articles of local and
    /// national coverage determinations are imported and one of them names the procedure, they decide; else our own table says
    /// what the procedure is usually done for.
    /// # Why it matters
    /// Payers compare procedure and diagnosis and deny what they find not necessary.
    /// # Example
    /// 69433 (tympanostomy) pointing only to J06.9 (cold).
    /// # What to do
    /// Point the line to the diagnosis that was the reason for it, if the record states one. If it states none, the service is
    /// not covered: a notice to the patient (ABN) and modifier GA belong before the service, not after it.
    /// # When it does not apply
    /// Procedures that neither an imported article nor the table lists; lines without pointers. Articles hold for payers whose
    /// file follows Medicare's fee schedule, from the first day of the imported edition on. One article that covers a
    /// diagnosis is enough: articles of other contractors may be loaded beside it. Our own table is coarse and only advice.
    /// # Source
    /// The imported articles (`superbill codesets import`), by number; Social Security Act 1862(a)(1)(A). Else our own table
    /// of facts from the published indications of the procedures; there no coverage article is quoted.
    CoverageDxProcedure, "coverage-dx-procedure",
    "A line points to a diagnosis that the procedure is covered for, or usually done for."
}

impl Rule for CoverageDxProcedure {
    fn check(&self, view: &ClaimView<'_>, findings: &mut Vec<Finding>) {
        let by_article = view.payer.fee_schedule_status && !view.code_sets.coverage.is_empty();
        for line in view.lines {
            if diagnoses_of(view, line).next().is_none() {
                continue;
            }
            match if by_article { articles_say(view, line) } else { Answer::Silent } {
                Answer::Covered => {}
                Answer::NotCovered(finding) => findings.push(*finding),
                Answer::Silent => findings.extend(own_table_says(view, line)),
            }
        }
    }
}

/// What the imported articles say of a line.
enum Answer {
    /// None names the procedure, or those that do list no diagnoses.
    Silent,
    Covered,
    NotCovered(Box<Finding>),
}

fn articles_say(view: &ClaimView<'_>, line: &Line) -> Answer {
    let date = view.context.date_of_service;
    let covers = |code: &str| {
        let mut answers = view.code_sets.coverage.articles(&line.code, date).filter_map(|a| a.covers(&line.code, code, date));
        answers.any(|covered| covered)
    };
    if diagnoses_of(view, line).any(covers) {
        return Answer::Covered;
    }
    let mut articles = view.code_sets.coverage.articles(&line.code, date);
    let article = articles.find(|a| diagnoses_of(view, line).any(|code| a.covers(&line.code, code, date) == Some(false)));
    let Some(article) = article else { return Answer::Silent };
    let (id, count) = (&article.id, article.covered_count());
    let codes = diagnoses_of(view, line).collect::<Vec<_>>().join(", ");
    let mut message = format!("{} (line {}): article {id} covers none of its diagnoses ({codes})", line.code, line.number);
    if count > 0 {
        message.push_str(&format!("; it lists {count} that it covers"));
    }
    // Another diagnosis of the claim may be the reason; only the record can say so.
    let other = view.diagnoses.iter().find(|diagnosis| covers(&diagnosis.code));
    let question = match other {
        Some(other) => {
            message.push_str(&format!("; {} ({}) on this claim is covered", other.code, other.pointer));
            format!("Which of the claim's diagnoses was the reason for {}?", line.code)
        }
        None => format!("Which documented diagnosis was the reason for {}?", line.code),
    };
    message.push('.');
    let edition = view.code_sets.edition_for("coverage", date).map_or(String::new(), |(edition, _)| edition.edition.clone());
    let source = Source::new("Imported coverage articles (LCD, NCD)", edition, format!("{id}: {}", line.code));
    let finding = Finding::warning(&CoverageDxProcedure::INFO, message, source)
        .on_lines([line.number])
        .about([line.code.as_str()].into_iter().chain(diagnoses_of(view, line)))
        .asking(question);
    Answer::NotCovered(Box::new(finding))
}

fn own_table_says(view: &ClaimView<'_>, line: &Line) -> Option<Finding> {
    let link = link(&line.code)?;
    if diagnoses_of(view, line).any(|code| link.supports(code)) {
        return None;
    }
    let message =
        format!("{} (line {}) is usually done for {}; its diagnoses say otherwise.", line.code, line.number, link.words);
    let source = Source::new("Own linkage table", "2026-11", format!("{}: {}", line.code, link.words));
    let finding = Finding::info(&CoverageDxProcedure::INFO, message, source)
        .on_lines([line.number])
        .about([line.code.as_str()])
        .asking(format!("Which diagnosis was the reason for {}?", line.code));
    Some(finding)
}
