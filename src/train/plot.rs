//! The course of a training run as one page of plots beside its log: `metrics.jsonl` → `metrics.svg`.
//!
//! Every line of a log is an object with `step` or `epoch`; each number in it, nested ones by their path (`dev.score`), is a
//! curve of its own panel.
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::TrainError;

const WIDTH: f64 = 320.0;
const HEIGHT: f64 = 150.0;
const MARGIN: f64 = 46.0;
const COLUMNS: usize = 3;

/// Draws a log; returns where.
pub fn write(log: &Path) -> Result<PathBuf, TrainError> {
    let io = |path: &Path, e: std::io::Error| TrainError::Io { path: path.to_owned(), reason: e.to_string() };
    let text = std::fs::read_to_string(log).map_err(|e| io(log, e))?;
    let path = log.with_extension("svg");
    std::fs::write(&path, draw(&text)).map_err(|e| io(&path, e))?;
    Ok(path)
}

/// Points (step, value) of each curve, by name.
type Curves = BTreeMap<String, Vec<(f64, f64)>>;

/// The plots of a log's lines as SVG; lines that are no object with a step are left out.
pub fn draw(log: &str) -> String {
    let mut curves = Curves::new();
    for row in log.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let Some(step) = row.get("step").or_else(|| row.get("epoch")).and_then(Value::as_f64) else { continue };
        // Phases of one run count their steps anew.
        let phase = row.get("phase").and_then(Value::as_str).map(|p| format!("{p}: ")).unwrap_or_default();
        collect(&mut curves, phase, &row, step);
    }
    curves.retain(|_, points| points.len() > 1);
    let rows = curves.len().div_ceil(COLUMNS).max(1);
    let (width, height) = (COLUMNS as f64 * (WIDTH + MARGIN) + MARGIN, rows as f64 * (HEIGHT + MARGIN) + MARGIN);
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"sans-serif\" font-size=\"11\">\n\
         <rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n"
    );
    for (i, (name, points)) in curves.iter().enumerate() {
        let left = MARGIN + (i % COLUMNS) as f64 * (WIDTH + MARGIN);
        let top = MARGIN + (i / COLUMNS) as f64 * (HEIGHT + MARGIN);
        panel(&mut out, name, points, left, top);
    }
    out.push_str("</svg>\n");
    out
}

fn collect(curves: &mut Curves, name: String, value: &Value, step: f64) {
    match value {
        Value::Number(n) => {
            if let Some(n) = n.as_f64() {
                curves.entry(name).or_default().push((step, n));
            }
        }
        Value::Object(fields) => {
            for (key, field) in fields.iter().filter(|(key, _)| !matches!(key.as_str(), "step" | "epoch" | "phase")) {
                let separator = if name.is_empty() || name.ends_with(' ') { "" } else { "." };
                collect(curves, format!("{name}{separator}{key}"), field, step);
            }
        }
        Value::Array(items) => {
            for (i, item) in items.iter().enumerate() {
                collect(curves, format!("{name}.{i}"), item, step);
            }
        }
        _ => {}
    }
}

fn panel(out: &mut String, name: &str, points: &[(f64, f64)], left: f64, top: f64) {
    let range = |part: fn(&(f64, f64)) -> f64| {
        let (low, high) = points.iter().map(part).fold((f64::MAX, f64::MIN), |(l, h), v| (l.min(v), h.max(v)));
        (low, if high > low { high } else { low + 1.0 })
    };
    let ((first, last), (low, high)) = (range(|p| p.0), range(|p| p.1));
    let place =
        |(x, y): &(f64, f64)| (left + (x - first) / (last - first) * WIDTH, top + HEIGHT - (y - low) / (high - low) * HEIGHT);
    let line: Vec<String> = points.iter().map(place).map(|(x, y)| format!("{x:.1},{y:.1}")).collect();
    let escaped = name.replace('&', "&amp;").replace('<', "&lt;");
    let _ = write!(
        out,
        "<text x=\"{left}\" y=\"{}\" font-weight=\"bold\">{escaped}</text>\n\
         <rect x=\"{left}\" y=\"{top}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" fill=\"none\" stroke=\"#d9dee6\"/>\n\
         <polyline points=\"{}\" fill=\"none\" stroke=\"#2457a6\" stroke-width=\"1.5\"/>\n\
         <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{high:.3}</text>\n<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{low:.3}</text>\n\
         <text x=\"{left}\" y=\"{}\">{first}</text>\n<text x=\"{}\" y=\"{}\" text-anchor=\"end\">{last}</text>\n",
        top - 5.0,
        line.join(" "),
        left - 4.0,
        top + 9.0,
        left - 4.0,
        top + HEIGHT,
        top + HEIGHT + 13.0,
        left + WIDTH,
        top + HEIGHT + 13.0
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_of_a_log_is_a_curve() {
        let log = "{\"step\":1,\"loss\":[2.0,1.0],\"dev\":{\"score\":0.1}}\n{\"step\":2,\"loss\":[1.0,0.5],\"dev\":{\"score\":0.4}}\nno\n";
        let svg = draw(log);
        for name in ["loss.0", "loss.1", "dev.score"] {
            assert!(svg.contains(&format!(">{name}</text>")), "{name}: {svg}");
        }
        assert_eq!(svg.matches("<polyline").count(), 3);
        assert!(svg.contains("46.0,196.0") && svg.starts_with("<svg") && svg.ends_with("</svg>\n"), "{svg}");
        assert!(!draw("").contains("polyline"));
    }
}
