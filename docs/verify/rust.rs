// cargo add jsonwebtoken --features aws_lc_rs; cargo add serde_json; `fetch` is the HTTP client that you have.
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use serde_json::Value;
use std::{sync::Mutex, time::Instant};

type Fetch = fn(&str) -> Option<String>; // takes a URL and gives the body of a successful answer
static KEPT: Mutex<Option<(Instant, JwkSet)>> = Mutex::new(None);

fn key(issuer: &str, id: &str, fetch: Fetch) -> Option<DecodingKey> {
    let mut kept = KEPT.lock().ok()?;
    // Kept for five minutes; a name that is not known asks again, but at most every five seconds.
    let seconds = |keys: &JwkSet| if keys.find(id).is_some() { 300 } else { 5 };
    if !matches!(&*kept, Some((at, keys)) if at.elapsed().as_secs() < seconds(keys)) {
        let keys = fetch(&format!("{issuer}/_sso/jwks.json"))?;
        *kept = Some((Instant::now(), serde_json::from_str(&keys).ok()?));
    }
    DecodingKey::from_jwk(kept.as_ref()?.1.find(id)?).ok()
}

/// The claims ("sub", "email", …), if the header's value is an assertion meant for this application.
pub fn identify(jwt: &str, iss: &str, aud: &str, orgs: &[&str], fetch: Fetch) -> Option<Value> {
    let mut rules = Validation::new(Algorithm::ES256);
    (rules.leeway, rules.validate_nbf) = (30, true);
    rules.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
    rules.set_issuer(&[iss]);
    rules.set_audience(&[aud]);
    let key = key(iss, &decode_header(jwt).ok()?.kid?, fetch)?;
    let claims: Value = decode(jwt, &key, &rules).ok()?.claims;
    orgs.contains(&claims["org"].as_str()?).then_some(claims)
}
