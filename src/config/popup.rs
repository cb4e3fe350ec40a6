//! The size of a window of its own.

use std::str::FromStr;

use serde::Serialize;

/// A window's inner size in CSS pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct PopupSize {
    /// From side to side.
    pub width: u16,
    /// From top to bottom.
    pub height: u16,
}

impl FromStr for PopupSize {
    type Err = &'static str;

    /// `WIDTHxHEIGHT`. Browsers open nothing below 100 pixels.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let side = |text: &str| text.parse().ok().filter(|it| (100..=4096).contains(it));
        let sides = text.split_once('x');
        sides
            .and_then(|(width, height)| Some((side(width)?, side(height)?)))
            .map(|(width, height)| Self { width, height })
            .ok_or("is not a width and a height of 100 to 4096 pixels, as in 600x600")
    }
}
