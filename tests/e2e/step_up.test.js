// Routes that want a fresher or a stronger sign-in, and forms that come too early for them.
import assert from "node:assert/strict";

import { field } from "./support/application.js";
import { shown, signInAs } from "./support/browser.js";
import { Album, examine } from "./support/examiner.js";
import { eitherWay } from "./support/world.js";

/** Signs in as Ada at Acme. */
async function comeIn(world, page) {
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  await shown(page);
}

eitherWay("whoever signed in a moment ago is vouched for without being asked again", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await comeIn(world, page);

  await page.goto(world.doorward.at("/fresh/page?x=1"));

  assert.equal((await shown(page)).path, "/fresh/page?x=1");
  // The provider says when it was only if it is asked how long ago; nobody had to type anything.
  assert.equal(world.acme.count("token"), 2);
  assert.equal(world.acme.count("sign-in"), 1);
  await page.goto(world.doorward.at("/fresh/other"));
  assert.equal((await shown(page)).path, "/fresh/other");
  assert.equal(world.acme.count("token"), 2);
});

eitherWay("a sign-in that is too weak ends on a page, and a stronger one is a press away", async (world) => {
  const visitor = await world.visitor();
  visitor.expects(/403/);
  const page = await visitor.tab();
  await comeIn(world, page);

  await page.goto(world.doorward.at("/safe/page"));

  await page.getByRole("heading", { name: "did not sign you in strongly enough" }).waitFor();
  assert.equal(world.application.last("/safe/page"), undefined);
  await page.getByRole("link", { name: "Try again" }).click();
  await signInAs(page, "ada");
  assert.equal((await shown(page)).path, "/safe/page");
  assert.equal(world.acme.count("sign-in"), 2);
});

eitherWay("a form that came too early is sent by a press, as it was", async (world) => {
  const visitor = await world.visitor();
  visitor.expects(/40[13]/);
  const page = await visitor.tab();
  await comeIn(world, page);
  await page.setContent(`<form method="post" action="${world.doorward.at("/safe/save?id=7")}">
<textarea name="text">caf\u00e9 &amp; &lt;b&gt;
second line</textarea><input name="csrf" value="the-application's"><button>Save</button></form>`);

  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Sign in once more to send this" }).waitFor();
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Try again" }).click();
  await signInAs(page, "ada");
  await page.getByRole("heading", { name: "Send what you had filled in?" }).waitFor();
  assert.equal(world.application.last("/safe/save?id=7"), undefined);
  await page.getByRole("button", { name: "Continue" }).click();

  assert.equal((await shown(page)).path, "/safe/save?id=7");
  const sent = world.application.last("/safe/save?id=7");
  const { method, body } = sent;
  assert.equal(method, "POST");
  // Applications that look at it see a page of their own site.
  assert.deepEqual(field(sent, "Origin"), [world.doorward.url]);
  assert.deepEqual([...new URLSearchParams(body)], [
    ["text", "caf\u00e9 & <b>\r\nsecond line"],
    ["csrf", "the-application's"],
  ]);
});

eitherWay("whoever answers for somebody else is told so, and both can go on", async (world) => {
  const visitor = await world.visitor();
  visitor.expects(/status of 403/);
  const album = new Album();
  album.follow(visitor);
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  await shown(page);
  await page.goto(world.doorward.at("/safe/page"));
  await visitor.lose("acme_session.legacy");
  await page.getByRole("link", { name: "Try again" }).click();

  await signInAs(page, "bob");

  await page.getByText("bob@acme.example").waitFor();
  const desk = await world.desk();
  for (const seen of await album.pages()) await examine(desk, seen);
  assert.ok((await album.pages()).some(({ name }) => name === "other-account"));
  assert.equal(world.application.last("/safe/page"), undefined);
  const ways = await page.locator("main a").evaluateAll((all) => all.map(({ href }) => href));
  for (const way of ways) {
    const tab = await visitor.tab();
    const answer = await tab.goto(way);
    assert.ok(answer.status() < 404, `${way} is ${answer.status()}`);
    assert.notEqual(answer.headers()["sso-generated"], "other-account");
    await tab.close();
  }
});
