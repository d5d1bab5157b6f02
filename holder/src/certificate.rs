//! 署名用電子証明書: what a resident's signing certificate states, in plain words (RFC 5280 §4).

use akashi_wire::date::day_in_japan;
use akashi_wire::pki::moment;
use akashi_wire::pki::{oid, person};
use akashi_wire::validity::renewal_opens;
use der::asn1::{Any, Ia5StringRef, ObjectIdentifier, PrintableStringRef, Utf8StringRef};
use der::{Decode, Sequence};
use jiff::Timestamp;
use x509_cert::Certificate;
use x509_cert::ext::pkix::KeyUsage;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::name::Name;

use super::{Fingerprint, HolderError, OnCard, Page, words};
use akashi_agency::{StatedItems, list_address, ocsp_address, stated_items};

/// What a signing certificate states.
pub struct Stated {
    /// The four items.
    pub items: StatedItems,
    /// The characters of the name that stand for others: place, from 1, and character.
    pub name_substitutes: Vec<(usize, char)>,
    /// The same of the address.
    pub address_substitutes: Vec<(usize, char)>,
    /// Its number, in hexadecimal digits.
    pub serial: String,
    /// First second.
    pub not_before: Timestamp,
    /// Last second.
    pub not_after: Timestamp,
    /// What its key may be used for.
    pub usage: Option<KeyUsage>,
    /// The policy under which it was issued, and the address of the practice statement.
    pub policy: Option<(String, Option<String>)>,
    /// Where its status is answered.
    pub ocsp: Option<String>,
    /// Where the list is on which it would stand.
    pub list: Option<String>,
    /// The authority that issued it: in Latin letters and in Japanese.
    pub authority: AuthorityNames,
}

/// What an authority is called.
pub struct AuthorityNames {
    /// Of its subject.
    pub latin: String,
    /// Of its alternative name.
    pub japanese: Option<String>,
}

/// PolicyInformation with the policy as ANY: its arcs may be longer than a machine word.
#[derive(Sequence)]
struct Policy {
    identifier: Any,
    qualifiers: Option<Vec<Qualifier>>,
}

#[derive(Sequence)]
struct Qualifier {
    id: ObjectIdentifier,
    value: Any,
}

impl Stated {
    /// Reads both certificates of a card. Whether they are to be believed is not asked here.
    pub fn read(on_card: &OnCard) -> Result<Self, HolderError> {
        let items = stated_items(&on_card.certificate).map_err(HolderError::Unreadable)?;
        let leaf = Certificate::from_der(&on_card.certificate).map_err(unreadable)?;
        let tbs = leaf.tbs_certificate();
        let names = value(&leaf, oid::SUBJECT_ALT_NAME).map(person::read);
        let names = names.transpose().map_err(unreadable)?.unwrap_or_default();
        let substitutes = |map: ObjectIdentifier, text: &str| {
            let map = names.iter().find(|(oid, _)| *oid == map).map(|(_, map)| map.as_str());
            let marked = map.unwrap_or_default().chars().zip(text.chars()).enumerate();
            marked
                .filter(|(_, (mark, _))| *mark != '0')
                .map(|(place, (_, character))| (place + 1, character))
                .collect()
        };
        Ok(Self {
            name_substitutes: substitutes(oid::PERSON_NAME_MAP, &items.name),
            address_substitutes: substitutes(oid::PERSON_ADDRESS_MAP, &items.address),
            items,
            serial: hex::encode(tbs.serial_number().as_bytes()),
            not_before: moment(&tbs.validity().not_before),
            not_after: moment(&tbs.validity().not_after),
            usage: tbs.get_extension().map_err(unreadable)?.map(|(_, usage)| usage),
            policy: value(&leaf, oid::CERTIFICATE_POLICIES).and_then(policy),
            ocsp: ocsp_address(&leaf).ok(),
            list: list_address(&leaf).ok(),
            authority: AuthorityNames::read(&on_card.authority)?,
        })
    }

    /// The page that `akashi card certificate` shows.
    pub fn page(&self, on_card: &OnCard, now: Timestamp) -> Page {
        let mut page = Page::default();
        page.heading("Signing certificate (署名用電子証明書)");
        page.row("Card", on_card.number.as_str());
        page.row("Serial number", &self.serial);
        page.row("From", &words::moment(self.not_before));
        page.row("Until", &words::moment(self.not_after));
        page.more(&self.days_left(now));
        page.row("Renewal (更新)", &self.renewal(now));
        self.holder(&mut page);
        page.heading("Issued by (認証局)");
        self.authority.rows(&mut page, &on_card.authority);
        self.uses(&mut page);
        page.heading("Where its status is published");
        let nowhere = || "nowhere that the certificate names".to_owned();
        page.row("Answers (OCSP)", &self.ocsp.clone().unwrap_or_else(nowhere));
        page.row("List (CRL)", &self.list.clone().unwrap_or_else(nowhere));
        page.row("Ask now", "akashi card status");
        page
    }

    fn holder(&self, page: &mut Page) {
        page.heading("Holder (利用者), as the resident register had it at the issue");
        page.row("Name (氏名)", &self.items.name);
        page.more(&substitutes(&self.name_substitutes));
        page.row("Address (住所)", &self.items.address);
        page.more(&substitutes(&self.address_substitutes));
        page.row("Born (生年月日)", &words::birth_date(&self.items.birth_date));
        page.row("Sex (性別)", &words::sex(&self.items.sex));
    }

    fn uses(&self, page: &mut Page) {
        page.heading("Use");
        let signs = self
            .usage
            .as_ref()
            .is_some_and(|usage| usage.digital_signature() && usage.non_repudiation());
        if signs {
            page.row(
                "For",
                "signing documents, as with a registered seal: the signer cannot deny it later \
                 (digitalSignature, nonRepudiation)",
            );
        } else {
            page.row("For", "not signing documents: its key usage does not allow that");
        }
        page.row("Not for", "logging in or showing who one is, encrypting, issuing certificates");
        if let Some((policy, statement)) = &self.policy {
            page.row("Rules (policy)", policy);
            if let Some(statement) = statement {
                page.more(statement);
            }
        }
    }

    /// How long it is in force yet.
    pub fn days_left(&self, now: Timestamp) -> String {
        let between = |from: Timestamp, to: Timestamp| {
            let span = day_in_japan(from).until(day_in_japan(to));
            span.map_or(0, |span| span.get_days())
        };
        if now < self.not_before {
            return "not in force yet; is the clock of this computer right?".into();
        }
        if now > self.not_after {
            return match between(self.not_after, now) {
                0 => "ended (期間満了) today".into(),
                days => format!("ended (期間満了) {} ago", words::days(days)),
            };
        }
        match between(now, self.not_after) {
            0 => "today is its last day".into(),
            1 => "1 day is left".into(),
            days => format!("{} are left", words::days(days)),
        }
    }

    /// When it can be renewed.
    fn renewal(&self, now: Timestamp) -> String {
        let opens = renewal_opens(self.not_after);
        if now > self.not_after {
            "too late: a new certificate is issued at the counter (新規発行)".into()
        } else if day_in_japan(now) >= opens {
            format!("open since {}, at the counter of the town hall", words::day(opens))
        } else {
            format!("opens {}, at the counter of the town hall", words::day(opens))
        }
    }
}

impl AuthorityNames {
    /// Reads the names of an authority off its certificate.
    pub fn read(authority: &[u8]) -> Result<Self, HolderError> {
        let authority = Certificate::from_der(authority).map_err(unreadable)?;
        let names = value(&authority, oid::SUBJECT_ALT_NAME)
            .and_then(|value| Vec::<GeneralName>::from_der(value).ok());
        let japanese = names.unwrap_or_default().into_iter().find_map(|name| match name {
            GeneralName::DirectoryName(name) => Some(said(&name)),
            _ => None,
        });
        Ok(Self { latin: said(authority.tbs_certificate().subject()), japanese })
    }

    /// Rows with the names and the fingerprint.
    pub fn rows(&self, page: &mut Page, authority: &[u8]) {
        page.row("Name", &self.latin);
        if let Some(japanese) = &self.japanese {
            page.more(japanese);
        }
        let [first, second] = Fingerprint::of(authority).lines();
        page.row("Fingerprint", &first);
        page.row("(SHA-256)", &second);
    }
}

/// Which characters stand for others.
fn substitutes(places: &[(usize, char)]) -> String {
    let one = |(place, character): &(usize, char)| format!("{character} (character {place})");
    match places {
        [] => "no substitute characters (代替文字)".into(),
        [place] => {
            format!("{} is a substitute (代替文字) for the register's own character", one(place))
        }
        places => {
            let all: Vec<_> = places.iter().map(one).collect();
            let all = all.join(", ");
            format!("{all} are substitutes (代替文字) for the register's own characters")
        }
    }
}

/// The value of an extension.
fn value(certificate: &Certificate, oid: ObjectIdentifier) -> Option<&[u8]> {
    let extensions = certificate.tbs_certificate().extensions()?;
    extensions.iter().find(|one| one.extn_id == oid).map(|one| one.extn_value.as_bytes())
}

/// The first policy, in dotted decimal, and the address of its practice statement.
fn policy(value: &[u8]) -> Option<(String, Option<String>)> {
    let policy = Vec::<Policy>::from_der(value).ok()?.into_iter().next()?;
    let identifier = oid::dotted(policy.identifier.value())?;
    let qualifiers = policy.qualifiers.unwrap_or_default();
    let statement = qualifiers.into_iter().find(|qualifier| qualifier.id == oid::QT_CPS);
    let statement = statement.and_then(|qualifier| {
        let text = qualifier.value.decode_as::<Ia5StringRef<'_>>().ok()?;
        Some(text.as_str().to_owned())
    });
    Some((identifier, statement))
}

/// The parts of a name but the country, from the widest.
fn said(name: &Name) -> String {
    let parts = name.iter().filter(|part| part.oid != oid::COUNTRY).filter_map(|part| {
        let value = &part.value;
        let text = value.decode_as::<Utf8StringRef<'_>>().map(|text| text.as_str().to_owned());
        let printable = || value.decode_as::<PrintableStringRef<'_>>();
        text.or_else(|_| printable().map(|text| text.as_str().to_owned())).ok()
    });
    parts.collect::<Vec<_>>().join(", ")
}

fn unreadable(error: der::Error) -> HolderError {
    HolderError::Unreadable(error.to_string())
}
