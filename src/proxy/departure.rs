//! A visitor's request becomes one for the application.

use std::sync::Arc;

use http::header::{CONNECTION, CONTENT_LENGTH, EXPECT, TE, UPGRADE};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, Version, request};
use http_body::Body as _;
use hyper::Request;

use super::body::{Outgoing, Upload};
use super::endpoint::Endpoint;
use super::expect::Gate;
use super::{Early, Error, Ours, Passage, Upstream, fields};
use crate::wire::{Received, Upgrade, upgrade};

/// A request about to leave.
pub(super) struct Trip {
    pub(super) request: Request<Outgoing>,
    /// Hears what is said before its answer.
    pub(super) hear: Option<Hear>,
    /// Its head once more, if it may be sent again.
    pub(super) spare: Option<Box<Spare>>,
    pub(super) back: Back,
}

/// What it takes to send a request again.
pub(super) struct Spare {
    /// Without what is added last.
    head: request::Parts,
    ours: Ours,
    length: Option<u64>,
    /// The host that the application shall see, if not its own.
    pub(super) host: Option<HeaderValue>,
}

impl Spare {
    /// The head as it was sent.
    pub(super) fn head(&self) -> request::Parts {
        let mut head = self.head.clone();
        complete(&mut head.headers, &self.ours, self.length);
        head
    }
}

/// What the way back needs to know.
pub(super) struct Back {
    pub(super) method: Method,
    pub(super) upload: Upload,
    pub(super) upgrade: Option<(HeaderValue, Upgrade)>,
    pub(super) gate: Option<Gate>,
    pub(super) passage: Passage,
}

impl Upstream {
    /// The request as the application shall see it.
    pub(super) fn depart(
        &self,
        mut request: Box<Request<Received>>,
        mut passage: Passage,
        endpoint: &Endpoint,
    ) -> Result<Trip, Error> {
        let method = request.method().clone();
        if method == Method::CONNECT {
            return Err(Error::Method);
        }
        let bodiless = request.body().is_end_stream();
        let wanted = fields::wanted_upgrade(request.headers())
            .filter(|_| bodiless && request.version() == Version::HTTP_11)
            .filter(|_| endpoint.takes_upgrades())
            .map(|protocol| (protocol, upgrade(&mut request)));
        let (parts, body) = request.into_parts();
        let protocol = wanted.as_ref().map(|(protocol, _)| protocol);
        let mut head = self.head(parts, &passage, protocol, endpoint)?;
        let upload = Upload::new(bodiless);
        let length = body.size_hint().exact();
        let expects = length != Some(0)
            && head
                .headers
                .get(EXPECT)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        let gate = expects.then(Gate::default);
        let ours = std::mem::take(&mut passage.fields);
        let spare = (bodiless && method.is_idempotent()).then(|| head.clone());
        complete(&mut head.headers, &ours, length);
        let outgoing = if bodiless {
            Outgoing::empty()
        } else {
            let patience = self.patience(&passage);
            let reserved = Arc::clone(&passage.reserved);
            Outgoing::new(body, patience, reserved, upload.clone(), gate.clone())
        };
        let spare = spare.map(|head| {
            Box::new(Spare {
                head,
                ours,
                length,
                host: self.preserve_host.then(|| passage.host.clone()),
            })
        });
        Ok(Trip {
            request: Request::from_parts(head, outgoing),
            hear: hear(gate.clone(), passage.early.take()),
            spare,
            back: Back {
                method,
                upload,
                upgrade: wanted,
                gate,
                passage,
            },
        })
    }

    fn head(
        &self,
        mut head: request::Parts,
        passage: &Passage,
        upgrade: Option<&HeaderValue>,
        endpoint: &Endpoint,
    ) -> Result<request::Parts, Error> {
        if head.uri.path_and_query().is_none() {
            head.uri = Uri::from_static("/");
        }
        head.version = Version::HTTP_11;
        // Nothing of the visitor's connection is meant for that to the application.
        head.extensions.clear();
        let trailers = fields::takes_trailers(&head.headers);
        let headers = &mut head.headers;
        fields::strip_hop_by_hop(headers);
        fields::join_cookies(headers);
        if let Some(protocol) = upgrade {
            headers.insert(UPGRADE, protocol.clone());
            headers.insert(CONNECTION, HeaderValue::from_static("upgrade"));
        } else if trailers {
            headers.insert(TE, HeaderValue::from_static("trailers"));
            headers.insert(CONNECTION, HeaderValue::from_static("te"));
        }
        // After what `Connection` names is gone: it may name the host.
        let host = self.preserve_host.then_some(&passage.host);
        endpoint.direct(&mut head, host)?;
        Ok(head)
    }
}

/// What is added last: our fields, and where the body ends. Without a body nobody waits for its being asked for.
fn complete(headers: &mut HeaderMap, ours: &Ours, length: Option<u64>) {
    if length == Some(0) {
        headers.remove(EXPECT);
    }
    fields::put(headers, ours);
    fields::say_length(headers, length);
}

/// Hears what is said before an answer.
pub(super) type Hear = Arc<dyn Fn(StatusCode, &HeaderMap) + Send + Sync>;

/// Whoever hears interim answers: 100 the body that waits for it, all others `early`.
pub(super) fn hear(gate: Option<Gate>, early: Option<Early>) -> Option<Hear> {
    if gate.is_none() && early.is_none() {
        return None;
    }
    Some(Arc::new(move |status, fields| {
        match (status, &gate, &early) {
            (StatusCode::CONTINUE, Some(gate), _) => gate.open(),
            (StatusCode::CONTINUE, None, _) | (_, _, None) => {}
            (status, _, Some(early)) => {
                let mut fields = fields.clone();
                fields::strip_hop_by_hop(&mut fields);
                // It has no body (RFC 9110 §8.6).
                fields.remove(CONTENT_LENGTH);
                early(status, fields);
            }
        }
    }))
}
