//! Followers of the book, the responder and the CRL issuer, on bad days: an older transaction held
//! open, the data base restarted, connections cut, a responder that paused. Nothing is missed, and
//! nothing stale is told as good; had something been missed, the comparison of tables would have
//! found it.

#[allow(dead_code, unused_imports, unused_macros, reason = "the stories' world; not all of it")]
#[path = "../stories/support.rs"]
mod support;

mod brought_back;
mod compared;
mod cut;
mod held_open;
mod insisting;
mod paused;
mod restarted;
mod second_responder;
mod server;
mod standby;
mod tls;
