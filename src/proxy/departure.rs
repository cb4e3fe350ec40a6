//! A visitor's request becomes one for the application.

use std::sync::Arc;

use http::header::{CONNECTION, EXPECT, HOST, TE, UPGRADE};
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, StatusCode, Uri, Version, request};
use http_body::Body as _;
use hyper::Request;
use hyper::body::Incoming;
use hyper::upgrade::OnUpgrade;

use super::body::{Outgoing, Upload};
use super::expect::Gate;
use super::{Error, Passage, Upstream, fields};

/// A request about to leave.
pub(super) struct Trip {
    pub(super) request: Request<Outgoing>,
    /// Its head once more, if it may be sent again.
    pub(super) spare: Option<request::Parts>,
    pub(super) upload: Upload,
    pub(super) back: Back,
}

/// What the way back needs to know.
pub(super) struct Back {
    pub(super) method: Method,
    pub(super) upgrade: Option<(HeaderValue, OnUpgrade)>,
    pub(super) gate: Option<Gate>,
    pub(super) passage: Passage,
}

impl Upstream {
    /// The request as the application shall see it.
    pub(super) fn depart(
        &self,
        mut request: Request<Incoming>,
        mut passage: Passage,
    ) -> Result<Trip, Error> {
        let method = request.method().clone();
        if method == Method::CONNECT {
            return Err(Error::Method);
        }
        let bodiless = request.body().is_end_stream();
        let upgrade = fields::wanted_upgrade(request.headers())
            .filter(|_| bodiless && request.version() == Version::HTTP_11)
            .map(|protocol| (protocol, hyper::upgrade::on(&mut request)));
        let (parts, body) = request.into_parts();
        let mut head = self.head(
            parts,
            &mut passage,
            upgrade.as_ref().map(|(protocol, _)| protocol),
        )?;
        let upload = Upload::new();
        let expects = !bodiless
            && head
                .headers
                .get(EXPECT)
                .is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"100-continue"));
        let gate = expects.then(Gate::default);
        fields::say_length(&mut head.headers, body.size_hint().exact());
        let outgoing = if bodiless {
            head.headers.remove(EXPECT);
            Outgoing::empty()
        } else {
            let patience = self.patience(&passage);
            let reserved = Arc::clone(&passage.reserved);
            Outgoing::new(body, patience, reserved, upload.clone(), gate.clone())
        };
        let spare = (bodiless && method.is_idempotent()).then(|| head.clone());
        let mut request = Request::from_parts(head, outgoing);
        if let Some(gate) = gate.clone() {
            hyper::ext::on_informational(&mut request, move |informational| {
                if informational.status() == StatusCode::CONTINUE {
                    gate.open();
                }
            });
        }
        Ok(Trip {
            request,
            spare,
            upload,
            back: Back {
                method,
                upgrade,
                gate,
                passage,
            },
        })
    }

    fn head(
        &self,
        mut head: request::Parts,
        passage: &mut Passage,
        upgrade: Option<&HeaderValue>,
    ) -> Result<request::Parts, Error> {
        let target = head
            .uri
            .path_and_query()
            .cloned()
            .unwrap_or_else(|| PathAndQuery::from_static("/"));
        head.uri = Uri::builder()
            .scheme(self.scheme.clone())
            .authority(self.authority.clone())
            .path_and_query(target)
            .build()
            .map_err(|_| Error::Address)?;
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
        let host = if self.preserve_host {
            &passage.host
        } else {
            &self.host
        };
        headers.insert(HOST, host.clone());
        fields::put(headers, std::mem::take(&mut passage.fields));
        Ok(head)
    }
}
