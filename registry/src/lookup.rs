//! 本人確認情報の照会: who fits a question, answered over the municipal registry's signature.

use akashi_wire::lookup::{
    LookUpAnswer, LookUpEnvelope, LookUpRequest, ResidentRecord, ResidentState, Whom,
};
use akashi_wire::octets::Sha256;
use akashi_wire::signed::MessageKind;
use akashi_wire::{CodeOpening, MunicipalityCode, ResidentCode};
use jiff::Timestamp;
use rand::{CryptoRng, RngExt as _};

use crate::{Record, Registry, RegistryError, TownIdentity};

impl Registry {
    /// Everybody whom the question fits, and what opens the commitments, in the same order. `question` is
    /// the digest of the signed question.
    ///
    /// Only residents of the municipality that was asked for. By code a deleted record is found
    /// too, as long as it lies with this municipality, and the answer repeats the commitment of the
    /// question. By items only the living and leaving are found: names are compared as the registry
    /// writes them, but without spaces; birth date, and sex and address where given, exactly (the
    /// address without spaces too).
    pub fn look_up(
        &self,
        request: &LookUpRequest,
        question: Sha256,
        now: Timestamp,
        rng: &mut impl CryptoRng,
    ) -> Result<(LookUpAnswer, Vec<CodeOpening>), RegistryError> {
        let found = match &request.whom {
            Whom::Code { opening } => {
                let code = opening.open(&opening.commitment()).ok_or(RegistryError::Question)?;
                self.by_code(&code, request.municipality)
                    .map(|record| (record, opening.clone()))
                    .into_iter()
                    .collect()
            }
            Whom::Items { .. } => self
                .by_items(&request.whom, request.municipality, now)
                .into_iter()
                .map(|(code, record)| (record, CodeOpening::new(code, rng.random())))
                .collect::<Vec<_>>(),
        };
        let persons =
            found.iter().map(|(record, opening)| described(record, opening, now)).collect();
        let answer = LookUpAnswer { case: request.case, request: question, as_of: now, persons };
        Ok((answer, found.into_iter().map(|(_, opening)| opening).collect()))
    }

    fn by_code(&self, code: &ResidentCode, municipality: MunicipalityCode) -> Option<&Record> {
        self.record(code).filter(|record| record.municipality() == municipality)
    }

    fn by_items(
        &self,
        whom: &Whom,
        municipality: MunicipalityCode,
        now: Timestamp,
    ) -> Vec<(&ResidentCode, &Record)> {
        let Whom::Items { name, birth_date, sex, address } = whom else { return Vec::new() };
        self.born(municipality, *birth_date)
            .filter(|(_, record)| {
                let items = record.items();
                record.state_at(now) != ResidentState::Deleted
                    && without_spaces(&items.name).eq(without_spaces(name))
                    && sex.is_none_or(|sex| sex == items.sex)
                    && address
                        .as_ref()
                        .is_none_or(|text| without_spaces(&items.address).eq(without_spaces(text)))
            })
            .collect()
    }
}

impl TownIdentity {
    /// Signs an answer and encrypts it with its openings to the authority.
    pub fn seal_answer(
        &self,
        answer: &LookUpAnswer,
        openings: Vec<CodeOpening>,
        now: Timestamp,
    ) -> Result<Vec<u8>, RegistryError> {
        let text = serde_json::to_vec(answer).expect("an answer is JSON");
        self.seal(&LookUpEnvelope {
            signed: self.sign(MessageKind::LookUpAnswer, &text, now)?,
            openings,
        })
    }
}

fn described(record: &Record, opening: &CodeOpening, now: Timestamp) -> ResidentRecord {
    ResidentRecord {
        resident: opening.commitment(),
        municipality: record.municipality(),
        history_number: record.history_number(),
        items: record.items().clone(),
        protected: record.protected(),
        state: record.state_at(now),
    }
}

/// The characters that count: U+3000 between the names is a space too.
fn without_spaces(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !c.is_whitespace())
}
