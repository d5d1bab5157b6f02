//! Key derivation: NIST SP 800-108 §4.1, counter mode, with AES-CMAC as the function (Amendment D
//! §4.1.5).

use aes::Aes128;
use cmac::{Cmac, KeyInit, Mac};
use zeroize::Zeroizing;

use crate::keys::Key;

/// What is derived; the last octet of the label (Amendment D, table 4-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Constant {
    /// Card cryptogram.
    CardCryptogram = 0x00,
    /// Host cryptogram.
    HostCryptogram = 0x01,
    /// S-ENC.
    SessionEncryption = 0x04,
    /// S-MAC.
    SessionMac = 0x06,
    /// S-RMAC.
    SessionAnswerMac = 0x07,
}

/// Sixteen derived octets: a key.
pub(crate) fn key(from: &Key, constant: Constant, context: &[u8]) -> Key {
    Key::new(*block(from, &label(constant), 128, context))
}

/// Eight derived octets: a cryptogram.
pub(crate) fn cryptogram(from: &Key, constant: Constant, context: &[u8]) -> [u8; 8] {
    let block = block(from, &label(constant), 64, context);
    *block.first_chunk().expect("sixteen octets have eight")
}

/// Eleven zero octets and the constant.
fn label(constant: Constant) -> [u8; 12] {
    let mut label = [0; 12];
    label[11] = constant as u8;
    label
}

/// The one block that up to 128 bits need: CMAC(key, label ‖ 00 ‖ L ‖ i ‖ context).
pub(crate) fn block(from: &Key, label: &[u8], bits: u16, context: &[u8]) -> Zeroizing<[u8; 16]> {
    mac(from, &[&input(label, bits, context)])
}

/// What that CMAC is over: label ‖ 00 ‖ L ‖ i ‖ context.
pub(crate) fn input(label: &[u8], bits: u16, context: &[u8]) -> Vec<u8> {
    let [high, low] = bits.to_be_bytes();
    [label, &[0, high, low, 1], context].concat()
}

/// AES-CMAC (NIST SP 800-38B) over parts.
pub(crate) fn mac(key: &Key, parts: &[&[u8]]) -> Zeroizing<[u8; 16]> {
    let mut mac = <Cmac<Aes128> as KeyInit>::new(key.octets().into());
    parts.iter().for_each(|part| mac.update(part));
    Zeroizing::new(mac.finalize().into_bytes().into())
}
