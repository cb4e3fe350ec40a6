//! `[organizations.*.brand]`: what an organization's pages look like.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use url::Url;

use super::colour::{Colour, LEGIBLE};
use super::reader::Reader;
use super::{Brand, Logo, LogoKind};

/// A logo travels inside every page, and pages stay under 30 KB.
const MAX_LOGO: usize = 8 * 1024;

pub(super) fn brand(reader: Reader<'_>) -> Brand {
    let brand = Brand {
        logo: reader
            .file("logo", "acme.svg")
            .and_then(|path| logo(&reader, &path)),
        colour: reader
            .text("colour", "#0b6b5d")
            .and_then(|text| colour(&reader, &text)),
        support: reader.parsed("support", "mailto:help@acme.com", parse_support),
    };
    reader.finish();
    brand
}

fn logo(reader: &Reader<'_>, path: &Path) -> Option<Logo> {
    match read_logo(path) {
        Ok(logo) => {
            reader.note_file("logo", &logo.bytes);
            Some(logo)
        }
        Err(why) => {
            let name = reader.path("logo").join(".");
            let message = format!("`{name}`: {} {why}", path.display());
            reader.fault(
                "logo",
                "bad-logo",
                message,
                "name an SVG or PNG file of at most 8 KiB",
            );
            None
        }
    }
}

fn read_logo(path: &Path) -> Result<Logo, String> {
    let bytes = bounded(path).map_err(|error| format!("cannot be read: {error}"))?;
    if bytes.len() > MAX_LOGO {
        return Err("has more than 8 KiB".to_owned());
    }
    let extension = path.extension().unwrap_or_default();
    let kind = if extension.eq_ignore_ascii_case("svg") {
        let text = str::from_utf8(&bytes).unwrap_or_default();
        text.contains("<svg").then_some(LogoKind::Svg)
    } else {
        bytes
            .starts_with(b"\x89PNG\r\n\x1a\n")
            .then_some(LogoKind::Png)
    };
    let kind = kind.ok_or("is no picture that pages can show")?;
    Ok(Logo { kind, bytes })
}

/// A file, as far as it is needed to see that it is too large.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(MAX_LOGO).unwrap_or(u64::MAX);
    File::open(path)?
        .take(most.saturating_add(1))
        .read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Refuses what neither white nor dark text can be read on. That of the dark scheme is made from it, and always legible.
fn colour(reader: &Reader<'_>, text: &str) -> Option<Colour> {
    let name = reader.path("colour").join(".");
    let Some(colour) = Colour::parse(text) else {
        let message = format!("`{name}` is no colour such as #0b6b5d");
        reader.fault(
            "colour",
            "bad-value",
            message,
            "for example: colour = \"#0b6b5d\"",
        );
        return None;
    };
    if colour.text().is_none() {
        let [white, dark] = [Colour::WHITE, Colour::INK].map(|text| colour.contrast(text));
        let legible = |other: Colour| colour.towards(other, |mixture| mixture.text().is_some());
        let (darker, lighter) = (legible(Colour::BLACK), legible(Colour::WHITE));
        reader.fault(
            "colour",
            "low-contrast",
            format!(
                "on `{name}` white text has a contrast of {white:.2}:1 and dark text of {dark:.2}:1; people need {LEGIBLE}:1"
            ),
            format!("a little darker: colour = \"{darker}\"; a little lighter: colour = \"{lighter}\""),
        );
        return None;
    }
    Some(colour)
}

fn parse_support(text: &str) -> Result<String, String> {
    let url = Url::parse(text).ok().filter(|url| match url.scheme() {
        "https" => url.has_host() && url.username().is_empty() && url.password().is_none(),
        "mailto" => url.path().contains('@'),
        _ => false,
    });
    let url = url.filter(|_| text.len() <= 512);
    url.map(String::from)
        .ok_or_else(|| "must be https:// or mailto: with whom people may ask".to_owned())
}
