//! How much a program does, in the text format of Prometheus. Every metric stands in one table.

use std::sync::OnceLock;

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It is what it is now.
    Gauge,
}

/// One metric.
#[derive(Debug)]
pub struct Metric {
    /// Its name, which ends with its unit.
    pub name: &'static str,
    /// What it is.
    pub kind: Kind,
    /// What it says.
    pub help: &'static str,
    /// Its labels, each with what bounds its values.
    pub labels: &'static str,
}

const fn counter(name: &'static str, help: &'static str, labels: &'static str) -> Metric {
    Metric { name, kind: Kind::Counter, help, labels }
}

const fn gauge(name: &'static str, help: &'static str, labels: &'static str) -> Metric {
    Metric { name, kind: Kind::Gauge, help, labels }
}

/// Every metric that a program of ours has, beside those of the process (`process_…`).
pub const ALL: &[Metric] = &[
    counter(
        "akashi_door_connections_total",
        "Connections that came to a door, by what became of them",
        "`door`; `outcome`: `entered`, `full`, `no_handshake`",
    ),
    counter(
        "akashi_acts_total",
        "Acts that officers asked for",
        "`act`: the verb (interfaces §5), `none` of whoever may not act; `outcome`: `done`, `refused`, `failed`",
    ),
    counter(
        "akashi_batches_total",
        "Batches of 異動 that sources sent",
        "`outcome`: `taken`, `refused`, `failed`",
    ),
    counter(
        "akashi_orders_total",
        "Orders of the authority's own programs",
        "`outcome`: `done`, `refused`",
    ),
    counter(
        "akashi_ticks_total",
        "Rounds of the scheduler",
        "`outcome`: `done`, `failed`, `elsewhere`",
    ),
    counter("akashi_events_settled_total", "Events of 異動 looked at by the settlement", ""),
    gauge(
        "akashi_feed_last_heard_timestamp_seconds",
        "When a source was last heard",
        "`municipality`: codes of the prefecture",
    ),
    gauge(
        "akashi_feed_unsettled_events",
        "Events that came of a source and are not settled",
        "`municipality`",
    ),
    gauge(
        "akashi_feed_oldest_unsettled_timestamp_seconds",
        "When the oldest of them came; NaN where there is none",
        "`municipality`",
    ),
    gauge(
        "akashi_alarms",
        "Alarms that stand",
        "`severity`: `critical`, `warning`, `notice`; `signed_for`: `yes`, `no`",
    ),
    gauge(
        "akashi_undelivered_certificates",
        "Certificates that were issued and are not handed over",
        "",
    ),
    gauge("akashi_chain_position", "Position of the newest entry of the audit chain", ""),
    counter(
        "akashi_ocsp_answers_total",
        "Questions about certificates, by what was answered",
        "`answer`: `good`, `revoked`, `unknown`, or why it was refused (§8)",
    ),
    gauge(
        "akashi_ocsp_last_contact_timestamp_seconds",
        "When the responder last read the book",
        "",
    ),
    counter("akashi_lists_signed_total", "Lists that were signed", "`outcome`: `done`, `failed`"),
    gauge(
        "akashi_list_next_update_timestamp_seconds",
        "nextUpdate of the newest list that was signed",
        "`scope`: codes of the prefecture, `complete`, `authority`",
    ),
    counter(
        "akashi_holders_applications_total",
        "Applications that holders handed in at their door",
        "`outcome`: `done`, `refused`, `malformed`, `busy`, `failed`",
    ),
    counter(
        "akashi_lists_published_total",
        "Lists that the repository published",
        "`outcome`: `done`, `failed`",
    ),
];

static RECORDER: OnceLock<PrometheusHandle> = OnceLock::new();

/// Counts from now on.
pub(crate) fn begin() {
    let Ok(handle) = PrometheusBuilder::new().install_recorder() else { return };
    for Metric { name, kind, help, .. } in ALL {
        match kind {
            Kind::Counter => metrics::describe_counter!(*name, *help),
            Kind::Gauge => metrics::describe_gauge!(*name, *help),
        }
    }
    metrics_process::Collector::default().describe();
    let _ = RECORDER.set(handle);
}

/// Everything that was counted, as Prometheus reads it.
pub fn text() -> String {
    let Some(recorder) = RECORDER.get() else { return String::new() };
    metrics_process::Collector::default().collect();
    recorder.run_upkeep();
    recorder.render()
}
