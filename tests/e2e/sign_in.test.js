// Signing in, as people see it.
import assert from "node:assert/strict";

import { createRemoteJWKSet, jwtVerify } from "jose";

import { field } from "./support/application.js";
import { cancel, shown, signInAs } from "./support/browser.js";
import { eitherWay } from "./support/world.js";

eitherWay("an e-mail address leads to the organization's provider and back to the page", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();

  await page.goto(world.doorward.at("/reports?year=2026"));
  await page.getByLabel("Your work e-mail address").fill("ada@acme.example");
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByText("You came as ada@acme.example").waitFor();
  await signInAs(page, "ada");

  assert.deepEqual(await shown(page), {
    path: "/reports?year=2026",
    name: "Ada Park",
    email: "ada@acme.example",
    organization: "acme",
  });
  assert.equal(page.url(), world.doorward.at("/reports?year=2026"));
});

eitherWay("the assertion is good to a JOSE library that is not ours", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  await shown(page);

  const [assertion, ...more] = field(world.application.last("/"), "Sso-Jwt-Assertion");
  const keys = createRemoteJWKSet(new URL(world.doorward.at("/_sso/jwks.json")));
  const { payload, protectedHeader } = await jwtVerify(assertion, keys, {
    issuer: world.doorward.url,
    audience: world.doorward.url,
    algorithms: ["ES256"],
    typ: "JWT",
    maxTokenAge: "60s",
    requiredClaims: ["sub", "sid", "jti", "nbf", "exp", "auth_time"],
  });

  assert.deepEqual(more, []);
  assert.ok(protectedHeader.kid);
  assert.equal(payload.org, "acme");
  assert.equal(payload.idp, "acme");
  assert.equal(payload.idp_sub, "ada");
  assert.equal(payload.name, "Ada Park");
  assert.equal(payload.email, "ada@acme.example");
  assert.equal(payload.email_verified, true);
  assert.deepEqual(payload.groups, ["engineering", "initech"]);
});

eitherWay("one browser signs in at two organizations and goes from one to the other", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  const atAcme = await shown(page);
  await page.goto(world.doorward.door("globex"));
  await signInAs(page, "ada");
  const atGlobex = await shown(page);

  assert.deepEqual([atAcme.organization, atAcme.name], ["acme", "Ada Park"]);
  assert.deepEqual([atGlobex.organization, atGlobex.name], ["globex", "Ada Novák"]);
  // The same subject at two issuers is two people.
  const accounts = world.application.heard.map((request) => field(request, "Remote-User")[0]);
  assert.notEqual(accounts.at(0), accounts.at(-1));

  await page.goto(world.doorward.at("/_sso/account"));
  await page.getByRole("button", { name: "Switch to Acme Inc." }).click();
  assert.equal((await shown(page)).organization, "acme");
  assert.equal(world.acme.count("sign-in"), 1);
});

eitherWay("an organization on a host of its own gets its session there, by a ticket", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  const own = world.doorward.on("initech.localhost", "/plans");

  await page.goto(own);
  assert.equal(new URL(page.url()).origin, world.acme.issuer);
  await signInAs(page, "ada");

  assert.equal((await shown(page)).organization, "initech");
  assert.equal(page.url(), own);
  const [assertion] = field(world.application.last("/plans"), "Sso-Jwt-Assertion");
  const keys = createRemoteJWKSet(new URL(world.doorward.at("/_sso/jwks.json")));
  const audience = world.doorward.on("initech.localhost", "");
  const { payload } = await jwtVerify(assertion, keys, { issuer: world.doorward.url, audience });
  assert.equal(payload.org, "initech");
  // On the shared host nobody is signed in by that.
  await page.goto(world.doorward.at("/"));
  await page.getByLabel("Your work e-mail address").waitFor();
});

eitherWay("two tabs that sign in at once both land where they were going", async (world) => {
  const visitor = await world.visitor();
  const tabs = [await visitor.tab(), await visitor.tab()];
  const paths = ["/first", "/second"];
  await Promise.all(
    tabs.map((page, tab) => page.goto(`${world.doorward.door("acme")}?rd=${paths[tab]}`)),
  );
  await Promise.all(tabs.map((page) => signInAs(page, "ada")));

  const seen = await Promise.all(tabs.map(shown));
  assert.deepEqual(
    seen.map(({ path, name }) => [path, name]),
    paths.map((path) => [path, "Ada Park"]),
  );
});

eitherWay("who says no at the provider gets a page with a reference and a way on", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(`${world.doorward.door("acme")}?rd=/reports`);
  const [answer] = await Promise.all([callback(page), cancel(page)]);

  assert.equal(answer.headers()["sso-generated"], "login-cancelled");
  await referenceOf(page, answer);
  assert.deepEqual(world.application.heard, []);
  assert.equal(world.acme.count("token"), 0);
  assert.equal(world.acme.count("refusal"), 1);

  await page.locator("main .actions a").first().click();
  await signInAs(page, "ada");
  assert.equal((await shown(page)).path, "/reports");
});

eitherWay("who signs in with an address that nobody has verified is not let in", async (world) => {
  const visitor = await world.visitor();
  visitor.expects(/status of 403/);
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  const [answer] = await Promise.all([callback(page), signInAs(page, "eve")]);

  assert.equal(answer.status(), 403);
  const reference = await referenceOf(page, answer);
  assert.match(world.doorward.said, new RegExp(reference));
  assert.deepEqual(world.application.heard, []);
});

/** Doorward's answer to the provider's answer. */
function callback(page) {
  return page.waitForResponse((response) => response.url().includes("/_sso/callback/"));
}

/** The reference that a page shows, which is that of its answer. */
async function referenceOf(page, answer) {
  const shown = await page.locator(".reference code").textContent();
  assert.match(shown, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  assert.equal(shown, answer.headers()["sso-reference"]);
  return shown;
}
