//! The pages of a form that was sent too late.

use serde::ser::SerializeStruct as _;
use serde::{Serialize, Serializer};

use super::{Fact, Look, View};
use crate::address::ReturnPath;

/// What somebody had filled in, to be sent by a press. It goes to the application, so it has no token of ours: that of the
/// application is among its fields.
#[derive(Debug, Serialize)]
pub struct KeptForm<'a> {
    /// Where it was going.
    pub action: &'a ReturnPath,
    /// Names and values, in order.
    pub fields: Vec<Fact<'a>>,
}

impl View for KeptForm<'_> {
    const NAME: &'static str = "kept-form";
    const TEMPLATE: &'static str = "kept_form.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("kept-title", &[])
    }
}

/// It is gone. `rd` is where the visitor goes on.
#[derive(Clone, Copy, Debug)]
pub enum FormNotKept<'a> {
    /// It was kept for as long as a sign-in may take.
    TooLate {
        /// Where to.
        rd: &'a ReturnPath,
    },
    /// Somebody else has signed in than who had filled it in.
    SomebodyElses {
        /// Where to.
        rd: &'a ReturnPath,
    },
}

impl Serialize for FormNotKept<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let (why, rd) = match self {
            Self::TooLate { rd } => ("not-kept-too-late", rd),
            Self::SomebodyElses { rd } => ("not-kept-somebody-elses", rd),
        };
        let mut fields = serializer.serialize_struct("FormNotKept", 2)?;
        fields.serialize_field("why", why)?;
        fields.serialize_field("rd", rd)?;
        fields.end()
    }
}

impl View for FormNotKept<'_> {
    const NAME: &'static str = "form-not-kept";
    const TEMPLATE: &'static str = "form_not_kept.html";

    fn title(&self, look: &Look<'_>) -> String {
        look.language.say("not-kept-title", &[])
    }
}
