//! The channel to the card of a case: opened, spoken through, taken up again.

use akashi_card::issuing;
use akashi_ledger::{CaseFile, Change, Standing, Step};
use akashi_wire::act::{Answer, IssuedCertificate, Procedure, Refusal};
use akashi_wire::octets::{Octets, Sha256};
use akashi_wire::{CaseId, SerialNumber};
use jiff::Timestamp;

use super::application::certified;
use super::cards::is_nobody_elses;
use super::case_record::{Applied, CaseRecord, texts};
use super::certifying::{end, too_long};
use super::{Acting, Counter, Halt, at_step};
use crate::CaError;
use crate::card::{Certificates, Channel, Halted, Run, Sent, reads_back};
use crate::public_key::{self, BadKey};

/// Where a card may be spoken with.
const WITH_CARD: [Step; 2] = [Step::Applied, Step::Issued];

impl Counter {
    /// A case that another terminal began, or this one before it was cut off.
    pub(super) async fn take_up(
        &self,
        acting: &Acting,
        case: CaseId,
        card: &str,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, record) = self.case_in(&mut change, acting, case).await?;
        let open = [Step::Opened, Step::LookedUp, Step::Applied, Step::Issued];
        at_step(&file, &open, acting)?;
        if record.applied.as_ref().is_some_and(|applied| applied.card != card) {
            return Err(Refusal::WrongCard.into());
        }
        self.require_in_force(&mut change, &file, &record).await?;
        let issued = match (file.step, file.serial) {
            (Step::Issued, Some(serial)) => {
                let certificate = self.issued(&file).await?;
                let not_after = end(&certificate)?;
                Some(IssuedCertificate { serial, certificate: Octets(certificate), not_after })
            }
            _ => None,
        };
        // Before a card is bound to the case, whoever takes it up looks the person up.
        let bound = record.applied.is_some();
        let looked_up = record.looked_up.as_ref().filter(|_| bound);
        let items = looked_up.map(|person| person.items.clone());
        let (name, address) = match (&items, &record.applied) {
            (Some(items), Some(applied)) => {
                let (name, address) =
                    texts(items, &applied.name_choices, &applied.address_choices)?;
                let name = certified(&items.name, &name);
                (Some(name), Some(certified(&items.address, &address)))
            }
            _ => (None, None),
        };
        // Somebody is at it again.
        self.save_case(&mut change, acting, &mut file, &record).await?;
        let procedure = record.procedure;
        let answer = Answer::TakenUp { procedure, items, name, address, issued };
        self.finish(change, acting, &case.to_string(), answer).await
    }

    /// The first command of a channel. What an earlier one was used for is forgotten.
    pub(super) async fn open_channel(
        &self,
        acting: &Acting,
        case: CaseId,
        card: &str,
    ) -> Result<Answer, Halt> {
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &WITH_CARD, acting)?;
        if record.application()?.card != card {
            return Err(Refusal::WrongCard.into());
        }
        self.require_in_force(&mut change, &file, &record).await?;
        let applied = record.application_mut()?;
        may_make_key(&file, applied, acting, change.at())?;
        if let Some(person) = file.person {
            is_nobody_elses(&mut change, card, person).await?;
        }
        let (channel, run) = Channel::ask(self.random());
        applied.channel = Some(channel);
        if file.step == Step::Applied {
            // The pair that comes now overwrites the one before.
            applied.made = None;
        }
        self.save_case(&mut change, acting, &mut file, &record).await?;
        self.finish(change, acting, &case.to_string(), Answer::Commands { run }).await
    }

    /// The card's answers to the last run; what comes next.
    pub(super) async fn card_answered(
        &self,
        acting: &Acting,
        case: CaseId,
        answers: &[Octets],
    ) -> Result<Answer, Halt> {
        let told = self.key_told(case, answers).await?;
        let mut change = self.begin(acting).await?;
        let (mut file, mut record) = self.case_in(&mut change, acting, case).await?;
        at_step(&file, &WITH_CARD, acting)?;
        let own = match file.step {
            Step::Issued => self.issued(&file).await?,
            _ => Vec::new(),
        };
        self.require_in_force(&mut change, &file, &record).await?;
        let certificates = self.certificates(&own);
        let procedure = record.procedure;
        let applied = record.application_mut()?;
        may_make_key(&file, applied, acting, change.at())?;
        let step = file.step;
        let refuse = |halted: Halted| Halt::from(refusal(halted, step, own.len()));
        let answer = match applied.channel.take() {
            None | Some(Channel::Open { .. }) => return Err(Refusal::NoChannel.into()),
            Some(Channel::Opening { opening }) => {
                let run = match (file.step, procedure) {
                    (Step::Issued, _) => Run::Write,
                    (_, Procedure::PinReset) => Run::OpenPinWindow,
                    (_, procedure) => Run::MakeKey { pin_window: procedure == Procedure::Issue },
                };
                let keys = self.services.card_master.card_keys(&applied.card);
                let what = (run, certificates);
                let (sent, run) = Sent::opening(&opening, &keys, answers, what).map_err(refuse)?;
                applied.channel = Some(Channel::Sent { sent });
                Answer::Commands { run }
            }
            Some(Channel::Sent { sent }) => {
                let (data, host) = sent.received(answers, certificates).map_err(refuse)?;
                match sent.run {
                    Run::MakeKey { .. } => {
                        at_step(&file, &[Step::Applied], acting)?;
                        let bad =
                            |e: akashi_card::CardError| Refusal::BadKey { what: e.to_string() };
                        let key = issuing::public_key(&data[0]).map_err(bad)?;
                        match told {
                            Some((looked_at, sound)) if looked_at == key => sound?,
                            // The case went on while the key was looked at: it is asked again.
                            _ => return Err(Refusal::NotNowPossible.into()),
                        }
                        applied.made = Some(Sha256::of(&key));
                        applied.channel = Some(Channel::Open { host });
                        Answer::KeyMade { public_key: Octets(key) }
                    }
                    Run::Write if !reads_back(&data, certificates) => {
                        return Err(Refusal::ReadBackDiffers.into());
                    }
                    Run::Write => {
                        let activating = Sent::through(host, Run::Activate, certificates);
                        let (sent, run) = activating.map_err(refuse)?;
                        applied.channel = Some(Channel::Sent { sent });
                        // From here on the card may have switched, whether we hear of it or not.
                        applied.written = true;
                        Answer::Commands { run }
                    }
                    Run::Activate => Answer::Activated,
                    Run::OpenPinWindow => {
                        file.step = Step::Done;
                        Answer::PinWindowOpen
                    }
                }
            }
        };
        self.save_case(&mut change, acting, &mut file, &record).await?;
        self.finish(change, acting, &case.to_string(), answer).await
    }

    /// The key that the card tells with these answers, and whether it may be certified. It is looked at before
    /// the book is held: whether a modulus is a prime takes longer than everything else (docs/performance.md).
    async fn key_told(
        &self,
        case: CaseId,
        answers: &[Octets],
    ) -> Result<Option<(Vec<u8>, Result<(), Refusal>)>, Halt> {
        let Some(file) = self.issuer.ledger.case(case).await? else { return Ok(None) };
        if file.step != Step::Applied {
            return Ok(None);
        }
        let record = CaseRecord::open(self.vault(), case, &file.sealed_file)?;
        let Some(Channel::Sent { sent }) = record.applied.and_then(|applied| applied.channel)
        else {
            return Ok(None);
        };
        if !matches!(sent.run, Run::MakeKey { .. }) {
            return Ok(None);
        }
        // What is wrong with the answers is told to whom the case belongs.
        let Ok((data, _)) = sent.received(answers, self.certificates(&[])) else { return Ok(None) };
        let Ok(key) = issuing::public_key(&data[0]) else { return Ok(None) };
        let looked_at = key.clone();
        let looking = tokio::task::spawn_blocking(move || public_key::check_whole(&looked_at));
        let sound = looking.await.map_err(|_| Refusal::NotNowPossible)?;
        let bad = |why: BadKey| Refusal::BadKey { what: why.to_string() };
        Ok(Some((key, sound.map_err(bad))))
    }

    /// The certificate of an issued case, DER.
    async fn issued(&self, file: &CaseFile) -> Result<Vec<u8>, CaError> {
        let damaged = || CaError::Damaged("an issued case without its certificate".into());
        let serial = file.serial.ok_or_else(damaged)?;
        let sealed = self.issuer.ledger.sealed_certificate(serial).await?.ok_or_else(damaged)?;
        Ok(self.vault().open("certificate_file", serial.as_bytes(), &sealed)?.to_vec())
    }

    /// Refuses to go on with a card when what was issued in the case, or what the case rests on, was
    /// revoked or put on hold since: an open channel and a PIN window are dead from that moment on,
    /// and the card keeps what its holder has.
    pub(super) async fn require_in_force(
        &self,
        change: &mut Change,
        file: &CaseFile,
        record: &CaseRecord,
    ) -> Result<(), Halt> {
        let issued = file.serial.filter(|_| file.step == Step::Issued);
        let serials: Vec<SerialNumber> = issued.into_iter().chain(rests_on(record)).collect();
        let standings = change.standings(&serials).await?;
        for serial in serials {
            in_force(serial, standings.get(&serial))?;
        }
        Ok(())
    }

    /// What goes into the card.
    fn certificates<'a>(&'a self, own: &'a [u8]) -> Certificates<'a> {
        Certificates { own, authority: &self.issuer.authority.certificate }
    }

    /// The commands that write a certificate just issued, where the channel still lives in which
    /// its key was made.
    pub(super) fn begin_writing(
        &self,
        record: &mut CaseRecord,
        own: &[u8],
    ) -> Result<Vec<Octets>, Refusal> {
        let Some(applied) = &mut record.applied else { return Ok(Vec::new()) };
        let Some(Channel::Open { host }) = applied.channel.take() else { return Ok(Vec::new()) };
        let writing = Sent::through(host, Run::Write, self.certificates(own));
        let (sent, run) = writing.map_err(|halted| refusal(halted, Step::Applied, own.len()))?;
        applied.channel = Some(Channel::Sent { sent });
        Ok(run)
    }
}

/// The certificate in force upon which an application rests.
pub(super) fn rests_on(record: &CaseRecord) -> Option<SerialNumber> {
    record.applied.as_ref().and_then(|applied| applied.rests_on)
}

/// Refuses what is revoked or on hold.
pub(super) fn in_force(serial: SerialNumber, standing: Option<&Standing>) -> Result<(), Refusal> {
    match standing {
        Some(Standing::Good) => Ok(()),
        Some(Standing::Held { .. }) => Err(Refusal::OnHold { serial }),
        Some(Standing::Revoked { .. }) | None => Err(Refusal::CertificateEnded),
    }
}

/// Before a certificate is issued the channel serves to make a key pair, while the permit lasts.
fn may_make_key(
    file: &CaseFile,
    applied: &Applied,
    acting: &Acting,
    now: Timestamp,
) -> Result<(), Refusal> {
    match (file.step, file.serial) {
        // A certificate that is written down and not filed is bound to the key that there is.
        (Step::Applied, Some(_)) => {
            let asked = acting.act.verb.to_owned();
            Err(Refusal::WrongStep { step: "certifying".into(), asked })
        }
        (Step::Applied, None) if now > applied.until => {
            Err(Refusal::PermitExpired { until: applied.until })
        }
        _ => Ok(()),
    }
}

/// What the officer is told; `own` is the length of the certificate, once there is one.
fn refusal(halted: Halted, step: Step, own: usize) -> Refusal {
    /// What the command builds on is missing (ISO/IEC 7816-4 §5.6).
    const CONDITIONS_NOT_SATISFIED: u16 = 0x6985;
    match halted {
        Halted::ForeignCard => Refusal::ForeignCard,
        Halted::NoChannel => Refusal::NoChannel,
        Halted::TooLong => too_long(own),
        Halted::Refused { status: Some(CONDITIONS_NOT_SATISFIED), at: Some(_) }
            if step == Step::Issued =>
        {
            Refusal::PendingKeyGone
        }
        Halted::Refused { status: None, .. } => Refusal::CardRefused { status: "no answer".into() },
        Halted::Refused { status: Some(status), .. } => {
            Refusal::CardRefused { status: format!("{status:04X}") }
        }
    }
}
