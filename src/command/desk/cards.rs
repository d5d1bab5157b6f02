//! `akashi desk cards` and `akashi desk recall`: which cards there are, and the end of a bad lot.

use std::path::{Path, PathBuf};

use akashi_card::CardNumber;
use akashi_ra_console::Desk;
use akashi_wire::RevocationReason;
use akashi_wire::act::{
    Answer, CARDS_OF_ONE_ACT, CardSelection, Deed, KnownRecall, RecallCounts, RecallId,
};
use akashi_wire::municipality::Municipality;
use akashi_wire::octets::Sha256;

use super::{Failure, Lines};

#[derive(clap::Subcommand)]
pub(super) enum CardsCommand {
    /// Register the cards of a delivery note.
    Register {
        /// The numbers of the cards, one a line.
        file: PathBuf,
        /// The lot, as the maker names it.
        #[arg(long)]
        lot: String,
        /// The model, as the maker names it.
        #[arg(long)]
        model: String,
    },
    /// Show what a recall of these cards would end, and the recalls that there are. Changes nothing.
    Show(Which),
}

#[derive(clap::Subcommand)]
pub(super) enum RecallCommand {
    /// Propose to end every certificate in these cards; another security officer confirms it.
    Propose {
        #[command(flatten)]
        which: Which,
        /// key-compromise (the keys are in doubt) or superseded (they are not).
        #[arg(long, value_enum, default_value = "key-compromise")]
        reason: Reason,
        /// Why.
        #[arg(long)]
        why: String,
        /// The digest that `cards show` has shown.
        #[arg(long, value_name = "HEX", value_parser = digest)]
        digest: Sha256,
    },
    /// Confirm what another security officer proposed: the certificates end now.
    Confirm {
        /// Number of the recall.
        recall: RecallId,
        /// The digest that `cards show` has shown.
        #[arg(long, value_name = "HEX", value_parser = digest)]
        digest: Sha256,
    },
}

/// Which cards.
#[derive(clap::Args)]
#[group(required = true, multiple = true)]
pub(super) struct Which {
    /// Cards of this lot.
    #[arg(long)]
    lot: Option<String>,
    /// Cards of this model.
    #[arg(long)]
    model: Option<String>,
}

#[derive(Clone, Copy, clap::ValueEnum)]
pub(super) enum Reason {
    KeyCompromise,
    Superseded,
}

pub(super) fn digest(text: &str) -> Result<Sha256, String> {
    hex::decode(text)
        .ok()
        .and_then(|octets| Sha256::from_slice(&octets))
        .ok_or_else(|| "a digest has 64 hexadecimal digits".into())
}

impl Which {
    fn selection(self) -> Result<CardSelection, Failure> {
        CardSelection::of(self.lot, self.model).ok_or_else(|| "--lot or --model is needed".into())
    }
}

impl CardsCommand {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines<String>, Failure> {
        match self {
            Self::Register { file, lot, model } => register(desk, &file, &lot, &model).await,
            Self::Show(which) => show(desk, which.selection()?).await,
        }
    }
}

impl RecallCommand {
    pub(super) async fn run(self, desk: &Desk) -> Result<Lines<String>, Failure> {
        match self {
            Self::Propose { which, reason, why, digest } => {
                let selection = which.selection()?;
                let reason = match reason {
                    Reason::KeyCompromise => RevocationReason::KeyCompromise,
                    Reason::Superseded => RevocationReason::Superseded,
                };
                let deed =
                    Deed::ProposeRecall { selection: selection.clone(), reason, why, digest };
                let Answer::RecallProposed { recall, certificates, until } = desk.ask(deed).await?
                else {
                    return Err(not_understood());
                };
                Ok(lines([
                    ("recall", recall.to_string()),
                    ("of", selection.to_string()),
                    ("certificates", certificates.to_string()),
                    ("reason", reason.to_string()),
                    ("until", until.to_string()),
                    (
                        "next",
                        format!(
                            "another security officer looks and confirms: recall confirm {recall} --digest {digest}"
                        ),
                    ),
                ]))
            }
            Self::Confirm { recall, digest } => {
                let deed = Deed::ConfirmRecall { recall, digest };
                let Answer::Recalled { recall, revoked, voided, left } = desk.ask(deed).await?
                else {
                    return Err(not_understood());
                };
                let mut told = lines([
                    ("recall", recall.to_string()),
                    ("revoked", revoked.to_string()),
                    ("voided", voided.to_string()),
                ]);
                if left > 0 {
                    let still = format!("{left}: the authority ends them in the next moments");
                    told.push(("left".into(), still));
                }
                Ok(told)
            }
        }
    }
}

async fn register(
    desk: &Desk,
    file: &Path,
    lot: &str,
    model: &str,
) -> Result<Lines<String>, Failure> {
    let cards = numbers(file)?;
    let (mut sum_new, mut sum_known) = (0, 0);
    for part in cards.chunks(CARDS_OF_ONE_ACT) {
        let (lot, model, cards) = (lot.to_owned(), model.to_owned(), part.to_vec());
        match desk.ask(Deed::RegisterCards { lot, model, cards }).await {
            Ok(Answer::CardsRegistered { new, known }) => {
                (sum_new, sum_known) = (sum_new + new, sum_known + known);
            }
            Ok(_) => return Err(not_understood()),
            Err(error) if sum_new + sum_known > 0 => {
                let before = sum_new + sum_known;
                return Err(format!(
                    "the first {before} cards are registered, the next {} are not: {error}",
                    part.len()
                )
                .into());
            }
            Err(error) => return Err(error.into()),
        }
    }
    let of = format!("lot {lot} of model {model}");
    let (new, known) = (sum_new.to_string(), sum_known.to_string());
    Ok(lines([("registered", new), ("known", known), ("of", of)]))
}

/// Numbers of cards, one a line. The whole file is read before anything is asked.
fn numbers(file: &Path) -> Result<Vec<String>, Failure> {
    let text =
        std::fs::read_to_string(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let mut numbers = Vec::new();
    for (line, number) in (1..).zip(text.lines().map(str::trim)) {
        if number.is_empty() {
            continue;
        }
        let number: CardNumber =
            number.parse().map_err(|error| format!("{}, line {line}: {error}", file.display()))?;
        numbers.push(number.to_string());
    }
    if numbers.is_empty() {
        return Err(format!("{} names no card", file.display()).into());
    }
    Ok(numbers)
}

async fn show(desk: &Desk, selection: CardSelection) -> Result<Lines<String>, Failure> {
    let deed = Deed::PreviewRecall { selection: selection.clone() };
    let Answer::RecallPreviewed { cards, certificates, digest, without_card, recalls } =
        desk.ask(deed).await?
    else {
        return Err(not_understood());
    };
    let mut all = RecallCounts::default();
    for counts in certificates.values() {
        all.in_force += counts.in_force;
        all.on_hold += counts.on_hold;
        all.under_way += counts.under_way;
    }
    let mut told = lines([
        ("of", selection.to_string()),
        ("cards", cards.to_string()),
        ("certificates", told(&all)),
    ]);
    for (code, counts) in &certificates {
        let name = Municipality::of(*code).map(|town| town.name).unwrap_or_default();
        told.push((code.to_string(), format!("{} {name}", self::told(counts)).trim().into()));
    }
    told.push(("digest".into(), digest.to_string()));
    if without_card > 0 {
        let older = format!("{without_card} certificates of all lots are older than the inventory");
        told.push(("not_seen".into(), older));
    }
    for (number, recall) in (1..).zip(&recalls) {
        let name = if number == 1 { "recall".into() } else { format!("recall_{number}") };
        told.push((name, stands(recall)));
    }
    Ok(told)
}

/// `2 in force, 1 on hold`: what there is none of is left out.
fn told(counts: &RecallCounts) -> String {
    let kinds = [
        (counts.in_force, "in force"),
        (counts.on_hold, "on hold"),
        (counts.under_way, "under way"),
    ];
    let some: Vec<String> = kinds
        .iter()
        .filter(|(count, _)| *count > 0)
        .map(|(count, kind)| format!("{count} {kind}"))
        .collect();
    if some.is_empty() { "none".into() } else { some.join(", ") }
}

fn stands(recall: &KnownRecall) -> String {
    let KnownRecall { recall: number, selection, reason, why, .. } = recall;
    let (revoked, voided) = (recall.revoked, recall.voided);
    let how = match (recall.confirmed_at, recall.finished_at) {
        (None, _) => format!("proposed by {}, until {}", recall.proposed_by, recall.until),
        (Some(at), Some(_)) => format!("since {at}, {revoked} revoked, {voided} voided"),
        (Some(at), None) => format!("since {at}, {revoked} revoked, {voided} voided so far"),
    };
    format!("{number} {selection}, {reason}, {how}: {why}")
}

fn lines<const N: usize>(lines: [(&str, String); N]) -> Lines<String> {
    lines.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn not_understood() -> Failure {
    "the authority's answer cannot be understood".into()
}
