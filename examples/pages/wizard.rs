//! The pages on which a provider is set up, with much and with nothing on them.

use doorward::clock::Timestamp;
use doorward::pages::{
    DraftFault, DraftRow, DraftState, Error, Fact, OwnerDrafts, Pages, Place, SetupLink, Wizard,
    WizardCheck, WizardCheckup, WizardEnd, WizardField, WizardTrial, verdict_word,
};

use super::{Cast, Sample};

const NOW: Timestamp = Timestamp::from_seconds(1_790_000_000);

/// Every page of theirs.
pub(super) fn all(pages: &Pages, cast: &Cast) -> Result<Vec<Sample>, Error> {
    let look = cast.look(true, Place::Shared);
    let link = SetupLink {
        organization: cast.organization(0),
        provider: &cast.claim,
        token: &cast.token,
        until: NOW,
    };
    let mut samples = vec![Sample {
        name: "setup-link".to_owned(),
        response: pages.show(&look, &link)?,
    }];
    let steps = [cast.claim.as_str(), cast.claim.as_str()];
    let ends = [
        None,
        Some(WizardEnd::Finished),
        Some(WizardEnd::InForce),
        Some(WizardEnd::Displaced),
    ];
    for (number, end) in ends.into_iter().enumerate() {
        for owned in [true, false] {
            for much in [true, false] {
                let view = wizard(cast, &steps, (owned, much), end);
                samples.push(Sample {
                    name: format!("wizard-{number}-{owned}-{much}"),
                    response: pages.show(&look, &view)?,
                });
            }
        }
    }
    for fault in [None, Some(DraftFault::BadId), Some(DraftFault::Taken)] {
        let row = |state| DraftRow {
            id: cast.slugs[0].as_str(),
            provider: &cast.claim,
            state,
            until: NOW,
        };
        let view = OwnerDrafts {
            organization: cast.organization(0),
            drafts: match fault {
                None => Vec::new(),
                Some(_) => [DraftState::Waiting, DraftState::Finished].map(row).into(),
            },
            presets: facts(cast),
            fault,
            csrf: &cast.token,
        };
        samples.push(Sample {
            name: format!("owner-drafts-{}", samples.len()),
            response: pages.show(&look, &view)?,
        });
    }
    Ok(samples)
}

fn facts(cast: &Cast) -> Vec<Fact<'_>> {
    let fact = || Fact {
        name: &cast.claim,
        value: cast.claim.clone(),
    };
    vec![fact(), fact(), fact()]
}

fn wizard<'a>(
    cast: &'a Cast,
    steps: &'a [&'a str],
    (owned, much): (bool, bool),
    end: Option<WizardEnd>,
) -> Wizard<'a> {
    let text = cast.claim.as_str();
    let field = |kind, fault| WizardField {
        key: cast.slugs[0].as_str(),
        label: text,
        kind,
        needed: much,
        example: Some(text),
        value: (much && kind == "line").then_some(text),
        kept: much && kind != "line",
        fault,
    };
    let checks = ["ok", "warning", "failed", "unknown"].map(|verdict| WizardCheck {
        check: text,
        word: verdict_word(verdict),
        said: text,
        cure: (verdict == "failed").then_some(text),
    });
    Wizard {
        organization: cast.organization(0),
        provider: text,
        base: "/_sso/draft/bnVtYmVyLW9mLTIy".to_owned(),
        csrf: &cast.token,
        owned,
        until: NOW,
        place: text,
        addresses: facts(cast),
        steps,
        fields: vec![
            field("line", None),
            field("line", Some("wrong")),
            field("secret", Some("missing").filter(|_| !much)),
            field("key", None),
        ],
        complete: much,
        checked: much.then(|| WizardCheckup {
            at: NOW,
            failed: owned,
            checks: checks.into(),
        }),
        tried: much.then(|| WizardTrial {
            at: NOW,
            failed: owned.then_some(text),
        }),
        end,
        toml: (owned && much).then(|| text.to_owned()),
    }
}
