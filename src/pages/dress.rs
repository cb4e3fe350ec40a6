//! What a page wears: the style sheet with an organization's colour, its logo, and the policy that allows exactly this.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use minijinja::value::Value;

use super::browser::Policy;
use super::{COPYING, SCRIPT};
use crate::config::{Brand, Colour, LEGIBLE, Logo, LogoKind, Organization, Slug};

/// All of them, made once: the digest in a policy is that of the whole style sheet, the colour included.
#[derive(Debug)]
pub(super) struct Wardrobe {
    usual: Dress,
    own: BTreeMap<Slug, Dress>,
}

/// One look.
#[derive(Debug)]
pub(super) struct Dress {
    pub(super) style: Value,
    pub(super) icon: Value,
    /// As a `data:` URL. Shown as a picture alone, which runs no script and loads nothing (SVG 2, 2.2).
    pub(super) logo: Option<Value>,
    /// Whom to ask: `https:` or `mailto:`.
    pub(super) support: Option<Value>,
    pub(super) policy: Policy,
}

impl Wardrobe {
    pub(super) fn new(organizations: &BTreeMap<Slug, Organization>) -> Self {
        let own = organizations
            .values()
            .filter(|one| one.brand != Brand::default())
            .map(|one| (one.slug.clone(), Dress::of(&one.brand)));
        Self {
            usual: Dress::of(&Brand::default()),
            own: own.collect(),
        }
    }

    /// What pages of an organization wear.
    pub(super) fn of(&self, organization: Option<&Slug>) -> &Dress {
        let own = organization.and_then(|slug| self.own.get(slug));
        own.unwrap_or(&self.usual)
    }
}

impl Dress {
    fn of(brand: &Brand) -> Self {
        let style = match brand.colour {
            Some(colour) => format!("{STYLE}{}", palette(colour)),
            None => STYLE.to_owned(),
        };
        Self {
            policy: Policy::new(&style, SCRIPT, COPYING),
            style: Value::from_safe_string(style),
            icon: Value::from(icon(brand.colour.unwrap_or(ACCENT))),
            logo: brand.logo.as_ref().map(|logo| Value::from(data_url(logo))),
            support: brand.support.as_deref().map(Value::from),
        }
    }
}

/// The colours that follow from an organization's: what is read or pressed keeps its contrast, in light and dark.
fn palette(colour: Colour) -> String {
    let text = colour.text().unwrap_or(Colour::WHITE);
    let over = match text {
        Colour::WHITE => colour.mixed(Colour::BLACK, 18),
        _ => colour.mixed(Colour::WHITE, 30),
    };
    let (light, dark) = (Scheme::new(LIGHT, colour), Scheme::new(DARK, colour));
    let link = colour.towards(Colour::BLACK, |mixture| light.is_legible(mixture));
    let bright = colour.towards(Colour::WHITE, |mixture| {
        dark.is_legible(mixture) && mixture.text() == Some(Colour::INK)
    });
    let bright_over = bright.mixed(Colour::WHITE, 30);
    // A button as pale as its ground gets an edge.
    let edge = if colour.contrast(light.card) < 3.0 {
        "@media (prefers-color-scheme:light){.button{border-color:var(--edge)}.door{box-shadow:inset 0 0 0 1px var(--edge)}}\n"
    } else {
        ""
    };
    format!(
        ":root{{\n--accent:{colour};\n--accent-over:{over};\n--on-accent:{text};\n--link:{link};\n--focus:{link};\n{}}}\n\
         @media (prefers-color-scheme:dark){{\n:root{{\n--accent:{bright};\n--accent-over:{bright_over};\n--on-accent:{};\n\
         --link:{bright};\n--focus:{bright};\n{}}}\n}}\n{edge}",
        light.grounds(),
        Colour::INK,
        dark.grounds(),
    )
}

/// What things stand on, in light or dark.
struct Scheme {
    card: Colour,
    tint: Colour,
    glow: Colour,
}

impl Scheme {
    fn new((page, card): (Colour, Colour), colour: Colour) -> Self {
        Self {
            card,
            tint: card.mixed(colour, 6),
            glow: page.mixed(colour, 8),
        }
    }

    fn is_legible(&self, text: Colour) -> bool {
        [self.card, self.tint]
            .iter()
            .all(|ground| text.contrast(*ground) >= LEGIBLE)
    }

    fn grounds(&self) -> String {
        format!("--tint:{};\n--glow:{};\n", self.tint, self.glow)
    }
}

/// The tab's icon: the arched door. A `data:` URL, so that no browser asks the application for `/favicon.ico`.
fn icon(colour: Colour) -> String {
    let colour = colour.to_string().replace('#', "%23");
    format!(
        "data:image/svg+xml,%3Csvg xmlns=%22http://www.w3.org/2000/svg%22 viewBox=%220 0 32 32%22%3E\
         %3Cpath d=%22M6 30V14a10 10 0 0 1 20 0v16z%22 fill=%22{colour}%22/%3E\
         %3Ccircle cx=%2220.5%22 cy=%2219%22 r=%221.8%22 fill=%22%23fff%22/%3E%3C/svg%3E"
    )
}

fn data_url(logo: &Logo) -> String {
    let kind = match logo.kind {
        LogoKind::Svg => "svg+xml",
        LogoKind::Png => "png",
    };
    format!("data:image/{kind};base64,{}", STANDARD.encode(&logo.bytes))
}

/// The one style sheet: light and dark, screen and paper.
const STYLE: &str = include_str!("templates/style.css");

/// The colour of pages that are nobody's.
const ACCENT: Colour = Colour::new(0x0b, 0x6b, 0x5d);

/// Page and card of the style sheet.
const LIGHT: (Colour, Colour) = (Colour::new(0xf3, 0xf5, 0xf4), Colour::WHITE);
const DARK: (Colour, Colour) = (Colour::new(0x0f, 0x15, 0x14), Colour::new(0x18, 0x20, 0x1e));

#[cfg(test)]
mod tests {
    use super::*;

    /// The colour behind a name, in the light block or the dark one.
    fn named(css: &str, dark: bool, name: &str) -> Colour {
        let block = css.split(":root{").nth(if dark { 2 } else { 1 }).unwrap();
        let start = format!("--{name}:");
        let value = block.split(&start).nth(1).unwrap();
        Colour::parse(&value[..7]).unwrap()
    }

    #[test]
    fn every_colour_that_check_lets_pass_can_be_read_in_light_and_dark() {
        let steps = || (0..=255_u8).step_by(51);
        let mut seen = 0;
        for red in steps() {
            for (green, blue) in steps().flat_map(|green| steps().map(move |blue| (green, blue))) {
                let colour = Colour::new(red, green, blue);
                if colour.text().is_none() {
                    continue;
                }
                seen += 1;
                let css = palette(colour);
                for dark in [false, true] {
                    let [accent, over, text] =
                        ["accent", "accent-over", "on-accent"].map(|name| named(&css, dark, name));
                    let [link, focus, tint, glow] =
                        ["link", "focus", "tint", "glow"].map(|name| named(&css, dark, name));
                    let (ink, soft) = if dark {
                        ("#e9efed", "#a5b3af")
                    } else {
                        ("#18211f", "#53605c")
                    };
                    let [ink, soft] = [ink, soft].map(|text| Colour::parse(text).unwrap());
                    let (_, card) = if dark { DARK } else { LIGHT };
                    for (one, other, least) in [
                        (text, accent, LEGIBLE),
                        (text, over, LEGIBLE),
                        (link, card, LEGIBLE),
                        (link, tint, LEGIBLE),
                        (ink, tint, LEGIBLE),
                        (soft, tint, LEGIBLE),
                        (soft, glow, LEGIBLE),
                        (focus, card, 3.0),
                    ] {
                        let ratio = one.contrast(other);
                        assert!(
                            ratio >= least,
                            "{colour} dark={dark}: {one} on {other} has {ratio:.2}"
                        );
                    }
                    let bordered = css.contains("border-color");
                    assert!(bordered || accent.contrast(card) >= 3.0, "{colour}");
                }
            }
        }
        assert!(seen > 150, "{seen}");
    }

    #[test]
    fn the_grounds_are_those_of_the_style_sheet() {
        for (dark, (page, card)) in [(false, LIGHT), (true, DARK)] {
            assert_eq!(named(STYLE, dark, "page"), page);
            assert_eq!(named(STYLE, dark, "card"), card);
        }
        assert_eq!(named(STYLE, false, "ink"), Colour::INK);
    }
}
