//! The provider of first tries: a form of ours that believes what is typed. `config` allows it on loopback only.

use serde_json::{Map, json};
use url::Url;

use super::{
    Answer, Asserted, Attempt, Callback, Check, Confirmation, DevForm, Error, Failed, Finishing,
    Flow, Health, Held, Logout, Outcome, Proof, Provider, Renewal, Response, Start, Started, Step,
    Subject, Tokens,
};
use crate::clock::Timestamp;
use crate::secret::Secret;

/// Whoever types an address is its owner.
#[derive(Clone, Copy, Debug)]
pub(super) struct Dev;

/// The issuer of such identities. It is no URL, so no OpenID provider can have the same.
const ISSUER: &str = "urn:doorward:dev";

impl Provider for Dev {
    fn steps(&self, flow: Flow) -> &'static [Step] {
        match flow {
            Flow::SignIn | Flow::Setup | Flow::Link | Flow::StepUp | Flow::Rehearsal => {
                &[Step::Form]
            }
        }
    }

    fn start<'a>(&'a self, _attempt: &'a Attempt) -> Answer<'a, Started> {
        Box::pin(async {
            Ok(Started {
                start: Start::Form,
                promises_issuer: false,
            })
        })
    }

    fn accepts(&self, callback: &Callback) -> Result<(), Error> {
        match &callback.response {
            Response::Form(form) => match parse_email(&form.email) {
                Some(_) => Ok(()),
                None => Err(Error::Rejected(Check::Form)),
            },
            Response::Refused(..) | Response::Code(_) => Ok(()),
        }
    }

    fn finish<'a>(
        &'a self,
        _attempt: &'a Attempt,
        callback: &'a Callback,
        now: Timestamp,
    ) -> Finishing<'a> {
        Box::pin(async move {
            match &callback.response {
                Response::Form(form) => asserted(form, now),
                Response::Refused(refusal, _) => Err(Error::Refused(*refusal)),
                Response::Code(_) => Err(Error::Rejected(Check::Response)),
            }
            .map_err(Failed::from)
        })
    }

    fn end_session<'a>(
        &'a self,
        _id_token_hint: Option<&'a Secret<String>>,
        _return_to: &'a Url,
    ) -> Answer<'a, Option<Url>> {
        Box::pin(async { Ok(None) })
    }

    fn logout<'a>(&'a self, _token: &'a Secret<String>, _now: Timestamp) -> Answer<'a, Logout> {
        Box::pin(async { Err(Error::Rejected(Check::Signature)) })
    }

    fn renew<'a>(&'a self, _held: Held<'a>, _now: Timestamp) -> Renewal<'a> {
        Box::pin(async { Err(Outcome::NotApplicable.into()) })
    }

    fn confirm<'a>(
        &'a self,
        _held: Held<'a>,
        _renewed: Option<&'a Tokens>,
        _now: Timestamp,
    ) -> Confirmation<'a> {
        Box::pin(async { Outcome::NotApplicable })
    }

    fn health(&self) -> Health {
        Health::Up
    }

    fn health_since(&self) -> Option<Timestamp> {
        None
    }
}

fn asserted(form: &DevForm, now: Timestamp) -> Result<Asserted, Error> {
    let email = parse_email(&form.email).ok_or(Error::Rejected(Check::Form))?;
    let mut claims = Map::new();
    claims.insert("sub".to_owned(), json!(email));
    claims.insert("email".to_owned(), json!(email));
    claims.insert("email_verified".to_owned(), json!(true));
    claims.insert("groups".to_owned(), json!(form.groups));
    if let Some(name) = &form.name {
        claims.insert("name".to_owned(), json!(name));
    }
    Ok(Asserted {
        issuer: ISSUER.to_owned(),
        subject: Subject::parse(&email).map_err(|_| Error::Rejected(Check::Form))?,
        email_verified: true,
        name: form.name.clone(),
        preferred_username: None,
        groups: Some(form.groups.clone()),
        groups_are_teams: false,
        hosted_domain: None,
        tenants: Vec::new(),
        claims,
        authenticated_at: now,
        // Whoever filled in the form did so just now.
        proof: Proof {
            at: Some(now),
            acr: None,
        },
        provider_session: None,
        tokens: Tokens::default(),
        email: Some(email),
    })
}

/// One `@` between two texts without spaces: enough for a form that believes everything.
fn parse_email(text: &str) -> Option<String> {
    let email = text.trim().to_lowercase();
    let (name, domain) = email.split_once('@')?;
    let odd = |letter: char| letter.is_whitespace() || letter.is_control() || letter == '@';
    let sound = |part: &str| !part.is_empty() && !part.contains(odd);
    (email.len() <= 254 && sound(name) && sound(domain)).then_some(email)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Refusal, Said};

    fn attempt() -> Attempt {
        Attempt {
            state: Secret::new("state".to_owned()),
            nonce: Secret::new("nonce".to_owned()),
            verifier: Secret::new("verifier".to_owned()),
            redirect_uri: "http://localhost:8000/_sso/callback/dev".to_owned(),
            login_hint: None,
            hosted_domain: None,
            select_account: false,
            consent: false,
            demand: None,
            promises_issuer: false,
            started_at: Timestamp::from_seconds(1),
        }
    }

    async fn finish(response: Response) -> Result<Asserted, Error> {
        let callback = Callback {
            name: None,
            state: Secret::new("state".to_owned()),
            issuer: None,
            response,
        };
        let now = Timestamp::from_seconds(7);
        let finished = Dev.finish(&attempt(), &callback, now).await;
        finished.map_err(|failed| failed.error)
    }

    fn form(email: &str) -> Response {
        Response::Form(DevForm {
            email: email.to_owned(),
            name: Some("Ada".to_owned()),
            groups: vec!["staff".to_owned()],
        })
    }

    #[tokio::test]
    async fn the_form_is_believed() {
        assert_eq!(Dev.start(&attempt()).await.unwrap().start, Start::Form);
        let asserted = finish(form(" Ada@Acme.Example ")).await.unwrap();
        assert_eq!(asserted.subject.as_str(), "ada@acme.example");
        assert_eq!(asserted.email.as_deref(), Some("ada@acme.example"));
        assert!(asserted.email_verified);
        assert_eq!(asserted.issuer, ISSUER);
        assert_eq!(asserted.groups.unwrap(), ["staff"]);
        assert_eq!(asserted.authenticated_at, Timestamp::from_seconds(7));
    }

    #[tokio::test]
    async fn an_address_is_needed() {
        for bad in ["", "ada", "@", "ada@", "@acme", "a@b@c", "a b@c", "a@c\nd"] {
            let callback = Callback {
                name: None,
                state: Secret::new("state".to_owned()),
                issuer: None,
                response: form(bad),
            };
            let told = Dev.accepts(&callback);
            assert!(
                matches!(told, Err(Error::Rejected(Check::Form))),
                "{bad:?}, before the run is used"
            );
            let refused = finish(form(bad)).await;
            assert!(
                matches!(refused, Err(Error::Rejected(Check::Form))),
                "{bad:?}"
            );
        }
        let long = format!("{}@acme.example", "a".repeat(250));
        assert!(finish(form(&long)).await.is_err());
    }

    #[tokio::test]
    async fn inv_10_other_answers_are_refused() {
        let code = Response::Code(Secret::new("code".to_owned()));
        assert!(matches!(
            finish(code).await,
            Err(Error::Rejected(Check::Response))
        ));
        let refused = Response::Refused(Refusal::AccessDenied, Said::default());
        assert!(matches!(
            finish(refused).await,
            Err(Error::Refused(Refusal::AccessDenied))
        ));
    }
}
