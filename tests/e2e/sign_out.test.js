// Signing out: here, at the provider, and for good.
import assert from "node:assert/strict";

import { shown, signInAs } from "./support/browser.js";
import { SESSION_COOKIE } from "./support/doorward.js";
import { eitherWay } from "./support/world.js";

eitherWay("signing out goes by the provider's own sign-out and comes back to a page that says so", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  await shown(page);
  const handle = await visitor.cookie(SESSION_COOKIE, world.doorward.url);

  await page.goto(world.doorward.at("/_sso/account"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.waitForURL(`${world.acme.issuer}/session/end?*`);
  const asked = new URL(page.url()).searchParams;
  assert.ok(asked.has("id_token_hint"));
  assert.equal(asked.get("post_logout_redirect_uri"), world.doorward.at("/_sso/logged-out"));
  assert.equal(await visitor.cookie(SESSION_COOKIE, world.doorward.url), undefined);
  await page.getByRole("button", { name: "Yes, sign me out" }).click();

  await page.getByText("Your session here is over, and so is the one at acme").waitFor();
  assert.equal(page.url(), world.doorward.at("/_sso/logged-out?state=acme"));
  const [ending] = world.acme.events.filter((event) => event.kind === "end-session");
  assert.equal(ending.client, world.acme.clientId);
  await refused(world, handle);

  // Nothing is left at the provider either: it asks again.
  await page.getByRole("link", { name: "Sign in again" }).click();
  await page.getByRole("link", { name: "Continue to Acme Inc." }).click();
  await signInAs(page, "bob");
  assert.equal((await shown(page)).name, "Bob Fischer");
});

eitherWay("where a provider has no sign-out, the page says that the person is still signed in there", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.door("globex"));
  await signInAs(page, "ada");
  await shown(page);
  const handle = await visitor.cookie(SESSION_COOKIE, world.doorward.url);

  await page.goto(world.doorward.at("/_sso/logout"));
  await page.getByRole("button", { name: "Sign out" }).click();

  await page.getByText("still signed in to globex").waitFor();
  await refused(world, handle);
});

eitherWay("who was signed in at two organizations is told of the provider where they still are", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  for (const organization of ["globex", "acme"]) {
    await page.goto(world.doorward.door(organization));
    await signInAs(page, "ada");
    await shown(page);
  }

  await page.goto(world.doorward.at("/_sso/logout"));
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Yes, sign me out" }).click();

  await page.getByText("still signed in to globex").waitFor();
  assert.equal(world.acme.count("end-session"), 1);
});

eitherWay("who signs out at the provider is signed out here, of what that provider vouched for", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  for (const organization of ["globex", "acme"]) {
    await page.goto(world.doorward.door(organization));
    await signInAs(page, "ada");
    await shown(page);
  }
  const stranger = await world.visitor();
  const elsewhere = await stranger.tab();
  await elsewhere.goto(world.doorward.door("acme"));
  await signInAs(elsewhere, "ada");
  await shown(elsewhere);

  await page.goto(`${world.acme.issuer}/session/end`);
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await page.waitForURL(`${world.acme.issuer}/session/end/success*`);
  assert.equal(world.acme.count("told"), 1);
  assert.equal(world.acme.count("fault"), 0);

  // The other provider's word stands, and so does another session of the same person.
  await page.goto(world.doorward.at("/"));
  assert.equal((await shown(page)).name, "Ada Novák");
  await elsewhere.goto(world.doorward.at("/"));
  assert.equal((await shown(elsewhere)).name, "Ada Park");
});

eitherWay("going back after signing out shows nothing that was protected", async (world) => {
  const visitor = await world.visitor();
  // What the provider used up does not come back, and it says so.
  visitor.expects(/\/interaction\/|\/favicon\.ico|\/session\/end/);
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  assert.equal((await shown(page)).name, "Ada Park");
  const back = page.url();
  await page.goto(world.doorward.at("/_sso/logout"));
  const answered = page.waitForResponse((response) => response.request().method() === "POST");
  await page.getByRole("button", { name: "Sign out" }).click();
  assert.equal((await (await answered).allHeaders())["clear-site-data"], '"cache"');
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await page.getByText("Your session here is over").waitFor();
  const heard = world.application.heard.length;

  for (let steps = 0; steps < 8; steps += 1) {
    await page.goBack({ timeout: 5_000 }).catch(() => undefined);
    assert.ok(!(await page.content()).includes("Ada Park"), `shown again at ${page.url()}`);
    if (page.url() === back) break;
  }
  assert.equal(world.application.heard.length, heard);
});

/** An old cookie opens nothing, and the application hears nothing of it. */
async function refused(world, handle) {
  const before = world.application.heard.length;
  const answer = await fetch(world.doorward.at("/api/data"), {
    headers: { cookie: `${SESSION_COOKIE}=${handle}`, accept: "application/json" },
    redirect: "manual",
    signal: AbortSignal.timeout(10_000),
  });
  assert.equal(answer.status, 401);
  assert.equal(world.application.heard.length, before);
}
