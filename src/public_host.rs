//! The host of the addresses in certificates: it stands there for as long as any of them is asked about.

use std::net::IpAddr;
use std::str::FromStr;

/// A name or an address under which relying parties reach the authority (RFC 5280 §4.2.1.13, RFC 3986 §3.2.2).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicHost {
    /// A name of the domain name system, in lower case.
    Name(String),
    /// An address.
    Address(IpAddr),
}

/// Why a text is no such host.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PublicHostError {
    /// It says more than a host.
    #[error(
        "“{0}” is more than a host: give the name alone, such as ca.example.jp, without http://, user, port or path"
    )]
    More(String),
    /// It is no name (RFC 1034 §3.5, RFC 1123 §2.1).
    #[error(
        "“{0}” is no host name: labels of letters, digits and inner hyphens, parted by dots, such as ca.example.jp (a name in other letters in its form of ASCII, xn--…)"
    )]
    NoName(String),
    /// It has more octets than a name may have (RFC 1035 §2.3.4).
    #[error("a host name of {0} octets has more than 253")]
    Long(usize),
    /// An address that is nobody's own.
    #[error("{0} is no address of one machine")]
    Nobodys(IpAddr),
}

impl PublicHost {
    /// As it stands in a URL.
    pub fn in_url(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Address(IpAddr::V4(address)) => address.to_string(),
            Self::Address(IpAddr::V6(address)) => format!("[{address}]"),
        }
    }

    /// As it stands in the certificate of a server.
    pub fn in_certificate(&self) -> String {
        match self {
            Self::Name(name) => name.clone(),
            Self::Address(address) => address.to_string(),
        }
    }

    /// Whether nobody but this machine reaches it.
    pub fn is_loopback(&self) -> bool {
        match self {
            Self::Name(name) => name == "localhost" || name.ends_with(".localhost"),
            Self::Address(address) => address.is_loopback(),
        }
    }
}

impl TryFrom<IpAddr> for PublicHost {
    type Error = PublicHostError;

    fn try_from(address: IpAddr) -> Result<Self, Self::Error> {
        // An address of version 4 in the form of version 6 is that of version 4.
        let address = address.to_canonical();
        let is_broadcast = matches!(address, IpAddr::V4(address) if address.is_broadcast());
        match address.is_unspecified() || address.is_multicast() || is_broadcast {
            true => Err(PublicHostError::Nobodys(address)),
            false => Ok(Self::Address(address)),
        }
    }
}

impl FromStr for PublicHost {
    type Err = PublicHostError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        if let Ok(address) = bare.parse::<IpAddr>() {
            return Self::try_from(address);
        }
        if text.contains(['/', '@', ':', '?', '#']) {
            return Err(PublicHostError::More(text.escape_debug().to_string()));
        }
        let is_label = |label: &str| {
            let octets = label.as_bytes();
            (1..=63).contains(&octets.len())
                && octets.iter().all(|octet| octet.is_ascii_alphanumeric() || *octet == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let last = text.rsplit('.').next().unwrap_or_default();
        // What ends in digits is read as an address by some (WHATWG URL §3.5).
        let is_name = text.len() <= 253
            && text.split('.').all(is_label)
            && last.bytes().any(|octet| octet.is_ascii_alphabetic())
            && (text.contains('.') || text.eq_ignore_ascii_case("localhost"));
        match is_name {
            true => Ok(Self::Name(text.to_ascii_lowercase())),
            false if text.len() > 253 => Err(PublicHostError::Long(text.len())),
            false => Err(PublicHostError::NoName(text.escape_debug().to_string())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_and_stands_in_a_url_as_it_must() {
        for (text, in_url, in_certificate) in [
            ("ca.example.jp", "ca.example.jp", "ca.example.jp"),
            ("CA.Example.JP", "ca.example.jp", "ca.example.jp"),
            ("xn--p8j9a0d9c9a.example", "xn--p8j9a0d9c9a.example", "xn--p8j9a0d9c9a.example"),
            ("localhost", "localhost", "localhost"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.7"),
            ("2001:db8::1", "[2001:db8::1]", "2001:db8::1"),
            ("[2001:db8::1]", "[2001:db8::1]", "2001:db8::1"),
        ] {
            let host: PublicHost = text.parse().unwrap();
            assert_eq!(
                (host.in_url(), host.in_certificate()),
                (in_url.into(), in_certificate.into())
            );
        }
    }

    #[test]
    fn what_no_relying_party_can_reach_is_no_host() {
        let long = format!("{}.example", "a".repeat(64));
        let longer = format!("{}jp", "abc.".repeat(64));
        for text in [
            "",
            " ",
            ".",
            "ca",
            "ca example.jp",
            "ca.example.jp\n",
            "ca.example.jp.",
            ".example.jp",
            "ca..example.jp",
            "-ca.example.jp",
            "ca-.example.jp",
            "ca_1.example.jp",
            "証.example.jp",
            "192.0.2",
            "192.0.2.256",
            "1.2.3.4.5",
            "http://ca.example.jp",
            "ca.example.jp/pki",
            "ca.example.jp:80",
            "user@ca.example.jp",
            "ca.example.jp?x",
            "ca.example.jp#x",
            "::",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "ff02::1",
            "[192.0.2.7",
            &long,
            &longer,
        ] {
            assert!(text.parse::<PublicHost>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_loopback_address_is_known_by_all_its_names() {
        for text in ["localhost", "LOCALHOST", "ca.localhost", "127.0.0.1", "127.8.8.8", "::1"] {
            assert!(text.parse::<PublicHost>().unwrap().is_loopback(), "{text}");
        }
        assert!(!"ca.example.jp".parse::<PublicHost>().unwrap().is_loopback());
    }
}
