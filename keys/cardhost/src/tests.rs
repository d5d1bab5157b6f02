//! Tests that need neither a reader nor a service; those with both are in `tests/reader`.

mod cardfile;
mod vpcd;
