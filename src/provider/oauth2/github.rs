//! GitHub's REST API: who somebody is, their verified address, and the organizations and teams they are in.
//!
//! A person is their number: a login can be given up, and taken by another. So are organizations. Lists come in pages; one
//! that is longer than we are willing to read is unknown as a whole, and what is unknown passes no rule (threat model 20).

use ::http::{HeaderMap, HeaderValue, Request, StatusCode, header};
use openidconnect::HttpResponse;
use serde_json::{Map, Value, json};
use std::time::Duration;
use url::Url;

use super::person::{Address, Person, Unheard};
use crate::provider::credentials::{self, Credentials};
use crate::provider::http::{self as calls, Client, Operation};
use crate::provider::{Check, Subject, Tenant, bearer, json as objects};

/// The API, for one person.
#[derive(Clone, Copy, Debug)]
pub(super) struct Api<'a> {
    pub(super) client: &'a Client,
    /// Without a slash at the end.
    pub(super) address: &'a str,
    /// The person's token.
    pub(super) access: &'a str,
    /// Who we are.
    pub(super) credentials: Credentials<'a>,
}

type Members = Map<String, Value>;

/// As many as GitHub gives.
const PAGE: usize = 100;

/// Five hundred organizations or teams.
const MAX_PAGES: usize = 5;

/// The version of the API that this was written for.
const VERSION: HeaderValue = HeaderValue::from_static("2022-11-28");

impl Api<'_> {
    /// Everything that rules may need.
    pub(super) async fn person(&self) -> Result<Person, Unheard> {
        let user = self.user().await?;
        let subject = subject(&user)?;
        let (email, address) = self.address().await?;
        let organizations = self.all("user/orgs").await?;
        let teams = self.all("user/teams").await?;
        let name = |name: &str| objects::text(&user, name);
        Ok(Person {
            subject,
            email_verified: email.is_some() && address == Address::AsSaid,
            email,
            address,
            name: name("name"),
            preferred_username: name("login"),
            groups: read(teams, team)?,
            tenants: read(organizations, tenant)?.unwrap_or_default(),
            claims: user,
        })
    }

    /// Who it is, and nothing else.
    pub(super) async fn subject(&self) -> Result<Subject, Unheard> {
        subject(&self.user().await?)
    }

    /// Whether the API lets our application in: it asks about a token that nobody has.
    pub(super) async fn knows_us(&self) -> Result<(), Unheard> {
        let Some(request) = self.check_token() else {
            return Ok(());
        };
        let answer = self.client.call(Operation::Introspection, request).await;
        match answer.map_err(Unheard::Call)?.status() {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => Err(Unheard::Registration),
            _ => Ok(()),
        }
    }

    async fn user(&self) -> Result<Members, Unheard> {
        let answer = self.get(Operation::UserInfo, &self.url("user")?).await?;
        match answer.status() {
            StatusCode::OK => {}
            StatusCode::UNAUTHORIZED => return Err(self.why(Unheard::Refused).await),
            StatusCode::FORBIDDEN => return Err(self.why(Unheard::Suspended).await),
            _ => return Err(Unheard::Status),
        }
        let user = objects::object(answer.body()).ok_or(Unheard::Unreadable)?;
        match user.get("suspended_at") {
            None | Some(Value::Null) => Ok(user),
            Some(_) => Err(Unheard::Suspended),
        }
    }

    /// Whose fault it is that a token is refused. GitHub answers 401 for a token that is revoked and 403 for an account that is
    /// suspended, and it may answer either when it is our application that it has suspended or forgotten. The application
    /// itself can ask about a token: if it is not let in there, nobody is blamed. With 403 and a token that is good, it is the
    /// account.
    async fn why(&self, presumed: Unheard) -> Unheard {
        let Some(request) = self.check_token() else {
            return match presumed {
                Unheard::Suspended => Unheard::Status,
                other => other,
            };
        };
        let checked = self.client.call(Operation::Introspection, request).await;
        match (checked.map(|answer| answer.status()), presumed) {
            (Ok(StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN), _) => Unheard::Registration,
            (Ok(StatusCode::NOT_FOUND | StatusCode::UNPROCESSABLE_ENTITY), _)
            | (_, Unheard::Refused) => Unheard::Refused,
            (Ok(StatusCode::OK), Unheard::Suspended) => Unheard::Suspended,
            (Ok(_), _) => Unheard::Status,
            (Err(error), _) => Unheard::Call(error),
        }
    }

    /// `POST /applications/{client_id}/token`; `None` without a secret to ask with.
    fn check_token(&self) -> Option<Request<Vec<u8>>> {
        let secret = self.credentials.secret?.expose();
        let (address, client) = (self.address, self.credentials.id);
        let id: String = form_urlencoded::byte_serialize(client.as_bytes()).collect();
        Request::post(format!("{address}/applications/{id}/token"))
            .header(header::ACCEPT, "application/vnd.github+json")
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::AUTHORIZATION, credentials::basic(client, secret)?)
            .header("x-github-api-version", VERSION)
            .body(
                json!({ "access_token": self.access })
                    .to_string()
                    .into_bytes(),
            )
            .ok()
    }

    /// The primary address, and whether GitHub has verified it.
    async fn address(&self) -> Result<(Option<String>, Address), Unheard> {
        let all = self.all("user/emails").await?.unwrap_or_default();
        let is = |entry: &Members, name| entry.get(name) == Some(&Value::Bool(true));
        let Some(primary) = all.iter().find(|entry| is(entry, "primary")) else {
            return Ok((None, Address::NoPrimary));
        };
        let email = objects::text(primary, "email").ok_or(Unheard::Unreadable)?;
        let address = if is(primary, "verified") {
            Address::AsSaid
        } else {
            Address::Unverified
        };
        Ok((Some(email), address))
    }

    /// All pages of a list. `None` if there are more than we read.
    async fn all(&self, path: &str) -> Result<Option<Vec<Members>>, Unheard> {
        let mut next = self.url(path)?;
        next.query_pairs_mut()
            .append_pair("per_page", &PAGE.to_string());
        let mut all = Vec::new();
        for _ in 0..MAX_PAGES {
            let answer = self.get(Operation::Membership, &next).await?;
            match answer.status() {
                StatusCode::OK => {}
                StatusCode::UNAUTHORIZED => return Err(self.why(Unheard::Refused).await),
                _ => return Err(Unheard::Status),
            }
            all.extend(objects::objects(answer.body()).ok_or(Unheard::Unreadable)?);
            match self.next_page(answer.headers())? {
                Some(page) => next = page,
                None => return Ok(Some(all)),
            }
        }
        Ok(None)
    }

    /// Where the list goes on (RFC 8288), if it does. The token goes to the API alone (threat model 48).
    fn next_page(&self, headers: &HeaderMap) -> Result<Option<Url>, Unheard> {
        let Some(links) = headers.get(header::LINK) else {
            return Ok(None);
        };
        let links = links.to_str().map_err(|_| Unheard::Unreadable)?;
        let mut next = links
            .split(',')
            .filter(|link| link.contains("rel=\"next\""));
        let Some(link) = next.next() else {
            return Ok(None);
        };
        let target = link
            .split_once('<')
            .and_then(|(_, rest)| rest.split_once('>'));
        let target = target.and_then(|(target, _)| Url::parse(target).ok());
        let target = target.ok_or(Unheard::Unreadable)?;
        if target.origin() == self.url("user")?.origin() {
            Ok(Some(target))
        } else {
            Err(Unheard::Unreadable)
        }
    }

    /// One question. 403 with a limit that is used up is no answer: the primary limit says what remains, the secondary one
    /// when to come again.
    async fn get(&self, operation: Operation, url: &Url) -> Result<HttpResponse, Unheard> {
        let request = bearer::get(url, self.access).map_err(Unheard::Call)?;
        let mut request = request.ok_or(Unheard::Unreadable)?;
        let headers = request.headers_mut();
        headers.insert("x-github-api-version", VERSION);
        headers.insert(
            header::ACCEPT,
            HeaderValue::from_static("application/vnd.github+json"),
        );
        let answer = self.client.call(operation, request).await;
        let answer = answer.map_err(Unheard::Call)?;
        let headers = answer.headers();
        let used_up = headers
            .get("x-ratelimit-remaining")
            .is_some_and(|remaining| remaining == "0");
        let limited = used_up || headers.contains_key(header::RETRY_AFTER);
        if answer.status() == StatusCode::FORBIDDEN && limited {
            return Err(Unheard::Limited(self.wait(headers)));
        }
        Ok(answer)
    }

    fn wait(&self, headers: &HeaderMap) -> Option<Duration> {
        let now = self.client.now();
        calls::retry_after(headers, now).or_else(|| {
            let reset = headers.get("x-ratelimit-reset")?.to_str().ok()?;
            let reset = crate::clock::Timestamp::from_seconds(reset.parse().ok()?);
            Some(reset.since(now))
        })
    }

    fn url(&self, path: &str) -> Result<Url, Unheard> {
        Url::parse(&format!("{}/{path}", self.address)).map_err(|_| Unheard::Unreadable)
    }
}

/// The number of a person (threat model 18).
fn subject(user: &Members) -> Result<Subject, Unheard> {
    let id = number(user).ok_or(Unheard::Failed(Check::Subject))?;
    Subject::parse(&id).map_err(|_| Unheard::Failed(Check::Subject))
}

fn tenant(organization: &Members) -> Option<Tenant> {
    Some(Tenant {
        id: number(organization)?,
        name: objects::text(organization, "login")?,
    })
}

/// A team as `organization/team`.
fn team(team: &Members) -> Option<String> {
    let organization = team.get("organization")?.as_object()?;
    let organization = objects::text(organization, "login")?;
    let slug = objects::text(team, "slug")?;
    Some(format!("{organization}/{slug}"))
}

fn number(members: &Members) -> Option<String> {
    members.get("id")?.as_u64().map(|id| id.to_string())
}

/// Reads each of a list, if it is known; one that cannot be read makes the whole unreadable.
fn read<T>(
    list: Option<Vec<Members>>,
    one: impl Fn(&Members) -> Option<T>,
) -> Result<Option<Vec<T>>, Unheard> {
    list.map(|list| list.iter().map(one).collect::<Option<Vec<T>>>())
        .map(|read| read.ok_or(Unheard::Unreadable))
        .transpose()
}
