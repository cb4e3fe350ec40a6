//! Entra ID: one directory, and several behind one registration.

use super::*;

const ONE: &str = "7d3f1a52-5b1c-4a7e-9f0e-2c8f6d1b4e90";
const TWO: &str = "0b1c2d3e-1111-2222-3333-444455556666";
const STRANGER: &str = "99999999-1111-2222-3333-444455556666";

struct Entra {
    story: Story,
    key: &'static Key,
}

impl Entra {
    async fn new() -> Self {
        let story = Story::of(|at| {
            format!(
                "preset = \"entra\"\nissuer = \"{at}/organizations/v2.0\"\ntenants = [\"{ONE}\", \"{TWO}\"]"
            )
        })
        .await;
        let key = rsa();
        story.idp.publish(&[key.jwk(Some("one"))]);
        let entra = Self { story, key };
        entra.describe("{tenantid}");
        entra
    }

    /// One directory, by the address that names it.
    async fn of_one_directory() -> Self {
        let story =
            Story::of(|at| format!("preset = \"entra\"\nissuer = \"{at}/{ONE}/v2.0\"")).await;
        let key = rsa();
        story.idp.publish(&[key.jwk(Some("one"))]);
        let entra = Self { story, key };
        entra.describe_below(ONE, ONE);
        entra
    }

    /// Publishes discovery below the shared address, with this in the place of a tenant.
    fn describe(&self, tenant: &str) {
        self.describe_below("organizations", tenant);
    }

    fn describe_below(&self, below: &str, tenant: &str) {
        let at = &self.story.idp.issuer;
        let shared = format!("{at}/{below}");
        let document = json!({
            "issuer": format!("{at}/{tenant}/v2.0"),
            "authorization_endpoint": format!("{shared}/oauth2/v2.0/authorize"),
            "token_endpoint": format!("{at}/token"),
            "userinfo_endpoint": format!("{at}/userinfo"),
            "jwks_uri": format!("{at}/jwks"),
            "response_types_supported": ["code"],
            "subject_types_supported": ["pairwise"],
            "id_token_signing_alg_values_supported": ["RS256"],
        });
        let path = format!("/{below}/v2.0{DISCOVERY}");
        self.story.idp.reply(&path, Reply::json(&document));
    }

    /// What becomes of somebody when the token endpoint answers this to a refresh, as Entra writes its errors.
    async fn renewing(&self, status: u16, error: &str, number: u32) -> String {
        let body = json!({
            "error": error, "error_description": format!("AADSTS{number}: as its documentation has it."),
            "error_codes": [number], "timestamp": "2026-01-01 00:00:00Z",
            "trace_id": "00000000-0000-0000-0000-000000000000",
            "correlation_id": "00000000-0000-0000-0000-000000000000",
        });
        let reply = Reply::new(status, "application/json", &body.to_string());
        self.story.idp.reply("/token", reply);
        let tokens = Tokens {
            refresh: Some(Secret::new("r-1".to_owned())),
            ..Tokens::default()
        };
        told(&self.story.again(&format!("{ONE}/o-1"), &tokens).await)
    }

    /// Lets the token endpoint hand out a token of this directory.
    fn hand_out(&self, tenant: &str, more: Value) {
        let mut claims = object(json!({
            "iss": format!("{}/{tenant}/v2.0", self.story.idp.issuer), "tid": tenant, "oid": "o-1", "ver": "2.0",
            "aud": CLIENT, "sub": "pairwise-1", "iat": NOW.as_seconds(), "exp": NOW.as_seconds() + 300,
            "nonce": self.story.attempt.nonce.expose(),
            "name": "Ada", "preferred_username": "ada@acme.com", "email": "ada@acme.com", "xms_edov": true,
            "groups": ["g-1"],
        }));
        claims.extend(object(more));
        let header = json!({"alg": "RS256", "kid": "one"});
        let token = self.key.sign(&header, &Value::Object(claims).to_string());
        self.story
            .idp
            .reply("/token", Reply::json(&token_response(&token)));
    }
}

#[tokio::test]
async fn people_of_each_listed_directory_are_known_by_its_id_and_theirs() {
    let entra = Entra::new().await;
    for tenant in [ONE, TWO] {
        entra.hand_out(tenant, json!({}));
        let ada = entra.story.finish().await.unwrap();
        assert_eq!(ada.subject.as_str(), format!("{tenant}/o-1"));
        assert_eq!(
            ada.issuer,
            format!("{}/{tenant}/v2.0", entra.story.idp.issuer)
        );
        assert_eq!(ada.tenants[0].id, tenant);
        assert!(ada.email_verified);
    }
    entra.story.end().await;
}

#[tokio::test]
async fn inv_17_people_of_the_only_directory_are_known_by_its_id_and_theirs() {
    let entra = Entra::of_one_directory().await;
    let ada = format!("{ONE}/o-1");
    // Another registration would call the same person something else.
    for sub in ["pairwise-1", "pairwise-2"] {
        entra.hand_out(ONE, json!({"sub": sub}));
        let found = entra.story.finish().await.unwrap();
        assert_eq!(found.subject.as_str(), ada);
        assert_eq!(found.tenants[0].id, ONE);
        assert!(found.email_verified);
    }
    let tokens = entra.story.finish().await.unwrap().tokens;
    for (more, expected) in [
        (json!({}), "valid"),
        (json!({"sub": "pairwise-2"}), "valid"),
        (json!({"oid": "o-2"}), "revoked subject_changed"),
        (json!({"tid": TWO}), "revoked subject_changed"),
    ] {
        entra.hand_out(ONE, more.clone());
        let outcome = entra.story.again(&ada, &tokens).await;
        assert_eq!(told(&outcome), expected, "{more}");
    }
    // Who was known by the old name is nobody's any more: asked again, and signing in.
    entra.hand_out(ONE, json!({}));
    let outcome = entra.story.again("pairwise-1", &tokens).await;
    assert_eq!(told(&outcome), "revoked subject_changed");
    for name in ["tid", "oid"] {
        entra.hand_out(ONE, json!({ name: null }));
        assert_rejected(&entra.story.finish().await, Check::Subject, name);
    }
    entra.hand_out(TWO, json!({}));
    assert_rejected(&entra.story.finish().await, Check::Issuer, "another one");
    // Without an ID token nobody says who it is.
    let bare = json!({"access_token": ACCESS, "refresh_token": "r"});
    entra.story.idp.reply("/token", Reply::json(&bare));
    let outcome = entra.story.again(&ada, &tokens).await;
    assert_eq!(told(&outcome), "transient unreadable");
    entra.story.end().await;
}

#[tokio::test]
async fn what_entra_documents_of_its_errors_is_told_apart() {
    for entra in [Entra::of_one_directory().await, Entra::new().await] {
        for (status, error, number, expected) in [
            // The secret has expired, or is none.
            (401, "invalid_client", 7_000_222, "fault client"),
            (401, "invalid_client", 7_000_215, "fault client"),
            // The refresh token was not used for too long; a second factor is wanted; the account is disabled.
            (400, "invalid_grant", 700_082, "revoked invalid_grant"),
            (400, "invalid_grant", 50_076, "revoked invalid_grant"),
            (400, "interaction_required", 50_076, "revoked invalid_grant"),
            (400, "consent_required", 65_001, "revoked invalid_grant"),
            (400, "invalid_grant", 50_057, "revoked invalid_grant"),
            // It cannot say just now.
            (400, "temporarily_unavailable", 90_033, "transient status"),
            (503, "temporarily_unavailable", 90_033, "transient status"),
            // Not its application.
            (400, "unauthorized_client", 700_016, "fault client"),
        ] {
            let found = entra.renewing(status, error, number).await;
            assert_eq!(found, expected, "{error} {number}");
        }
        let no_secret = Reply::new(
            401,
            "application/json",
            &json!({"error": "invalid_client", "error_codes": [7_000_222]}).to_string(),
        );
        entra.story.idp.reply("/token", no_secret);
        let finished = entra.story.finish().await.unwrap_err();
        assert_eq!(meaning(&finished), "misconfigured");
        entra.story.end().await;
    }
}

#[tokio::test]
async fn a_logout_token_of_a_directory_means_a_session_and_never_a_person() {
    let entra = Entra::of_one_directory().await;
    let token = |more: Value| {
        let mut claims = object(json!({
            "iss": format!("{}/{ONE}/v2.0", entra.story.idp.issuer), "aud": CLIENT, "sub": "pairwise-1",
            "iat": NOW.as_seconds(), "exp": NOW.as_seconds() + 60, "jti": "j-1",
            "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
        }));
        claims.extend(object(more));
        let header = json!({"alg": "RS256", "kid": "one", "typ": "logout+jwt"});
        Secret::new(entra.key.sign(&header, &Value::Object(claims).to_string()))
    };
    let session = token(json!({"sid": "session-1"}));
    let told = entra.story.provider.logout(&session, NOW).await.unwrap();
    assert_eq!(told.who, Who::Session("session-1".to_owned()));
    let nobody = entra.story.provider.logout(&token(json!({})), NOW).await;
    assert!(
        matches!(nobody, Err(Error::Rejected(Check::LogoutTarget))),
        "{nobody:?}"
    );
    entra.story.end().await;
}

#[tokio::test]
async fn inv_13_a_token_of_another_directory_is_refused() {
    let entra = Entra::new().await;
    let of = |tenant: &str| format!("{}/{tenant}/v2.0", entra.story.idp.issuer);
    for (tenant, more) in [
        (STRANGER, json!({})),
        (ONE, json!({"tid": TWO})),
        (ONE, json!({"tid": null})),
        (ONE, json!({"iss": of(STRANGER)})),
        (ONE, json!({"iss": of("organizations")})),
        (ONE, json!({"iss": of("{tenantid}"), "tid": "{tenantid}"})),
    ] {
        entra.hand_out(tenant, more.clone());
        let finished = entra.story.finish().await;
        assert_rejected(&finished, Check::Issuer, &more.to_string());
    }
    entra.hand_out(ONE, json!({"oid": null}));
    assert_rejected(&entra.story.finish().await, Check::Subject, "no oid");
    entra.story.end().await;
}

#[tokio::test]
async fn discovery_must_name_the_template() {
    for tenant in [ONE, "organizations", "{tid}"] {
        let entra = Entra::new().await;
        entra.describe(tenant);
        let error = entra.story.finish().await.unwrap_err();
        assert_eq!(meaning(&error), "misconfigured", "{tenant}");
        entra.story.end().await;
    }
}

#[tokio::test]
async fn inv_15_a_renewed_token_names_the_same_person_of_the_same_directory() {
    let entra = Entra::new().await;
    entra.hand_out(ONE, json!({}));
    let tokens = entra.story.finish().await.unwrap().tokens;
    let ada = format!("{ONE}/o-1");
    for (tenant, more, expected) in [
        (ONE, json!({}), "valid"),
        (TWO, json!({}), "revoked subject_changed"),
        (ONE, json!({"oid": "o-2"}), "revoked subject_changed"),
        (STRANGER, json!({}), "transient unreadable"),
    ] {
        entra.hand_out(tenant, more.clone());
        let outcome = entra.story.again(&ada, &tokens).await;
        assert_eq!(told(&outcome), expected, "{tenant} {more}");
    }
    // Without an ID token nobody says which directory's person it is.
    let bare = json!({"access_token": ACCESS, "refresh_token": "r"});
    entra.story.idp.reply("/token", Reply::json(&bare));
    let outcome = entra.story.again(&ada, &tokens).await;
    assert_eq!(told(&outcome), "transient unreadable");
    let gone = json!({"error": "invalid_grant", "error_description": "AADSTS50057: The user account is disabled.", "error_codes": [50057]});
    entra.story.idp.reply(
        "/token",
        Reply::new(400, "application/json", &gone.to_string()),
    );
    let outcome = entra.story.again(&ada, &tokens).await;
    assert_eq!(told(&outcome), "revoked invalid_grant");
    entra.story.end().await;
}

#[tokio::test]
async fn inv_20_groups_that_do_not_fit_into_a_token_are_unknown() {
    let entra = Entra::new().await;
    let overage = json!({
        "_claim_names": {"groups": "src1"},
        "_claim_sources": {"src1": {"endpoint": "https://graph.microsoft.com/x"}}
    });
    let mut with_list = overage.clone();
    with_list["groups"] = json!(["g-1"]);
    let mut without = overage;
    without["groups"] = Value::Null;
    for more in [with_list, without] {
        entra.hand_out(ONE, more);
        assert_eq!(entra.story.finish().await.unwrap().groups, None);
    }
    entra.story.end().await;
}

#[tokio::test]
async fn a_logout_token_of_many_directories_ends_nothing() {
    let entra = Entra::new().await;
    let claims = json!({
        "iss": format!("{}/{ONE}/v2.0", entra.story.idp.issuer), "aud": CLIENT, "sub": "pairwise-1",
        "iat": NOW.as_seconds(), "exp": NOW.as_seconds() + 60, "jti": "j-1",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    });
    let header = json!({"alg": "RS256", "kid": "one", "typ": "logout+jwt"});
    let token = Secret::new(entra.key.sign(&header, &claims.to_string()));
    let told = entra.story.provider.logout(&token, NOW).await;
    assert!(
        matches!(told, Err(Error::Rejected(Check::Issuer))),
        "{told:?}"
    );
    entra.story.end().await;
}

#[tokio::test]
async fn a_front_channel_names_the_issuer_of_a_listed_directory() {
    let entra = Entra::new().await;
    let at = &entra.story.idp.issuer;
    let lines = format!("preset = \"entra\"\nissuer = \"{at}/common/v2.0\"\ntenants = [\"{ONE}\"]");
    let Protocol::Oidc(oidc) = configured(&lines).protocol else {
        panic!("OpenID Connect");
    };
    assert!(is_issuer_of(&oidc, &format!("{at}/{ONE}/v2.0")));
    for other in [STRANGER, "common", "{tenantid}"] {
        assert!(
            !is_issuer_of(&oidc, &format!("{at}/{other}/v2.0")),
            "{other}"
        );
    }
    entra.story.end().await;
}
