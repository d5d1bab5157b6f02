//! A figure, and the line that it is printed as.

use std::time::Duration;

use serde::Serialize;

/// One figure: the median of several runs, beside a baseline of the same machine and minute.
#[derive(Debug, Serialize)]
pub struct Measurement {
    /// What was measured.
    pub name: String,
    /// The median.
    pub value: f64,
    /// Of what.
    pub unit: &'static str,
    /// What it is held against: a peer, or a limit of the machine.
    pub baseline: &'static str,
    /// The median of the baseline, in the same unit.
    pub baseline_value: f64,
    /// `value / baseline_value`.
    pub ratio: f64,
    /// The most memory of this process while it was measured.
    pub peak_rss_bytes: u64,
    /// Every run.
    pub runs: Vec<f64>,
}

impl Measurement {
    /// Puts runs and their baseline together.
    pub fn of(
        name: impl Into<String>,
        unit: &'static str,
        runs: Vec<f64>,
        (baseline, baseline_runs): (&'static str, Vec<f64>),
        peak_rss_bytes: u64,
    ) -> Self {
        let (value, baseline_value) = (median(&runs), median(&baseline_runs));
        let ratio = if baseline_value > 0.0 { value / baseline_value } else { f64::NAN };
        let name = name.into();
        Self { name, value, unit, baseline, baseline_value, ratio, peak_rss_bytes, runs }
    }

    /// One JSON object, one line.
    pub fn print(&self) {
        println!("{}", serde_json::to_string(self).expect("a measurement is JSON"));
    }
}

/// The value in the middle.
pub fn median(runs: &[f64]) -> f64 {
    let mut sorted = runs.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.len() {
        0 => 0.0,
        n if n % 2 == 1 => sorted[n / 2],
        n => f64::midpoint(sorted[n / 2 - 1], sorted[n / 2]),
    }
}

/// So many in so much time, a second.
pub fn rate(count: usize, time: Duration) -> f64 {
    count as f64 / time.as_secs_f64()
}

/// Forgets the most memory that this process had (Linux `clear_refs`, 5), so that what a benchmark
/// prepares is not counted.
pub fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// The most memory that this process had since then, in octets; 0 where the system does not say.
pub fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_lies_in_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
    }
}
