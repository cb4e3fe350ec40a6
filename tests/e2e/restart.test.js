// A crash forgets nothing: neither who is signed in nor who is not any more.
import assert from "node:assert/strict";

import { createRemoteJWKSet, jwtVerify } from "jose";

import { field } from "./support/application.js";
import { shown, signInAs } from "./support/browser.js";
import { SESSION_COOKIE } from "./support/doorward.js";
import { story } from "./support/world.js";

story("after kill -9 a session works without signing in, and one that had ended stays ended", async (world) => {
  const stays = await signedIn(world, "ada");
  const leaves = await signedIn(world, "bob");
  const old = await leaves.visitor.cookie(SESSION_COOKIE, world.doorward.url);
  await signOut(leaves.page, world);

  assert.deepEqual(await world.doorward.kill(), { code: null, signal: "SIGKILL" });
  await world.doorward.start();

  await stays.page.goto(world.doorward.at("/after"));
  assert.deepEqual(await shown(stays.page), {
    path: "/after",
    name: "Ada Park",
    email: "ada@acme.example",
    organization: "acme",
  });
  assert.equal(world.acme.count("sign-in"), 2, "nobody signed in again");

  const replayed = await fetch(world.doorward.at("/replayed"), {
    headers: { cookie: `${SESSION_COOKIE}=${old}`, accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  });
  assert.equal(replayed.status, 401);
  assert.equal(world.application.last("/replayed"), undefined);
});

story("after kill -9 people sign in again, and assertions verify with the keys as before", async (world) => {
  const before = await signedIn(world, "ada");
  const [assertion] = field(world.application.last("/"), "Sso-Jwt-Assertion");
  await signOut(before.page, world);

  await world.doorward.kill();
  await world.doorward.start();
  const again = await signedIn(world, "ada");

  assert.equal((await shown(again.page)).name, "Ada Park");
  const keys = createRemoteJWKSet(new URL(world.doorward.at("/_sso/jwks.json")));
  const rules = { issuer: world.doorward.url, audience: world.doorward.url };
  const earlier = await jwtVerify(assertion, keys, rules);
  const [now] = field(world.application.last("/"), "Sso-Jwt-Assertion");
  const later = await jwtVerify(now, keys, rules);
  assert.equal(later.payload.sub, earlier.payload.sub, "the same account");
  assert.notEqual(later.payload.sid, earlier.payload.sid, "another session");
});

story("after kill -9 signing out still goes by the provider, though nobody has signed in since", async (world) => {
  const { visitor, page } = await signedIn(world, "ada");

  await world.doorward.kill();
  await world.doorward.start();
  await signOut(page, world);

  assert.equal(world.acme.count("end-session"), 1);
  assert.equal(await visitor.cookie(SESSION_COOKIE, world.doorward.url), undefined);
});

story("a run that was under way when Doorward was killed still ends in a session", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(`${world.doorward.door("acme")}?rd=/reports`);

  await world.doorward.kill();
  await world.doorward.start();
  await signInAs(page, "ada");

  assert.equal((await shown(page)).path, "/reports");
});

story("asked to stop, Doorward ends by itself and in order", async (world) => {
  const { page } = await signedIn(world, "ada");
  await shown(page);

  assert.deepEqual(await world.doorward.stop(), { code: 0, signal: null });
  assert.match(world.doorward.said, /stopping/);
});

async function signedIn(world, name) {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, name);
  await shown(page);
  return { visitor, page };
}

async function signOut(page, world) {
  await page.goto(world.doorward.at("/_sso/logout"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await page.getByText("Your session here is over").waitFor();
}
