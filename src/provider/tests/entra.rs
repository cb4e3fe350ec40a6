//! Entra ID with several directories behind one registration.

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

    /// Publishes discovery below the shared address, with this in the place of a tenant.
    fn describe(&self, tenant: &str) {
        let at = &self.story.idp.issuer;
        let shared = format!("{at}/organizations");
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
        let path = format!("/organizations/v2.0{DISCOVERY}");
        self.story.idp.reply(&path, Reply::json(&document));
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
