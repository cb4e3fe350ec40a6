// What the application receives, and what reaches it of what is more than a page.
import assert from "node:assert/strict";

import { field, lookalikes } from "./support/application.js";
import { shown, signInAs } from "./support/browser.js";
import { SESSION_COOKIE } from "./support/doorward.js";
import { listen, talk } from "./support/live.js";
import { send } from "./support/send.js";
import { eitherWay, story } from "./support/world.js";

/** What only Doorward may say. */
const OURS = [
  "Remote-User",
  "Remote-Email",
  "Remote-Name",
  "Remote-Groups",
  "Remote-Organization",
  "Sso-Jwt-Assertion",
];

eitherWay("the application hears who it is, once, and never Doorward's cookies", async (world) => {
  const { visitor, page } = await signedIn(world);
  await page.goto(world.doorward.at("/again"));

  const heard = world.application.last("/again");
  for (const [name, value] of [
    ["Remote-Email", "ada@acme.example"],
    ["Remote-Name", "Ada Park"],
    ["Remote-Groups", "engineering,initech"],
    ["Remote-Organization", "acme"],
  ]) {
    assert.deepEqual(field(heard, name), [value], name);
  }
  assert.equal(field(heard, "Remote-User").length, 1);
  assert.equal(field(heard, "Sso-Jwt-Assertion").length, 1);
  assert.ok(await visitor.cookie(SESSION_COOKIE, world.doorward.url));
  assert.deepEqual(field(heard, "Cookie"), ["application=its-own"]);
});

eitherWay("what a client says about who it is does not arrive, in whatever spelling", async (world) => {
  const { visitor } = await signedIn(world);
  const handle = await visitor.cookie(SESSION_COOKIE, world.doorward.url);
  const spoofed = OURS.flatMap((name) => [
    [name, "root"],
    [name.toLowerCase(), "root"],
    [name.toUpperCase().replaceAll("-", "_"), "root"],
    [name.replace("-", "_"), "root"],
  ]);
  const { status } = await send(world.doorward.at("/spoofed"), [
    ["Cookie", `${SESSION_COOKIE}=${handle}`],
    ["Accept", "application/json"],
    ...spoofed,
  ]);

  assert.equal(status, 200);
  const heard = world.application.last("/spoofed");
  for (const name of OURS) {
    const found = lookalikes(heard, name);
    assert.equal(found.length, 1, `${name}: ${JSON.stringify(found)}`);
    assert.notEqual(found[0][1], "root", name);
  }
});

story("a page's own request gets 401 and JSON once nobody is signed in", async (world) => {
  const { visitor, page } = await signedIn(world);
  visitor.expects(/status of 401/);
  await endSession(visitor, world);

  const answer = await page.evaluate(async () => {
    const answer = await fetch("/api/data");
    const fields = Object.fromEntries(answer.headers);
    return { status: answer.status, redirected: answer.redirected, fields, body: await answer.json() };
  });

  assert.equal(answer.status, 401);
  assert.equal(answer.redirected, false);
  assert.match(answer.fields["content-type"], /json/);
  assert.ok(answer.fields["www-authenticate"]);
  assert.equal(answer.body.reference, answer.fields["sso-reference"], JSON.stringify(answer.body));
  assert.equal(world.application.last("/api/data"), undefined);
});

story("a WebSocket and server-sent events work, and are cut when the session ends", async (world) => {
  const { visitor, page } = await signedIn(world);
  visitor.expects(/\/events/);
  visitor.expects(/WebSocket/);

  const answer = await page.evaluate(talk, "hello");
  assert.equal(answer, "you said hello");
  const ticks = await page.evaluate(listen);
  assert.deepEqual(ticks, ["1", "2", "3"]);
  const socket = world.application.last("/socket");
  assert.deepEqual(field(socket, "Remote-Name"), ["Ada Park"]);
  assert.equal(field(socket, "Sso-Jwt-Assertion").length, 1);

  await endSession(visitor, world);
  await page.waitForFunction(() => window.ended?.socket && window.ended?.events);
});

story("a session that is ended in another browser is refused within a second, and cut within five", async (world) => {
  const { visitor, page } = await signedIn(world);
  visitor.expects(/status of 401|\/events|WebSocket/);
  await page.evaluate(talk, "hello");
  await page.evaluate(listen);
  const elsewhere = (await signedIn(world)).page;
  await elsewhere.goto(world.doorward.at("/_sso/account"));

  const began = Date.now();
  await elsewhere.getByRole("button", { name: /^End the session since/ }).click();
  await elsewhere.getByRole("button", { name: /^End the session since/ }).waitFor({ state: "detached" });
  const done = Date.now();
  const status = await page.evaluate(async () => (await fetch("/api/data")).status);
  const refused = Date.now();
  assert.equal(status, 401);
  assert.ok(refused - done <= 1_000, `refused after ${refused - done} ms`);
  assert.equal(world.application.last("/api/data"), undefined);
  await page.waitForFunction(() => window.ended?.socket && window.ended?.events);
  const ended = await page.evaluate(() => window.ended);
  for (const [what, at] of Object.entries(ended)) assert.ok(at - began <= 5_000, `${what} after ${at - began} ms`);

  // Whoever ended it is signed in as before.
  await elsewhere.goto(world.doorward.at("/again"));
  assert.equal((await shown(elsewhere)).name, "Ada Park");
});

async function signedIn(world) {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  await shown(page);
  return { visitor, page };
}

/** Signs out in another tab, and stops before the provider. */
async function endSession(visitor, world) {
  const other = await visitor.tab();
  await other.goto(world.doorward.at("/_sso/logout"));
  await other.getByRole("button", { name: "Sign out" }).click();
  await other.waitForURL(/session\/end/);
  await other.close();
}
