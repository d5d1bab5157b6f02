//! The forms of all addresses that stand in certificates: the only place of this crate that has
//! them.
//!
//! | what | form |
//! |---|---|
//! | list of a municipality | `REPOSITORY/crl/GENERATION/CODE.crl` |
//! | list of authorities | `REPOSITORY/crl/GENERATION/authority.crl` |
//! | the authority's certificate | `REPOSITORY/ca/GENERATION.cer` |
//! | practice statement | `REPOSITORY/cps` |
//! | OCSP | as the founding record has it |

use akashi_municipality::MunicipalityCode;

use crate::Founding;

/// Where the list of one municipality is.
pub(crate) fn partition(founding: &Founding, municipality: MunicipalityCode) -> String {
    format!("{}{municipality}.crl", lists(founding))
}

/// Where the list of revoked authorities is.
pub(crate) fn authorities(founding: &Founding) -> String {
    format!("{}authority.crl", lists(founding))
}

/// Where the authority's certificate is.
pub(crate) fn certificate(founding: &Founding) -> String {
    format!("{}/ca/{}.cer", founding.repository_url, founding.generation)
}

/// Where the practice statement is.
pub(crate) fn practice(founding: &Founding) -> String {
    format!("{}/cps", founding.repository_url)
}

fn lists(founding: &Founding) -> String {
    format!("{}/crl/{}/", founding.repository_url, founding.generation)
}
