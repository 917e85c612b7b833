//! Plots as SVG inside the page.
use std::fmt::Write as _;

use super::escape;
use crate::eval::calibration::{bins, coverage_curve};
use crate::eval::figures::Metric;

/// Side of the square that is drawn in, and the margin around it.
const SIDE: f64 = 260.0;
const MARGIN: f64 = 44.0;
const BLUE: &str = "#2f6fd0";
const GREY: &str = "#98a2b3";

fn x(value: f64) -> f64 {
    MARGIN + value * SIDE
}

fn y(value: f64) -> f64 {
    MARGIN + (1.0 - value) * SIDE
}

/// An empty square from 0 to 1 with its axes.
fn square(title: &str, across: &str, up: &str) -> String {
    let whole = SIDE + 2.0 * MARGIN;
    let mut out = format!(
        "<svg width=\"{whole}\" height=\"{whole}\" viewBox=\"0 0 {whole} {whole}\" role=\"img\" font-size=\"11\" fill=\"#1c2430\">\
         <title>{0}</title><text x=\"{MARGIN}\" y=\"18\" font-size=\"12\">{0}</text>",
        escape(title)
    );
    for step in 0..=4 {
        let value = f64::from(step) / 4.0;
        let _ = write!(
            out,
            "<line x1=\"{0:.1}\" x2=\"{1:.1}\" y1=\"{2:.1}\" y2=\"{2:.1}\" stroke=\"#e4e8ee\"/>\
             <text x=\"{3:.1}\" y=\"{4:.1}\" text-anchor=\"end\">{value:.2}</text>\
             <text x=\"{5:.1}\" y=\"{6:.1}\" text-anchor=\"middle\">{value:.2}</text>",
            x(0.0),
            x(1.0),
            y(value),
            MARGIN - 6.0,
            y(value) + 4.0,
            x(value),
            y(0.0) + 15.0
        );
    }
    let _ = write!(
        out,
        "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{}</text>\
         <text transform=\"translate(12 {:.1}) rotate(-90)\" text-anchor=\"middle\">{}</text>",
        x(0.5),
        y(0.0) + 32.0,
        escape(across),
        y(0.5),
        escape(up)
    );
    out
}

/// Stated confidence against share right; the area of a point is the number of statements.
pub fn calibration(title: &str, stated: &[(f32, bool)]) -> String {
    let mut out = square(title, "stated", "share right");
    let _ = write!(
        out,
        "<line x1=\"{:.1}\" y1=\"{:.1}\" x2=\"{:.1}\" y2=\"{:.1}\" stroke=\"{GREY}\" stroke-dasharray=\"4 4\"/>",
        x(0.0),
        y(0.0),
        x(1.0),
        y(1.0)
    );
    for bin in bins(stated).iter().filter(|b| b.count > 0) {
        let radius = 3.0 + 15.0 * (bin.count as f64 / stated.len() as f64).sqrt();
        let _ = write!(
            out,
            "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"{radius:.1}\" fill=\"{BLUE}\" fill-opacity=\"0.55\"><title>{} stated {:.2}, right {:.2}</title></circle>",
            x(bin.stated),
            y(bin.right),
            bin.count,
            bin.stated,
            bin.right
        );
    }
    out + "</svg>"
}

/// Share let out against the share of it that is right, with the lines of 95% and 98%.
pub fn coverage(title: &str, stated: &[(f32, bool)]) -> String {
    let mut out = square(title, "share of encounters", "share right");
    for wanted in [0.95, 0.98] {
        let _ = write!(
            out,
            "<line x1=\"{:.1}\" x2=\"{:.1}\" y1=\"{2:.1}\" y2=\"{2:.1}\" stroke=\"{GREY}\" stroke-dasharray=\"4 4\"/>",
            x(0.0),
            x(1.0),
            y(wanted)
        );
    }
    let points: Vec<String> =
        coverage_curve(stated).iter().map(|(share, right)| format!("{:.1},{:.1}", x(*share), y(*right))).collect();
    let _ = write!(out, "<polyline fill=\"none\" stroke=\"{BLUE}\" stroke-width=\"2\" points=\"{}\"/>", points.join(" "));
    out + "</svg>"
}

/// One bar a group with its interval.
pub fn bars(title: &str, groups: &[(&str, Metric)]) -> String {
    let (row, left) = (20.0, 190.0);
    let height = 40.0 + row * groups.len() as f64;
    let width = left + SIDE + MARGIN;
    let place = |value: f64| left + value.clamp(0.0, 1.0) * SIDE;
    let mut out = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\" font-size=\"11\" fill=\"#1c2430\">\
         <title>{0} by group</title><text x=\"{left}\" y=\"18\" font-size=\"12\">{0} by group</text>",
        escape(title)
    );
    for (i, (name, metric)) in groups.iter().enumerate() {
        let top = 30.0 + row * i as f64;
        let _ = write!(
            out,
            "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{left}\" y=\"{top:.1}\" width=\"{:.1}\" height=\"12\" fill=\"{BLUE}\" fill-opacity=\"0.6\"><title>{:.3} (n={})</title></rect>\
             <line x1=\"{6:.1}\" x2=\"{7:.1}\" y1=\"{8:.1}\" y2=\"{8:.1}\" stroke=\"#1c2430\"/>",
            left - 6.0,
            top + 10.0,
            escape(name),
            place(metric.value) - left,
            metric.value,
            metric.n,
            place(metric.low),
            place(metric.high),
            top + 6.0
        );
    }
    out + "</svg>"
}
