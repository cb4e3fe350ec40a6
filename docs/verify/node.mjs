// Node 18 or later, nothing to install. Throws unless the request has an assertion meant for this application.
import { createPublicKey, verify } from "node:crypto";

const issuer = process.env.SSO_ISSUER; // server.public_url, for example https://app.example.com
const audience = process.env.SSO_AUDIENCE; // assertion.audience; where it is not set, the origin that the visitor sees
const organizations = process.env.SSO_ORGANIZATIONS.split(",");
let kept = { keys: new Map(), at: 0 };

async function key(id) {
  // Kept for five minutes; a name that is not known asks again, but at most every five seconds.
  if (Date.now() - kept.at > (kept.keys.has(id) ? 300_000 : 5_000)) {
    const answer = await fetch(`${issuer}/_sso/jwks.json`, { redirect: "error", signal: AbortSignal.timeout(5_000) });
    const usable = (await answer.json()).keys.filter((jwk) => jwk.alg === "ES256");
    kept = { keys: new Map(usable.map((jwk) => [jwk.kid, jwk])), at: Date.now() };
  }
  return createPublicKey({ key: kept.keys.get(id), format: "jwk" }); // throws if there is none
}

export async function identify(request) {
  const [head, body, signature, ...more] = request.headers["sso-jwt-assertion"].split(".");
  const [header, claims] = [head, body].map((part) => JSON.parse(Buffer.from(part, "base64url")));
  const how = { key: await key(header.kid), dsaEncoding: "ieee-p1363" };
  const signed = verify("sha256", Buffer.from(`${head}.${body}`), how, Buffer.from(signature, "base64url"));
  const forUs = claims.iss === issuer && claims.aud === audience && organizations.includes(claims.org);
  const now = Date.now() / 1000; // half a minute for clocks that disagree
  const inTime = claims.nbf - 30 <= now && now < claims.exp + 30;
  const sound = !more.length && header.alg === "ES256" && !header.crit;
  if (!(sound && signed && forUs && inTime)) throw new Error("not an assertion for this application");
  return { subject: claims.sub, organization: claims.org, email: claims.email_verified ? claims.email : undefined };
}
