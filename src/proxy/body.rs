//! Bodies on their way through: the visitor's to the application and the application's to the visitor.

use std::fmt;
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use http_body::{Frame, SizeHint};
use tokio::time::{Instant, Sleep};

use super::endpoint::Lent;
use super::expect::{Gate, ShutOnDrop, UNASKED_AFTER, Way};
use super::fields::clean_trailers;
use super::patience::{Interruption, Patience};
use super::{Broken, Error, Filter, Held};
use crate::wire::Received;

/// The body of a response. Memory is constant: a piece is asked for when the one before is gone.
///
/// It ends with an error when the passage is cut or over, when nothing comes for the idle time, and when the application
/// breaks off; `server` makes the visitor see that it is not complete.
pub struct Body(Option<Box<Flow>>);

struct Flow {
    inner: Received,
    patience: Patience,
    reserved: Filter,
    line: Line,
    _held: Held,
    _gate: Option<ShutOnDrop>,
}

/// The connection that an answer comes by, until it is given back. If it is not, it is closed.
pub(super) struct Line {
    pub(super) lent: Option<Lent>,
    /// The request that went up on it.
    pub(super) upload: Upload,
}

impl Line {
    /// The answer has ended. A connection on which the request has not is of no further use.
    fn ended(&mut self) {
        if let Some(lent) = self.lent.take_if(|_| self.upload.has_ended()) {
            lent.give_back();
        }
    }
}

impl fmt::Debug for Body {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Body")
            .field("empty", &self.0.is_none())
            .finish()
    }
}

impl Body {
    /// Nothing at all.
    pub const fn empty() -> Self {
        Self(None)
    }

    pub(super) fn new(
        inner: Received,
        patience: Patience,
        reserved: Filter,
        (mut line, held): (Line, Held),
        gate: Option<Gate>,
    ) -> Self {
        if http_body::Body::is_end_stream(&inner) {
            line.ended();
            if let Some(gate) = gate {
                gate.shut();
            }
            return Self::empty();
        }
        Self(Some(Box::new(Flow {
            inner,
            patience,
            reserved,
            line,
            _held: held,
            _gate: gate.map(ShutOnDrop),
        })))
    }
}

impl http_body::Body for Body {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(flow) = &mut self.get_mut().0 else {
            return Poll::Ready(None);
        };
        if let Err(interruption) = flow.patience.check() {
            return Poll::Ready(Some(Err(interruption.into())));
        }
        let frame = match Pin::new(&mut flow.inner).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                let interruption = ready!(flow.patience.poll(context));
                return Poll::Ready(Some(Err(interruption.into())));
            }
        };
        flow.patience.flowed();
        if is_last(frame.as_ref()) || flow.inner.is_end_stream() {
            flow.line.ended();
        }
        Poll::Ready(match frame {
            Some(Ok(frame)) => without_unfit_trailers(frame, &flow.reserved).map(Ok),
            Some(Err(error)) => Some(Err(Error::Broken(Broken::Transport(error.into())))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|flow| flow.inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0
            .as_ref()
            .map_or_else(|| SizeHint::with_exact(0), |flow| flow.inner.size_hint())
    }
}

/// The body of a request.
pub(super) struct Outgoing(Option<Box<Upward>>);

struct Upward {
    inner: Received,
    patience: Patience,
    reserved: Filter,
    upload: Upload,
    gate: Option<Gated>,
}

struct Gated {
    gate: Gate,
    unasked: Option<Pin<Box<Sleep>>>,
}

impl Outgoing {
    pub(super) const fn empty() -> Self {
        Self(None)
    }

    pub(super) fn new(
        inner: Received,
        patience: Patience,
        reserved: Filter,
        upload: Upload,
        gate: Option<Gate>,
    ) -> Self {
        let gate = gate.map(|gate| Gated {
            gate,
            unasked: None,
        });
        Self(Some(Box::new(Upward {
            inner,
            patience,
            reserved,
            upload,
            gate,
        })))
    }
}

impl http_body::Body for Outgoing {
    type Data = Bytes;
    type Error = Error;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Error>>> {
        let Some(upward) = &mut self.get_mut().0 else {
            return Poll::Ready(None);
        };
        if let Err(interruption) = upward.patience.check() {
            return Poll::Ready(Some(Err(interruption.into())));
        }
        if let Some(gated) = &mut upward.gate {
            match ready!(gated.poll(context)) {
                Way::Open => upward.gate = None,
                Way::Shut => return Poll::Ready(Some(Err(Error::Unwanted))),
            }
        }
        let frame = match Pin::new(&mut upward.inner).poll_frame(context) {
            Poll::Ready(frame) => frame,
            Poll::Pending => {
                upward.upload.waits_for_visitor();
                let error = match ready!(upward.patience.poll(context)) {
                    Interruption::Cut => Error::Cut,
                    Interruption::Stalled => Error::Visitor(None),
                };
                return Poll::Ready(Some(Err(error)));
            }
        };
        upward.patience.flowed();
        upward.upload.waits_for_application();
        if is_last(frame.as_ref()) || upward.inner.is_end_stream() {
            upward.upload.ended();
        }
        Poll::Ready(match frame {
            Some(Ok(frame)) => without_unfit_trailers(frame, &upward.reserved).map(Ok),
            Some(Err(error)) => Some(Err(Error::Visitor(Some(error.into())))),
            None => None,
        })
    }

    fn is_end_stream(&self) -> bool {
        self.0
            .as_ref()
            .is_none_or(|upward| upward.inner.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(
            || SizeHint::with_exact(0),
            |upward| upward.inner.size_hint(),
        )
    }
}

impl Gated {
    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Way> {
        if let Poll::Ready(way) = self.gate.poll(context) {
            return Poll::Ready(way);
        }
        let unasked = self
            .unasked
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(UNASKED_AFTER)));
        ready!(unasked.as_mut().poll(context));
        self.gate.open();
        self.gate.poll(context)
    }
}

/// Whether nothing comes behind it: whoever has had trailers does not ask again.
fn is_last<E>(frame: Option<&Result<Frame<Bytes>, E>>) -> bool {
    match frame {
        None => true,
        Some(frame) => frame.as_ref().is_ok_and(Frame::is_trailers),
    }
}

/// Data as it is, trailers without what may not be in them; none if nothing is left of these.
fn without_unfit_trailers(frame: Frame<Bytes>, reserved: &Filter) -> Option<Frame<Bytes>> {
    match frame.into_trailers() {
        Err(data) => Some(data),
        Ok(mut trailers) => {
            clean_trailers(&mut trailers, reserved);
            (!trailers.is_empty()).then(|| Frame::trailers(trailers))
        }
    }
}

/// How far a request has come on its way up.
#[derive(Clone)]
pub(super) struct Upload(Arc<Progress>);

struct Progress {
    /// Whose turn it is: the application's since then, if anybody's; its time limit does not run while the visitor is slow.
    since: Mutex<Option<Instant>>,
    /// Whether all of it has been handed over.
    ended: AtomicBool,
}

impl Upload {
    /// It is the application's turn from now on. What has no body has ended already.
    pub(super) fn new(bodiless: bool) -> Self {
        Self(Arc::new(Progress {
            since: Mutex::new(Some(Instant::now())),
            ended: AtomicBool::new(bodiless),
        }))
    }

    fn waits_for_visitor(&self) {
        self.set(None);
    }

    fn waits_for_application(&self) {
        self.set(Some(Instant::now()));
    }

    fn set(&self, since: Option<Instant>) {
        *self.0.since.lock().unwrap_or_else(PoisonError::into_inner) = since;
    }

    fn ended(&self) {
        self.0.ended.store(true, Ordering::Release);
    }

    fn has_ended(&self) -> bool {
        self.0.ended.load(Ordering::Acquire)
    }

    /// When the application's time is over, as things stand.
    pub(super) fn deadline(&self, limit: Duration) -> Instant {
        let since = *self.0.since.lock().unwrap_or_else(PoisonError::into_inner);
        since.unwrap_or_else(Instant::now) + limit
    }
}
