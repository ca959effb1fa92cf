//! The commands that answer a question, driven as an operator drives them; and the agendas of two practices worked out by hand.

mod coverage;
mod list;
mod personas;
mod policies;
mod show;
mod timeline;
mod world;
