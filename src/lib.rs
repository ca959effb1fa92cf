//! Contracting deadlines of Dutch health insurers as reviewable files, mailed to the practices they concern.
//!
//! The modules, in reading order. Imports point one way, from the last to the first; a test holds them to that.

pub mod domain;

pub mod problems;

pub mod toml_reader;

pub mod calendar_file;

pub mod practice_file;

pub mod ics;

pub mod config;

pub mod clock;

pub mod store;

pub mod mail;

pub mod job;

pub mod daemon;

pub mod cli;
