# PyJWT 2.6 or later with cryptography. Raises unless the request carries an assertion meant for this application.
import json
import os
import threading
import time
import urllib.request

import jwt

ISSUER = os.environ["SSO_ISSUER"]  # server.public_url, for example https://app.example.com
AUDIENCE = os.environ["SSO_AUDIENCE"]  # assertion.audience; where it is not set, the origin that the visitor sees
RULES = {"algorithms": ["ES256"], "issuer": ISSUER, "audience": AUDIENCE, "leeway": 30}
KEPT, LOCK = {"at": float("-inf"), "keys": {}}, threading.Lock()


def key(name):
    with LOCK:  # Kept for five minutes; a key that is not known asks again, but at most every five seconds.
        if time.monotonic() - KEPT["at"] > (300 if name in KEPT["keys"] else 5):
            KEPT.update(at=time.monotonic(), keys={})
            with urllib.request.urlopen(ISSUER + "/_sso/jwks.json", timeout=3) as answer:
                KEPT["keys"] = {jwk.key_id: jwk.key for jwk in jwt.PyJWKSet.from_dict(json.load(answer)).keys}
        return KEPT["keys"][name]


def identify(headers):  # `request.headers` in Flask, Django, Starlette; the claims have "sub" and "email"
    token, needed = headers["Sso-Jwt-Assertion"], {"require": ["iss", "aud", "sub", "exp", "nbf"]}
    claims = jwt.decode(token, key(jwt.get_unverified_header(token)["kid"]), options=needed, **RULES)
    if claims.get("org") not in os.environ["SSO_ORGANIZATIONS"].split(","):
        raise jwt.InvalidTokenError("meant for another organization")
    return claims if claims.get("email_verified") else {**claims, "email": None}
