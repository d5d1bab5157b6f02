//! Why the authority says no.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::clock::off;
use crate::{MunicipalityCode, RevocationReason, SerialNumber};

/// Why the authority does not do what was asked. Shown to the officer: names no internals and
/// says what to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(tag = "refusal", rename_all = "snake_case")]
pub enum Refusal {
    /// The signature is not that of an enrolled party, or not over these octets.
    #[error(
        "the signature is not that of an enrolled officer: sign in with your own token, or ask the security officer to enrol you"
    )]
    NotEnrolled,
    /// The machine is no terminal of this officer's counter.
    #[error(
        "this machine is not a terminal of your counter, or is one no longer: use another one, and tell an administrator if it should be"
    )]
    NotATerminal,
    /// The act does not follow the contract.
    #[error("the request cannot be read: {what}")]
    Malformed {
        /// What is wrong.
        what: String,
    },
    /// The act was signed for another authority.
    #[error("the request was signed for another authority")]
    OtherAuthority,
    /// The terminal's clock is wrong, or the request is old.
    #[error(
        "the request was signed at {made_at}, and it is {now}: if it was signed just now, the clock of this \
         machine is {}: set it and repeat",
        off(*made_at, *now)
    )]
    NotNow {
        /// The time in what was signed.
        made_at: Timestamp,
        /// The authority's.
        now: Timestamp,
    },
    /// The same request number stood in another request.
    #[error("this request number was used for another request: make a new request")]
    RequestReused,
    /// This role may not do this.
    #[error("your role does not allow this")]
    NotAllowed,
    /// No such case at this officer's counter.
    #[error("there is no such case at this counter")]
    NoSuchCase,
    /// The case is not at the step where this can be asked.
    #[error("this case is at the step “{step}”; “{asked}” cannot be asked now")]
    WrongStep {
        /// Where the case stands.
        step: String,
        /// What was asked.
        asked: String,
    },
    /// No resident in the register fits.
    #[error("no resident of this municipality fits: check the spelling and the birth date")]
    NotInRegister,
    /// More than one resident fits.
    #[error("{count} residents fit: add the address or the sex, or use the card")]
    SeveralInRegister {
        /// How many.
        count: usize,
    },
    /// The registry does not answer.
    #[error(
        "the registry cannot be reached: nothing was issued; try again, and tell the operator if it lasts. A certificate is revoked or held without it, found by its serial number, by its card, or by name and birth date"
    )]
    RegistryUnreachable,
    /// The registry answers, and its answer cannot be read or believed.
    #[error(
        "the registry answered, and its answer cannot be read or believed: nothing was issued, and nothing at this \
         counter is wrong; tell the operator, who reads in the authority's log what it is. A certificate is revoked or \
         held without it"
    )]
    RegistryNotUnderstood,
    /// The registry's certificate is over, or its key dead.
    #[error(
        "the registry answers with a certificate that has ended, or with a key that is dead since another was \
         certified in its place: nothing was issued; tell the operator. A certificate is revoked or held without it"
    )]
    RegistryEnded,
    /// The resident lives elsewhere.
    #[error(
        "this person is not a resident of this municipality: the application belongs to the counter of {municipality}"
    )]
    NotResidentHere {
        /// Where the person lives.
        municipality: MunicipalityCode,
    },
    /// The record is deleted.
    #[error("the resident record is deleted: no certificate can be issued")]
    RecordDeleted,
    /// The resident has notified a move out.
    #[error("the resident is leaving on {day}: apply at the new municipality after the move")]
    Leaving {
        /// 異動予定日.
        day: Date,
    },
    /// The register changed between the look-up and this step.
    #[error("the register has changed since the look-up: look the person up again")]
    RegisterChanged,
    /// The look-up is good no longer: it was made on another day, or before the hours of the setting.
    #[error("the register was read at {as_of}, which is too long ago: look the person up again")]
    LookUpTooOld {
        /// State of the register that was read.
        as_of: Timestamp,
    },
    /// Below the age of the setting.
    #[error("the applicant is younger than {minimum}: applications are accepted from that age on")]
    TooYoung {
        /// The setting.
        minimum: u8,
    },
    /// The document that was shown has expired.
    #[error(
        "the identity document expired on {expired}: ask for another one, or send the inquiry letter"
    )]
    DocumentExpired {
        /// Its last day.
        expired: Date,
    },
    /// The document is not told as it must be.
    #[error(
        "the identity document is not told in full ({what}): its kind and the last four characters of its number are needed"
    )]
    DocumentIncomplete {
        /// `kind` or `last_four`.
        what: String,
    },
    /// A letter of today, or of a day to come.
    #[error(
        "an inquiry letter sent on {sent} cannot have been answered by post today: check the day on which it was sent"
    )]
    LetterTooNew {
        /// When it is said to have been sent.
        sent: Date,
    },
    /// A letter whose term is over.
    #[error(
        "the inquiry letter of {sent} could be answered until {until}: send another one, or ask for a document"
    )]
    LetterTooOld {
        /// When it was sent.
        sent: Date,
        /// The last day for its answer.
        until: Date,
    },
    /// The case has no letter of that day on record.
    #[error(
        "no inquiry letter of {sent} is on record in this case: take up the case in which it was sent, or send one"
    )]
    NoSuchLetter {
        /// When it is said to have been sent.
        sent: Date,
    },
    /// Nobody was born on a day to come.
    #[error("the birth date lies in the future: check its era, year, month and day")]
    BornInTheFuture,
    /// The day lies in another era than the one it is told in.
    #[error(
        "the birth date does not lie in the era that it names: check era, year, month and day; where the register has it so, it is corrected there first"
    )]
    BornInNoSuchEra,
    /// Under guardianship, where the setting refuses it.
    #[error(
        "the applicant is under guardianship: no certificate for signatures is issued; tell the guardian, and reject the application in writing"
    )]
    UnderGuardianship,
    /// The setting asks for it, and the application does not say.
    #[error(
        "the application must say whether the applicant is under guardianship: ask, and apply again"
    )]
    GuardianshipNotTold,
    /// There is a certificate in force already (law art. 6).
    #[error(
        "certificate {serial} is in force until {not_after}; a renewal is possible from {opens}"
    )]
    AlreadyCertified {
        /// The living one.
        serial: SerialNumber,
        /// Its last second.
        not_after: Timestamp,
        /// The first day of the renewal window.
        opens: Date,
    },
    /// The renewal window is not open yet.
    #[error("certificate {serial} can be renewed from {opens} on")]
    RenewalNotOpen {
        /// The living one.
        serial: SerialNumber,
        /// The first day of the window.
        opens: Date,
    },
    /// There is nothing to renew, revoke or hold.
    #[error("this person has no certificate in force")]
    NoLivingCertificate,
    /// Nothing in the book fits.
    #[error(
        "no certificate in force that was issued here fits: check what was given, or find it by another: its serial number (all 32 digits, or the last eight), the number of its card, name and birth date as it states them, or a look-up of the person in the registry"
    )]
    CertificateNotFound,
    /// More than one person's certificate fits.
    #[error(
        "the certificates of {count} persons fit: give the whole serial number or the number of the card, or look the person up in the registry with address and sex"
    )]
    SeveralCertificates {
        /// How many persons.
        count: usize,
    },
    /// The certificate that the case found has ended, or another has taken its place.
    #[error(
        "certificate {serial}, which this case found, is no longer in force: find the person's certificate again"
    )]
    NoLongerInForce {
        /// The one that was found.
        serial: SerialNumber,
    },
    /// The certificate was issued at another town's counter, which alone may end it.
    #[error("certificate {serial} was issued by {municipality}: report it at a counter there")]
    IssuedElsewhere {
        /// The one that was found.
        serial: SerialNumber,
        /// Whose it is.
        municipality: MunicipalityCode,
    },
    /// The living certificate is on hold and must be revoked before another is issued.
    #[error("certificate {serial} is on hold: revoke it, then issue anew")]
    OnHold {
        /// The held one.
        serial: SerialNumber,
    },
    /// The certificate that is to be released is not on hold.
    #[error(
        "certificate {serial} is not on hold: look at it again; one that has ended stays ended"
    )]
    NotOnHold {
        /// Which.
        serial: SerialNumber,
    },
    /// This authority releases no hold.
    #[error(
        "this authority releases no hold (rules.releases_holds): the counter revokes the certificate and issues anew"
    )]
    HoldsAreFinal,
    /// The application is not signed with the certificate that it is about.
    #[error(
        "the application is not signed with the certificate that it names, or that certificate is not of this authority: sign it with the card that holds it"
    )]
    NotTheHolder,
    /// An application that repeats nothing that the door gave, or gave long ago, or that was used.
    #[error(
        "the application does not answer to what this door gave a moment ago: ask the door again (GET /challenge) and sign once more; nothing was done"
    )]
    ChallengeSpent,
    /// This reason is not for the counter to give.
    #[error("the counter may give keyCompromise or cessationOfOperation, not {reason}")]
    ReasonNotForCounter {
        /// The reason asked for.
        reason: RevocationReason,
    },
    /// Some characters cannot stand in a certificate and nobody has chosen a substitute.
    #[error(
        "{} of the {item} cannot stand in a certificate: choose a substitute for each with the applicant",
        listed(undecided)
    )]
    CharactersUndecided {
        /// `name` or `address`.
        item: String,
        /// Which, in the order of the text.
        undecided: Vec<UndecidedCharacter>,
    },
    /// The text cannot stand in a certificate for another reason.
    #[error("the {item} cannot stand in a certificate: {why}")]
    TextUnfit {
        /// `name` or `address`.
        item: String,
        /// Why.
        why: String,
    },
    /// The certificate would be longer than what a card takes.
    #[error(
        "with this name and this address the certificate has {octets} octets, and a card takes {room}: agree with the applicant on a shorter spelling, about {characters} characters less, have the register enter it, and look the person up again"
    )]
    TooLongForCard {
        /// Octets of the certificate.
        octets: usize,
        /// Octets that a card takes.
        room: usize,
        /// By how many Japanese characters it is too long.
        characters: usize,
    },
    /// Another card than the one the case is bound to.
    #[error("this is not the card with which the case began: stop, and find the right card")]
    WrongCard,
    /// The card holds the certificate in force of another person.
    #[error(
        "this card holds another person's certificate in force: give it back to its holder, and take the applicant's own"
    )]
    CardOfAnother,
    /// The certificate of the case, or the one that it rests on, was revoked meanwhile.
    #[error(
        "the certificate of this case has ended meanwhile: nothing more is done with the card; close the case, and begin anew"
    )]
    CertificateEnded,
    /// The certificate in force is not on this card.
    #[error(
        "the certificate in force is on another card: its PIN can be reset there, or it can be revoked and issued anew"
    )]
    NotOnThisCard,
    /// The card does not know the keys that this authority derives from its number.
    #[error(
        "this card does not know the authority's keys: it is no card of this service, or its number is another's; take it out of use and report it"
    )]
    ForeignCard,
    /// No channel to the card is open, or its answers are not those to the last run of commands.
    #[error("the channel to the card is closed: leave the card in the reader and open it again")]
    NoChannel,
    /// The card said no in the middle of a run, or left the reader.
    #[error(
        "the card did not carry out what it was told ({status}): put it back and begin this step again; if it happens twice, take another card"
    )]
    CardRefused {
        /// SW1 and SW2 in hexadecimal digits, or `no answer`.
        status: String,
    },
    /// The card has no pending key, or another than that of the case.
    #[error("the key pair of this case is no longer in the card: apply again in the same case")]
    PendingKeyGone,
    /// The key was not made by the card of the case, in the channel.
    #[error(
        "this key was not made in the card of this case: only a pair that the card made by the authority's command is certified"
    )]
    KeyNotOfCard,
    /// The permit for a key pair has run out.
    #[error("the permit for a key pair ended at {until}: apply again in the same case")]
    PermitExpired {
        /// When it ended.
        until: Timestamp,
    },
    /// The request is not signed by its own key over the case's challenge.
    #[error("the card has not proved that it holds the key: {what}")]
    NoPossession {
        /// What is wrong.
        what: String,
    },
    /// The key itself is bad.
    #[error(
        "the card's key cannot be certified: {what}. Make a new key pair; if it happens again, take another card and report this one"
    )]
    BadKey {
        /// What is wrong.
        what: String,
    },
    /// The certificate on the card is not the one that was issued.
    #[error(
        "what was read back from the card is not what was issued: write it again, or close the case"
    )]
    ReadBackDiffers,
    /// The card belongs to a recalled lot or model.
    #[error("this card belongs to a recalled lot: take another card")]
    CardRecalled,
    /// The card is in no delivery, and only such cards are taken.
    #[error(
        "this card is in no delivery that was registered: take another card, and tell the security officer"
    )]
    CardNotRegistered,
    /// Cards of a delivery note are registered with another lot or model.
    #[error(
        "{count} of these cards are registered with another lot or model, such as {}: none was registered; compare the delivery notes",
        cards.join(", ")
    )]
    CardsRegisteredOtherwise {
        /// How many.
        count: u64,
        /// The first few.
        cards: Vec<String>,
    },
    /// This reason is not for a recall.
    #[error("a recall may be for keyCompromise or superseded, not {reason}")]
    ReasonNotForRecall {
        /// The reason asked for.
        reason: RevocationReason,
    },
    /// No recall has this number, or whoever proposed it was dismissed.
    #[error("there is no such recall to confirm: look at the cards and propose it anew")]
    NoSuchRecall,
    /// The person who proposed something cannot be the second one.
    #[error("this takes two persons: another than the one who proposed it must sign")]
    SamePerson,
    /// Nothing of this number waits for the asker's second word.
    #[error(
        "nothing of this number waits for your signature: look at what waits (`akashi desk review`), and have it proposed anew"
    )]
    NoSuchProposal,
    /// Nobody countersigned in time.
    #[error("this had to be countersigned by {until}: have it proposed anew")]
    ProposalLapsed {
        /// Until when it could be.
        until: Timestamp,
    },
    /// The second person looked at something else.
    #[error(
        "what waits is not what you looked at: look at it again (`akashi desk review`) and countersign that"
    )]
    ProposalDiffers,
    /// The asker, or the asker's counter, is suspended.
    #[error(
        "what you sign is not taken since {since}: you, your counter or your town are suspended, until two persons lift it: ask your security officer"
    )]
    Suspended {
        /// Since when.
        since: Timestamp,
    },
    /// Another key took the place of the one that signed.
    #[error(
        "another key was certified in the place of this token at {since}, and this one is dead: use the new one. If you did not ask for it, tell a security officer at once to suspend you"
    )]
    Superseded {
        /// Since when.
        since: Timestamp,
    },
    /// The token of the signer is over.
    #[error(
        "this token ended at {end}: it signs nothing any more, and has no other key certified; whoever enrolled you enrols you again"
    )]
    Over {
        /// Its last moment.
        end: Timestamp,
    },
    /// An enrolment ends before a key in it would.
    #[error(
        "this enrolment ends at {until}: those who may enrol you prolong it (`akashi desk prolong`)"
    )]
    OutlivesTerm {
        /// Its last moment.
        until: Timestamp,
    },
    /// A recovery that helps nobody.
    #[error(
        "after this recovery there were no two security officers and a terminal of the office, without which nobody \
         can enrol anybody: ask for as many as are missing"
    )]
    RecoveryNotEnough,
    /// Another recovery waits.
    #[error(
        "a recovery waits already (`akashi recovery show`): it is carried out, or stopped, first"
    )]
    RecoveryWaits,
    /// It is suspended already, or it is not.
    #[error(
        "this is not how it stands: look at what is suspended and what waits (`akashi desk review`)"
    )]
    NotAsItStands,
    /// A municipality cannot be handed over so.
    #[error(
        "this cannot be handed over: whoever takes a municipality up needs a source in force (`akashi desk enrol source`), and neither of the two may have been part of a hand-over before (`akashi desk review`)"
    )]
    NoHandOver,
    /// Another municipality speaks for this one.
    #[error(
        "{by} has taken this municipality up, and its source speaks for it: no other is enrolled"
    )]
    TakenUp {
        /// Which.
        by: MunicipalityCode,
    },
    /// Fewer than two security officers could sign.
    #[error(
        "fewer than two security officers could sign then: enrol another first; nothing was changed"
    )]
    TooFewSecurityOfficers,
    /// A security officer stops another, not the own token.
    #[error("another security officer must do this to you")]
    OwnEnrolment,
    /// The office would be left without a terminal.
    #[error(
        "this is the last terminal of the office, without which no security officer can act: enrol another one first"
    )]
    LastTerminal,
    /// The authority's own programs.
    #[error(
        "this is an identity of the authority's own programs: it is neither dismissed nor suspended, and one that was founded with the authority is replaced by the key that `akashi identity new` makes"
    )]
    OwnIdentity,
    /// Another party in force has the name.
    #[error("another party in force has this name: give one that tells the two apart")]
    NameTaken,
    /// Another party has or had the key.
    #[error("this key is or was another party's: make a new one")]
    KeyTaken,
    /// Two sources, or two registries, are in force.
    #[error(
        "this municipality has two of them in force already, which is for a change of keys: dismiss the one that is over"
    )]
    LinkTaken,
    /// The time of the records is over.
    #[error("what was recorded of this is deleted: its time is over")]
    RecordsDeleted,
    /// Nothing is issued.
    #[error(
        "this authority issues nothing at present: issuing is suspended; two security officers lift it"
    )]
    IssuingSuspended,
    /// Nobody confirmed the recall in time.
    #[error("this recall had to be confirmed by {until}: look at the cards and propose it anew")]
    RecallLapsed {
        /// Until when it could be.
        until: Timestamp,
    },
    /// The certificates are not those that were looked at.
    #[error(
        "the certificates in these cards are no longer those that were looked at: nothing was ended; look at the cards again and propose their recall anew"
    )]
    RecallChanged,
    /// The authority's own end is nearer than the certificate's.
    #[error(
        "the authority issues no more certificates: its own certificate ends before three years are over"
    )]
    AuthorityEnding,
    /// The authority's clock has gone backwards.
    #[error(
        "the authority's clock is behind its own records: nothing is signed until the operator has set it right"
    )]
    ClockBehind,
    /// Nobody has witnessed the authority's time since its start.
    #[error(
        "the authority does not know the time yet: nothing is issued and nobody enrolled until it does; \
         losses, holds and revocations are taken; repeat the same request later"
    )]
    TimeInDoubt,
    /// This machine acts more often than anybody at it could.
    #[error(
        "this terminal asks too often: nothing was done; wait a moment and ask again, and look which program of it asks \
         without end"
    )]
    TooOften,
    /// The authority cannot do it now: data base or key out of reach, perhaps in the midst of it.
    #[error(
        "the authority cannot finish this now: repeat the same request later, which is done once and tells what \
         became of it"
    )]
    NotNowPossible,
}

/// A character of the register for which nobody has chosen a substitute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UndecidedCharacter {
    /// Where it stands in the original, from 0, as choices name it.
    pub position: usize,
    /// Itself.
    pub character: char,
}

fn listed(undecided: &[UndecidedCharacter]) -> String {
    let one = |UndecidedCharacter { position, character }: &UndecidedCharacter| {
        format!("“{character}” (U+{:04X}, position {position})", u32::from(*character))
    };
    undecided.iter().map(one).collect::<Vec<_>>().join(", ")
}

impl Refusal {
    /// As it travels: its facts, and its sentence for people.
    pub fn told(&self) -> serde_json::Value {
        let mut json = serde_json::to_value(self).expect("a refusal is JSON");
        json["says"] = self.to_string().into();
        json
    }
}
