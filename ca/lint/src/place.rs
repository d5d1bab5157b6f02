//! Where a resident lives, as the parts of a certificate say it.

use akashi_municipality::Municipality;

use crate::octets::{directory_name, name, sequence, tlv, uri};
use crate::{Founding, addresses, oid};

/// The authority's prefecture; [`Founding::read`] took none that the table does not have.
pub(crate) fn prefecture(founding: &Founding) -> &'static Municipality {
    Municipality::of(founding.prefecture).expect("a founding record names a prefecture")
}

/// A municipality as certificates name it.
#[derive(Debug, Clone)]
pub(crate) struct Town {
    /// In the table.
    pub municipality: &'static Municipality,
    /// Its name in Roman letters.
    pub romaji: String,
    /// cRLDistributionPoints of its residents' certificates.
    pub in_certificates: Vec<u8>,
    /// issuingDistributionPoint of its list: the same name, and onlyContainsUserCerts.
    pub in_list: Vec<u8>,
}

/// The municipalities and wards of the authority's prefecture.
pub(crate) fn towns(founding: &Founding) -> Vec<Town> {
    let prefecture = founding.prefecture.prefecture();
    Municipality::all()
        .iter()
        .filter(|one| one.code.prefecture() == prefecture && !one.code.is_prefecture())
        .map(|municipality| {
            // DistributionPointName is a CHOICE, so the tag before it is explicit.
            let name = tlv(0xa0, &[&tlv(0xa0, &[&point(founding, municipality)])]);
            Town {
                municipality,
                romaji: municipality.romaji(),
                in_certificates: sequence(&[&sequence(&[&name])]),
                in_list: sequence(&[&name, &[0x81, 1, 0xff]]),
            }
        })
        .collect()
}

/// GeneralNames of a municipality's distribution point: a directoryName, for the old software, and
/// an address, without which no client fetches anything.
fn point(founding: &Founding, municipality: &Municipality) -> Vec<u8> {
    let directory = name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &founding.organisation),
        (oid::UNIT, "CRL Distribution Points"),
        (oid::UNIT, &prefecture(founding).romaji()),
        (oid::COMMON_NAME, &format!("{} CRLDP", municipality.romaji())),
    ]);
    [directory_name(&directory), uri(&addresses::partition(founding, municipality.code))].concat()
}

/// GeneralNames of the distribution point of the authority's own certificate.
pub(crate) fn authority_point(founding: &Founding) -> Vec<u8> {
    let directory = name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &founding.organisation),
        (oid::UNIT, "CRL Distribution Points"),
        (oid::COMMON_NAME, "Authority CRLDP"),
    ]);
    [directory_name(&directory), uri(&addresses::authorities(founding))].concat()
}

/// The authority in Japanese, for subjectAltName and issuerAltName.
pub(crate) fn authority_in_japanese(founding: &Founding) -> Vec<u8> {
    name(&[
        (oid::COUNTRY, "JP"),
        (oid::ORGANISATION, &founding.organisation),
        (oid::UNIT, "電子署名に係る認証局"),
        (oid::UNIT, prefecture(founding).name),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repertoire;

    #[test]
    fn every_municipality_can_be_written_in_a_certificate() {
        for municipality in Municipality::all() {
            let prefix = municipality.address_prefix();
            assert!(prefix.chars().all(repertoire::has), "{prefix}");
        }
    }
}
