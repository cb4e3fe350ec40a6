//! What stays open: a stream of events and a WebSocket.

use std::convert::Infallible;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _, stream};
use http::header::{
    CONNECTION, CONTENT_TYPE, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, StreamBody};
use hyper::body::Frame;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use tokio_util::sync::CancellationToken;

use crate::demo::reply::{self, Body};
use crate::tasks::Tasks;
use crate::wire;

/// Between two events.
const TICK: Duration = Duration::from_secs(1);

/// Messages of the demonstration are typed by hand.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;

/// A WebSocket on which nobody types for this long is closed.
const SILENCE: Duration = Duration::from_secs(600);

/// From the answer 101 to the first byte: all of it happens on this machine.
const UPGRADE_TIMEOUT: Duration = Duration::from_secs(10);

/// Server-sent events (HTML §9.2): a number that grows every second, until the reader leaves or `stop` comes.
pub(super) fn events(stop: CancellationToken) -> Response<Body> {
    let mut clock = interval(TICK);
    clock.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let ticks = stream::unfold((clock, 0_u64), |(mut clock, count)| async move {
        clock.tick().await;
        let event = Bytes::from(format!("event: tick\nid: {count}\ndata: {count}\n\n"));
        let frame: Result<_, Infallible> = Ok(Frame::data(event));
        Some((frame, (clock, count.wrapping_add(1))))
    });
    let body = StreamBody::new(ticks.take_until(stop.cancelled_owned()));
    let mut response = reply::respond(StatusCode::OK, body.boxed_unsync());
    reply::put(&mut response, CONTENT_TYPE, "text/event-stream");
    response
}

/// A WebSocket that says back what it hears (RFC 6455).
pub(super) fn socket(mut request: Request<wire::Received>, tasks: &Tasks) -> Response<Body> {
    let Some(accept) = accept(request.method(), request.headers()) else {
        let mut response = reply::plain(StatusCode::UPGRADE_REQUIRED, "this is a WebSocket");
        reply::put(&mut response, UPGRADE, "websocket");
        reply::put(&mut response, CONNECTION, "upgrade");
        reply::put(&mut response, SEC_WEBSOCKET_VERSION, "13");
        return response;
    };
    let upgrade = wire::upgrade(&mut request);
    let stop = tasks.stopping().clone();
    tasks.spawn(async move { converse(upgrade, &stop).await });
    let mut response = reply::empty(StatusCode::SWITCHING_PROTOCOLS);
    reply::put(&mut response, UPGRADE, "websocket");
    reply::put(&mut response, CONNECTION, "upgrade");
    reply::put(&mut response, SEC_WEBSOCKET_ACCEPT, &accept);
    response
}

async fn converse(upgrade: wire::Upgrade, stop: &CancellationToken) {
    let Ok(Ok(upgraded)) = timeout(UPGRADE_TIMEOUT, upgrade).await else {
        return;
    };
    let limits = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE_BYTES))
        .max_frame_size(Some(MAX_MESSAGE_BYTES));
    let mut socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, Some(limits)).await;
    loop {
        let message = tokio::select! {
            () = stop.cancelled() => break,
            message = timeout(SILENCE, socket.next()) => message,
        };
        match message {
            Ok(Some(Ok(message @ (Message::Text(_) | Message::Binary(_))))) => {
                if say(&mut socket, message).await.is_none() {
                    return;
                }
            }
            // Pings are answered below us.
            Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
            Ok(Some(Ok(Message::Close(_) | Message::Frame(_)) | Err(_)) | None) | Err(_) => break,
        }
    }
    // Whoever does not take the good-bye within the time has left anyway.
    let _ = timeout(TICK, socket.close(None)).await;
}

/// A reader that takes nothing is not waited for.
async fn say(socket: &mut WebSocketStream<wire::Upgraded>, message: Message) -> Option<()> {
    let sent = timeout(UPGRADE_TIMEOUT, socket.send(message)).await;
    sent.ok()?.ok()
}

/// The answer to a handshake, if it is one (RFC 6455 §4.2.1, §4.2.2).
fn accept(method: &Method, headers: &HeaderMap) -> Option<String> {
    let lists = |name, word: &str| {
        let value = reply::field(headers, name).unwrap_or_default();
        value
            .split(',')
            .any(|part| part.trim().eq_ignore_ascii_case(word))
    };
    let sound = method == Method::GET
        && lists(UPGRADE, "websocket")
        && lists(CONNECTION, "upgrade")
        && reply::field(headers, SEC_WEBSOCKET_VERSION) == Some("13");
    let key = reply::field(headers, SEC_WEBSOCKET_KEY).filter(|_| sound)?;
    if STANDARD.decode(key).ok()?.len() != 16 {
        return None;
    }
    Some(crate::server::accept(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handshake(key: &str) -> HeaderMap {
        let mut headers = HeaderMap::new();
        headers.insert(UPGRADE, "websocket".parse().unwrap());
        headers.insert(CONNECTION, "keep-alive, Upgrade".parse().unwrap());
        headers.insert(SEC_WEBSOCKET_VERSION, "13".parse().unwrap());
        headers.insert(SEC_WEBSOCKET_KEY, key.parse().unwrap());
        headers
    }

    #[test]
    fn the_handshake_of_the_standard_is_answered_as_there() {
        let headers = handshake("dGhlIHNhbXBsZSBub25jZQ==");
        let answer = accept(&Method::GET, &headers);
        assert_eq!(answer.as_deref(), Some("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    }

    #[test]
    fn anything_less_is_no_handshake() {
        let good = "dGhlIHNhbXBsZSBub25jZQ==";
        assert_eq!(accept(&Method::POST, &handshake(good)), None);
        assert_eq!(accept(&Method::GET, &handshake("c2hvcnQ=")), None);
        let mut headers = handshake(good);
        headers.remove(UPGRADE);
        assert_eq!(accept(&Method::GET, &headers), None);
    }
}
