// Ten tabs of one browser sign in at the same time, and answers that come late or twice.
import assert from "node:assert/strict";

import { shown, signInAs } from "./support/browser.js";
import { eitherWay } from "./support/world.js";

const TABS = 10;

/** A shuffle that can be repeated. */
function shuffled(items, seed) {
  const random = () => (seed = (seed * 1103515245 + 12345) % 2147483648) / 2147483648;
  const left = [...items];
  return items.map(() => left.splice(Math.floor(random() * left.length), 1)[0]);
}

eitherWay("ten tabs that finish in any order land each where it was going", async (world) => {
  const seed = Number(process.env.DOORWARD_SEED ?? Date.now() % 100_000);
  console.log(`seed ${seed} (DOORWARD_SEED)`);
  const visitor = await world.visitor();
  visitor.expects(/status of 400/);
  const tabs = [];
  for (let number = 0; number < TABS; number += 1) {
    const page = await visitor.tab();
    await page.goto(world.doorward.at(`/_sso/login/acme?rd=/pages/${number}`));
    await page.getByLabel("Name").waitFor();
    tabs.push({ page, number });
  }
  for (const { page, number } of shuffled(tabs, seed)) {
    await signInAs(page, "ada");
    await page.waitForURL(world.doorward.at(`/pages/${number}`));
    assert.equal((await shown(page)).email, "ada@acme.example");
  }
  for (const { page, number } of tabs) {
    await page.reload();
    assert.equal((await shown(page)).path, `/pages/${number}`);
  }
});

eitherWay("an answer that comes again, by reload or the way back, lands where it was going", async (world) => {
  const visitor = await world.visitor();
  visitor.expects(/status of 400/);
  const page = await visitor.tab();
  const callbacks = [];
  page.on("request", (request) => {
    if (request.url().includes("/_sso/callback/")) callbacks.push(request.url());
  });
  await page.goto(world.doorward.at("/_sso/login/acme?rd=/reports"));
  await signInAs(page, "ada");
  assert.equal((await shown(page)).path, "/reports");
  const [callback] = callbacks;
  const tokens = world.acme.count("token");

  await page.goto(callback);
  assert.equal((await shown(page)).path, "/reports", "somebody who is signed in goes on");
  await page.goBack();
  await page.goForward();
  assert.equal(world.acme.count("token"), tokens, "the code went out once");

  const stranger = await world.visitor();
  stranger.expects(/status of 400/);
  const other = await stranger.tab();
  await other.goto(callback);
  await other.getByRole("heading", { level: 1 }).waitFor();
  assert.equal(await other.getByText("CSRF").count(), 0);
  await other.locator("main a.button").first().click();
  await other.waitForURL((url) => !url.pathname.startsWith("/_sso/callback/"));
  assert.equal(world.acme.count("token"), tokens);
});

eitherWay("a button that is pressed twice signs in once and lands there", async (world) => {
  const visitor = await world.visitor();
  visitor.expects(/status of 400/);
  const page = await visitor.tab();
  await page.goto(world.doorward.on("hooli.localhost", "/plans"));
  await page.getByRole("button", { name: "Development sign-in" }).dblclick();
  await page.getByLabel("E-mail address").fill("gavin@hooli.example");
  await page.getByRole("button", { name: "Sign in" }).dblclick();
  await page.waitForURL(/\/plans$/);
  assert.equal((await shown(page)).organization, "hooli");
});
