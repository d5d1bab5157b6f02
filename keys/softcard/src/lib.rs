//! The application on the card: command octets in, answer octets out.
//!
//! This is the signing application of a resident's IC card as a pure library: no reader, no
//! clock, no file; the source of randomness is an argument. The host decides how the octets
//! travel (a virtual reader, a test, a simulation) and keeps the card's persistent part, which
//! is what [`SoftCard`] serialises. A real chip writes its memory before it answers, so a host
//! must store the card **before** it lets an answer out; else a torn-out card gives tries back.
//!
//! # What every client knows: the JPKI application
//!
//! AID `D3 92 F0 00 26 01 00 00 00 01`. Commands are those of ISO/IEC 7816-4 and -8, short or
//! extended length.
//!
//! | EF | content | access |
//! |---|---|---|
//! | 0001 | signing certificate (DER) | after the signing PIN, else 6982 |
//! | 0002 | CA certificate of the signing certificate | free |
//! | 0006 | token information, 32 octets | free |
//! | 000A / 000B | authentication certificate / its CA certificate: a fixed placeholder | free |
//! | 0017 / 0018 | authentication key (never present) / its PIN, 3 tries | |
//! | 001A / 001B | signing key / signing PIN, 5 tries | |
//!
//! | purpose | command | answer |
//! |---|---|---|
//! | select application | `00 A4 04 0C 0A <AID>` | 9000 / 6A82 |
//! | select EF | `00 A4 02 0C 02 <FID>` | 9000 / 6A82 |
//! | tries left | `00 20 00 80`, no data, PIN EF selected | always 63Cx |
//! | verify PIN | `00 20 00 80 Lc <PIN>`, PIN EF selected | 9000 / 63Cx / 6983 when locked |
//! | read | `00 B0 oh ol Le`, Le 00 = 256 octets | data 9000 / 6A82 when empty |
//! | sign | `80 2A 00 80 Lc <DigestInfo> 00`, key EF selected | 256 octets 9000 |
//! | change PIN | `00 24 01 80 Lc <new PIN>`, PIN EF selected | 9000 / 6982 without VERIFY |
//!
//! # What only the issuer asks: ours, for no public specification exists
//!
//! A new key pair is made in a **pending slot** beside the living one. The living key and
//! certificate stay usable until ACTIVATE, so a renewal that fails at any command leaves the
//! holder with what was there.
//!
//! | purpose | command | answer |
//! |---|---|---|
//! | card number | `80 CA 00 45 00` (GlobalPlatform's tag 0045), no selection needed | 16 characters |
//! | life cycle | `80 CA 9F 70 00` (GlobalPlatform's tag 9F70), no selection needed | 1 octet, see below |
//! | generate key pair | `84 47 80 00 00 0005 B603 84011A 0000` | `7F49 {81 n, 82 e}` |
//! | read the pending public key again | the same with P1 = 81 | the same / 6985 |
//! | write the pending certificate | SELECT 0001, `84 D6 oh ol Lc <block>` | 9000 / 6985 without a pending key |
//! | write the pending CA certificate | SELECT 0002, `84 D6 oh ol Lc <block>` | 9000 / 6985 |
//! | read back the pending certificates | SELECT 0101 / 0102, `84 B0 oh ol Le` | data 9000 |
//! | sign with the pending key | SELECT 011A, then as above, after the PIN | 256 octets 9000 |
//! | activate: pending becomes living | `84 44 00 00` | 9000 / 6985 |
//! | open the PIN window | SELECT 001B, `84 2C 02 80` | 9000 |
//! | set the PIN through the window | SELECT 001B, `00 24 01 80 Lc <new PIN>` | 9000 |
//! | terminate the card, no selection needed | `84 FE 00 00` | 9000 |
//!
//! - EFs 0101, 0102 and 011A exist only while there is a pending slot (else 6A82). Making a new
//!   pair replaces a pending slot that was not activated.
//! - Blocks are written from offset 0 without holes; each write cuts off what stood behind it,
//!   so a block may be repeated. Only one DER certificate fits: the card is no free storage.
//! - ACTIVATE is refused unless both pending certificates are complete and the signing
//!   certificate certifies the pending key. It is one assignment: there is no half-way. No EF is selected after.
//! - The PIN window is open for one PIN, of that EF, until reset. The new PIN travels outside
//!   the issuer's channel, from the holder's terminal, so the issuer never sees it. A card from
//!   the factory has no PIN, which is the same as a locked one: zero tries left.
//! - Answers to key generation exceed 256 octets: ask with extended Le, or get 6700.
//!
//! # The card's life
//!
//! | life cycle | the card | GlobalPlatform calls it |
//! |---|---|---|
//! | 01 | new: nothing has been issued into it | OP_READY |
//! | 0F | personalised: it has a living slot | SECURED |
//! | 7F | blocked: its signing PIN is locked, until a new one is set through the PIN window | CARD_LOCKED |
//! | FF | terminated, for good | TERMINATED |
//!
//! The first three are seen in what the card remembers; a card whose PIN was never set is not blocked
//! but new. Asked through the channel, the answer is the card's beyond doubt.
//!
//! TERMINATE CARD USAGE (ISO/IEC 7816-9) is one assignment: key pairs, certificates, PINs and the
//! keys of the channel are wiped, and the card's number is left. Its answer is the channel's last.
//! From then on, with power or without:
//!
//! | asked of a terminated card | answer |
//! |---|---|
//! | card number, life cycle (class 00 or 80) | as ever |
//! | select our application | 6285: in termination state |
//! | select another application, or the master file | 6A82, as ever |
//! | everything else | 6985 |
//!
//! # The secure channel
//!
//! Whoever issues shows that it knows the card's keys, and each of its commands (class 84) is
//! enciphered and authenticated: GlobalPlatform SCP03, level 33 (akashi_scp03).
//!
//! | purpose | command | answer |
//! |---|---|---|
//! | ask for a channel | `80 50 KVN 00 08 <host challenge> 00` | 29 octets / 6A88 no such key set / 6983 dead |
//! | show that the keys are known | `84 82 33 00 10 <cryptogram> <MAC>` | 9000 / 6300 |
//! | any issuing command | as above, wrapped | wrapped / 6982 no channel / 6988 not the next command, closed |
//!
//! - Key set 1 is the authority's. Key set 2 is the municipality's: it opens the PIN window and does
//!   nothing else. A hundred failed authentications, one after the other, end a key set.
//! - The channel has a selection of its own, which begins at the application: select with
//!   `A4 02 0C`, wrapped. Plain commands are answered meanwhile as ever.
//! - VERIFY and CHANGE REFERENCE DATA are refused inside: a PIN must not reach the authority.
//! - Le counts the protected answer. It ends with power off, reset, another INITIALIZE UPDATE, or a
//!   selection of the application.
//! - A card made by [`SoftCard::new`] has no keys and believes every issuing command, whatever its
//!   class (READ BINARY of class 00 reads EFs 0101 and 0102 too, but 0101 only after the PIN).
//!   [`SoftCard::with_keys`] makes one that does not.
//!
//! # Deliberately absent
//!
//! No command reads a private key. No file is meant for free content, least of all for a
//! 住民票コード: a pending certificate must begin as one, and becomes living only if it is one.

mod application;
mod certificate;
mod channel;
mod command;
mod file;
mod hexadecimal;
mod issuing;
mod key;
mod life_cycle;
mod number;
mod pin;
mod slot;
mod status;

pub use application::{AID, SoftCard};
pub use life_cycle::LifeCycle;
pub use number::{CardNumber, CardNumberError};
pub use status::Status;
