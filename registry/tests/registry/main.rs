//! The simulated registry, seen from the authority's side of the link.

mod feed;
mod lookup;
mod support;
