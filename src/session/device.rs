//! The family of browser and of operating system that a session is of, as the browser itself says it.
//!
//! Both come from fixed lists, so that people can tell their sessions apart and nothing more is kept: what a browser sends
//! is long, made up at will, and says more of somebody than anybody here has to know. Nothing is ever decided by it.

use serde::{Deserialize, Serialize};

/// What a session was opened in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The browser.
    pub browser: Browser,
    /// What it runs on.
    pub system: System,
}

/// A family of browsers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Browser {
    /// Mozilla's.
    Firefox,
    /// Google's, and those that say nothing but that.
    Chrome,
    /// Microsoft's.
    Edge,
    /// Apple's.
    Safari,
    /// Opera's.
    Opera,
    /// Samsung's.
    SamsungInternet,
    /// Another one, or nobody knows: a record may be older than this, or of a program that knows more of them.
    #[default]
    #[serde(other)]
    Other,
}

/// A family of operating systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum System {
    /// Microsoft's.
    Windows,
    /// Apple's for computers. Its tablets say the same, unless they are asked for the pages of telephones.
    #[serde(rename = "macos")]
    MacOs,
    /// Apple's for telephones.
    Ios,
    /// Apple's for tablets.
    #[serde(rename = "ipados")]
    IpadOs,
    /// Google's for telephones and tablets.
    Android,
    /// Google's for computers.
    #[serde(rename = "chromeos")]
    ChromeOs,
    /// Any other that is built on it.
    Linux,
    /// Another one, or nobody knows.
    #[default]
    #[serde(other)]
    Other,
}

/// What is looked at of a `User-Agent`: names stand at its beginning, and whoever sends more gets no more work out of it.
const MOST_BYTES: usize = 512;

/// What gives a browser away. The first that is there counts: nearly all call themselves by the names of older ones too.
const BROWSERS: [(&str, Browser); 23] = [
    // Built on another one, and none of the families.
    ("Vivaldi/", Browser::Other),
    ("YaBrowser/", Browser::Other),
    ("UCBrowser/", Browser::Other),
    ("DuckDuckGo/", Browser::Other),
    ("Ddg/", Browser::Other),
    ("SeaMonkey/", Browser::Other),
    ("Edg/", Browser::Edge),
    ("EdgA/", Browser::Edge),
    ("EdgiOS/", Browser::Edge),
    ("Edge/", Browser::Edge),
    ("OPR/", Browser::Opera),
    ("OPT/", Browser::Opera),
    ("OPX/", Browser::Opera),
    ("OPiOS/", Browser::Opera),
    ("Opera/", Browser::Opera),
    ("SamsungBrowser/", Browser::SamsungInternet),
    ("FxiOS/", Browser::Firefox),
    ("Firefox/", Browser::Firefox),
    ("CriOS/", Browser::Chrome),
    ("Chrome/", Browser::Chrome),
    ("Chromium/", Browser::Chrome),
    // Old browsers of Android call themselves Safari, as everything that shows pages there did.
    ("Android", Browser::Other),
    (" Safari/", Browser::Safari),
];

/// Likewise of a system.
const SYSTEMS: [(&str, System); 11] = [
    // Its browsers called themselves those of Android and of the iPhone.
    ("Windows Phone", System::Other),
    ("Windows", System::Windows),
    ("iPad", System::IpadOs),
    ("iPhone", System::Ios),
    ("iPod", System::Ios),
    ("Android", System::Android),
    ("CrOS", System::ChromeOs),
    ("Macintosh", System::MacOs),
    ("Mac OS X", System::MacOs),
    ("Linux", System::Linux),
    ("X11", System::Linux),
];

impl Device {
    /// What a browser calls itself in `User-Agent`, whatever that is.
    pub fn named_by(user_agent: &[u8]) -> Self {
        let seen = user_agent.get(..MOST_BYTES).unwrap_or(user_agent);
        Self {
            browser: first(&BROWSERS, seen),
            system: first(&SYSTEMS, seen),
        }
    }
}

/// What the first mark stands for that is somewhere in a text.
fn first<T: Copy + Default>(marks: &[(&str, T)], text: &[u8]) -> T {
    let is_in = |mark: &str| text.windows(mark.len()).any(|part| part == mark.as_bytes());
    let found = marks.iter().find(|(mark, _)| is_in(mark));
    found.map(|(_, family)| *family).unwrap_or_default()
}

impl Browser {
    /// What people call it, in every language; nothing if it is none of them.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Firefox => "Firefox",
            Self::Chrome => "Chrome",
            Self::Edge => "Edge",
            Self::Safari => "Safari",
            Self::Opera => "Opera",
            Self::SamsungInternet => "Samsung Internet",
            Self::Other => return None,
        })
    }
}

impl System {
    /// What people call it, in every language; nothing if it is none of them.
    pub const fn name(self) -> Option<&'static str> {
        Some(match self {
            Self::Windows => "Windows",
            Self::MacOs => "macOS",
            Self::Ios => "iOS",
            Self::IpadOs => "iPadOS",
            Self::Android => "Android",
            Self::ChromeOs => "ChromeOS",
            Self::Linux => "Linux",
            Self::Other => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As they were seen.
    const SEEN: &[(&str, Browser, System)] = &[
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0",
            Browser::Firefox,
            System::Windows,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            Browser::Firefox,
            System::Linux,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
            Browser::Firefox,
            System::MacOs,
        ),
        (
            "Mozilla/5.0 (Android 15; Mobile; rv:140.0) Gecko/140.0 Firefox/140.0",
            Browser::Firefox,
            System::Android,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15",
            Browser::Firefox,
            System::Ios,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
            Browser::Chrome,
            System::Windows,
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36",
            Browser::Chrome,
            System::Android,
        ),
        (
            "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
            Browser::Chrome,
            System::ChromeOs,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.53 Mobile/15E148 Safari/604.1",
            Browser::Chrome,
            System::Ios,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
            Browser::Edge,
            System::Windows,
        ),
        (
            "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36 EdgA/138.0.0.0",
            Browser::Edge,
            System::Android,
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 EdgiOS/138.0 Mobile/15E148 Safari/604.1",
            Browser::Edge,
            System::IpadOs,
        ),
        (
            "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
            Browser::Safari,
            System::MacOs,
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            Browser::Safari,
            System::Ios,
        ),
        (
            "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            Browser::Safari,
            System::IpadOs,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 OPR/120.0.0.0",
            Browser::Opera,
            System::Windows,
        ),
        (
            "Mozilla/5.0 (Linux; Android 15; SAMSUNG SM-S931B) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
            Browser::SamsungInternet,
            System::Android,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Vivaldi/7.4.3684.38",
            Browser::Other,
            System::Windows,
        ),
        (
            "Mozilla/5.0 (Linux; U; Android 4.0.3; de-de) AppleWebKit/534.30 Version/4.0 Mobile Safari/534.30",
            Browser::Other,
            System::Android,
        ),
        (
            "Mozilla/5.0 (Windows Phone 10.0; Android 6.0.1; Microsoft) Chrome/52.0 Mobile Safari/537.36 Edge/15.15063",
            Browser::Edge,
            System::Other,
        ),
        (
            "Mozilla/5.0 (compatible; MSIE 10.0; Windows NT 6.2; Trident/6.0)",
            Browser::Other,
            System::Windows,
        ),
        ("curl/8.14.1", Browser::Other, System::Other),
    ];

    #[test]
    fn browsers_are_known_by_what_they_call_themselves() {
        for &(text, browser, system) in SEEN {
            let device = Device { browser, system };
            assert_eq!(Device::named_by(text.as_bytes()), device, "{text}");
        }
    }

    /// It is a word of the visitor's, and may be anything.
    #[test]
    fn whatever_is_sent_yields_one_of_the_families() {
        let other = Device::default();
        let long = [b"x".repeat(64 * 1024), b"Firefox/1 Windows".to_vec()].concat();
        for text in [
            b"".as_slice(),
            b"\xff\xfe\x00 \xf0\x9f\xa6\x8a",
            "<b>Fire\u{fe0f}fox/</b>".as_bytes(),
            &long,
            b"firefox/140 windows nt",
        ] {
            assert_eq!(Device::named_by(text), other);
        }
        // What it does not say is not made up, and a lie is believed: nothing is decided by it.
        let half = Device::named_by(b"Firefox/140.0");
        assert_eq!(
            (half.browser, half.system),
            (Browser::Firefox, System::Other)
        );
        let lie = Device::named_by(b"\xff Windows Macintosh Edg/1 Firefox/1\r\n");
        assert_eq!((lie.browser, lie.system), (Browser::Edge, System::Windows));
    }

    #[test]
    fn a_record_of_another_program_is_of_another_browser() {
        let read = |text: &str| serde_json::from_str::<Device>(text).unwrap();
        let newer = r#"{"browser":"netscape","system":"haiku"}"#;
        assert_eq!(read(newer), Device::default());
        let known = r#"{"browser":"samsung_internet","system":"ipados"}"#;
        let device = read(known);
        assert_eq!(device.system, System::IpadOs);
        assert_eq!(serde_json::to_string(&device).unwrap(), known);
    }
}
