//! Fields that HTTP/2 has no place for.

use http::HeaderMap;
use http::header::{CONNECTION, HeaderName, TE, TRANSFER_ENCODING, UPGRADE};

/// Removes the fields that speak of one connection (RFC 9113 §8.2.2). `TE` may say that trailers are taken, in a request.
pub fn strip_connection(fields: &mut HeaderMap) {
    for name in OF_CONNECTION {
        fields.remove(name);
    }
    if fields.get(TE).is_some_and(|value| value != "trailers") {
        fields.remove(TE);
    }
}

const OF_CONNECTION: [HeaderName; 5] = [
    CONNECTION,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
    TRANSFER_ENCODING,
    UPGRADE,
];

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn what_speaks_of_a_connection_goes_and_that_trailers_are_taken_stays() {
        for (te, stays) in [
            ("trailers", true),
            ("gzip", false),
            ("trailers, gzip", false),
        ] {
            let mut fields = HeaderMap::new();
            for name in OF_CONNECTION {
                fields.insert(name, HeaderValue::from_static("x"));
            }
            fields.insert(TE, HeaderValue::from_static(te));
            fields.insert("link", HeaderValue::from_static("x"));
            strip_connection(&mut fields);
            assert_eq!(fields.len(), 1 + usize::from(stays), "{te}");
        }
    }
}
