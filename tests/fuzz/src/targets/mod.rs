//! What is fuzzed: one function a parser. Each takes any octets, and panics where the parser does,
//! or where what it accepted is not what it promised.
//!
//! The test `abuse` calls the same functions with every input that is kept.

mod agency;
mod card;
mod certificates;
mod channel;
mod json;
mod messages;
mod ocsp;
mod texts;

/// One parser: any octets.
pub type Target = fn(&[u8]);

/// Every target, by name. Inputs lie in `corpus/NAME` and `regressions/NAME`.
pub const ALL: &[(&str, Target)] = &[
    ("ocsp_request", ocsp::request),
    ("ocsp_path", ocsp::path),
    ("ocsp_answer", agency::answer),
    ("signed_message", messages::signed_message),
    ("sealed_message", messages::sealed_message),
    ("batch_envelope", messages::batch_envelope),
    ("batch_text", messages::batch_text),
    ("act", json::act),
    ("look_up", json::look_up),
    ("desk_answer", json::desk_answer),
    ("possession", certificates::possession),
    ("public_key", certificates::public_key),
    ("certificate", certificates::certificate),
    ("revocation_list", certificates::list),
    ("card_commands", card::commands),
    ("card_answers", card::answers),
    ("channel_commands", channel::commands),
    ("channel_answers", channel::answers),
    ("configuration", texts::configuration),
    ("nouns", texts::nouns),
    ("characters", texts::characters),
];
