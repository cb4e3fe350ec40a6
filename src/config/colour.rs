//! Colours, and whether people can read on them (WCAG 2.2, 1.4.3).

use std::fmt;

/// A colour, opaque.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// The least contrast of text of usual size.
pub const LEGIBLE: f64 = 4.5;

impl Colour {
    /// White.
    pub const WHITE: Self = Self([0xff, 0xff, 0xff]);
    /// Black.
    pub const BLACK: Self = Self([0, 0, 0]);
    /// What dark text is written in: the ink of the pages.
    pub const INK: Self = Self([0x18, 0x21, 0x1f]);

    /// One of our own.
    pub const fn new(red: u8, green: u8, blue: u8) -> Self {
        Self([red, green, blue])
    }

    /// Reads `#rrggbb`.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
        if digits.len() != 6 || !hexadecimal {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self([red, green, blue]))
    }

    /// Relative luminance, from 0 to 1.
    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 {
                part / 12.92
            } else {
                ((part + 0.055) / 1.055).powf(2.4)
            }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast of one on the other, from 1 to 21.
    pub fn contrast(self, other: Self) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// With so many hundredths of another in it.
    pub fn mixed(self, other: Self, hundredths: u16) -> Self {
        let share = hundredths.min(100);
        let mix = |one: u8, other: u8| {
            let sum = u16::from(one) * (100 - share) + u16::from(other) * share;
            u8::try_from((sum + 50) / 100).unwrap_or(u8::MAX)
        };
        let ([red, green, blue], [r, g, b]) = (self.0, other.0);
        Self([mix(red, r), mix(green, g), mix(blue, b)])
    }

    /// The nearest mixture with another for which something holds; the other itself if there is none.
    pub fn towards(self, other: Self, holds: impl Fn(Self) -> bool) -> Self {
        (0..=100)
            .map(|share| self.mixed(other, share))
            .find(|mixture| holds(*mixture))
            .unwrap_or(other)
    }

    /// What to write on it with: white or ink, if one of them can be read.
    pub fn text(self) -> Option<Self> {
        let best = if self.contrast(Self::WHITE) >= self.contrast(Self::INK) {
            Self::WHITE
        } else {
            Self::INK
        };
        (self.contrast(best) >= LEGIBLE).then_some(best)
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue] = self.0;
        write!(formatter, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn contrast_is_as_the_guidelines_measure_it() {
        for (one, other, expected) in [
            ("#000000", "#ffffff", 21.0),
            ("#ffffff", "#ffffff", 1.0),
            ("#777777", "#ffffff", 4.478),
            ("#767676", "#ffffff", 4.542),
            ("#0b6b5d", "#ffffff", 6.411),
        ] {
            let [one, other] = [one, other].map(|text| Colour::parse(text).unwrap());
            let contrast = one.contrast(other);
            assert!((contrast - expected).abs() < 0.01, "{one} {contrast}");
            assert!((contrast - other.contrast(one)).abs() < f64::EPSILON);
        }
    }

    #[test]
    fn colours_are_read_and_written_in_one_way() {
        assert_eq!(Colour::parse("#0B6b5d").unwrap().to_string(), "#0b6b5d");
        for text in [
            "0b6b5d", "#0b6b5", "#0b6b5d0", "#0b6b5g", "#+12345", "teal", "",
        ] {
            assert_eq!(Colour::parse(text), None, "{text}");
        }
    }

    #[test]
    fn text_is_white_on_dark_and_dark_on_light() {
        for (ground, text) in [
            ("#0b6b5d", Some(Colour::WHITE)),
            ("#ffd400", Some(Colour::INK)),
            ("#7f7f7f", None),
        ] {
            assert_eq!(Colour::parse(ground).unwrap().text(), text, "{ground}");
        }
    }
}
