//! Writes every page into a folder, to be looked at in a browser:
//! `cargo run --example pages -- FOLDER [LANGUAGE [CONFIGURATION]]`, with the brands of that configuration.
//!
//! `tests/pages.rs` reads the same pages.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "the texts of the samples are fixed, and a mistake in them should stop the program"
)]

mod samples;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use anyhow::Context as _;
use doorward::config::{self, Organization, Slug};
use doorward::pages::Pages;
use samples::{Cast, Sample};

fn main() -> anyhow::Result<()> {
    let folder: PathBuf = std::env::args_os()
        .nth(1)
        .context("usage: cargo run --example pages -- FOLDER [LANGUAGE [CONFIGURATION]]")?
        .into();
    fs::create_dir_all(&folder)?;
    let tag = std::env::args().nth(2).unwrap_or_else(|| "en".to_owned());
    let organizations = match std::env::args_os().nth(3) {
        Some(file) => organizations(file.into())?,
        None => BTreeMap::new(),
    };
    let pages = Pages::new(&config::Pages::default(), &organizations)?;
    let cast = Cast::usual().reading(samples::language(&tag));
    let mut index = String::from("<!doctype html><meta charset=utf-8><title>Pages</title><ul>");
    let mut all = samples::all(&pages, &cast)?;
    for (name, failed) in [
        ("owner-done", None),
        ("owner-not-done", Some("provider-refused")),
    ] {
        all.push(Sample {
            name: name.to_owned(),
            response: samples::owner::done(&pages, &cast, failed)?,
        });
    }
    for Sample { name, response, .. } in all {
        fs::write(folder.join(format!("{name}.html")), response.body())?;
        index.push_str(&format!("<li><a href=\"{name}.html\">{name}</a>"));
    }
    fs::write(folder.join("index.html"), index)?;
    Ok(())
}

/// Those of a file, which say what their pages wear.
fn organizations(file: PathBuf) -> anyhow::Result<BTreeMap<Slug, Organization>> {
    let files = config::Files {
        file,
        environment: BTreeMap::new(),
    };
    let loaded = config::load(&files).map_err(|faults| anyhow::anyhow!("{faults}"))?;
    Ok(loaded.config.organizations)
}
