// Forms that came too late: what becomes of them, and where they lead.
import assert from "node:assert/strict";

import { shown, signInAs } from "./support/browser.js";
import { Album, examine } from "./support/examiner.js";
import { eitherWay } from "./support/world.js";

const KEEPS = "Send what you had filled in?";

/** Signs in, and sends a form of the application that needs more than that sign-in: it is kept. */
async function sendTooEarly(world, visitor, action) {
  visitor.expects(/status of 40[13]/);
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  await shown(page);
  await page.setContent(
    `<form method="post" action="${world.doorward.at(action)}"><input name="text" value="an hour of work"><button>Save</button></form>`,
  );
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByRole("heading", { name: "Sign in once more to send this" }).waitFor();
  return page;
}

/** Signs in as strongly as it has to be, and presses the button of the page that asks. */
async function send(page, name = "ada") {
  await page.getByRole("link", { name: "Sign in" }).click();
  await page.getByRole("link", { name: "Try again" }).click();
  await signInAs(page, name);
  await page.getByRole("heading", { name: KEEPS }).waitFor();
  await page.getByRole("button", { name: "Continue" }).click();
}

for (const by of [301, 302, 303, 307, 308]) {
  eitherWay(`a form that was kept leads on to another site by ${by}`, async (world) => {
    const elsewhere = `${world.application.url}/thanks`;
    const visitor = await world.visitor();
    const action = `/safe/save?by=${by}&leads=${encodeURIComponent(elsewhere)}`;
    const page = await sendTooEarly(world, visitor, action);

    await send(page);

    await page.waitForURL(elsewhere);
    assert.equal((await shown(page)).path, "/thanks");
    assert.equal(world.application.heard.filter(({ path }) => path === action).length, 1);
  });
}

eitherWay("a form that was kept leads on to a page of the application that leads to another site", async (world) => {
  const elsewhere = `${world.application.url}/thanks`;
  const visitor = await world.visitor();
  const between = `/between?leads=${encodeURIComponent(elsewhere)}`;
  const page = await sendTooEarly(world, visitor, `/safe/save?leads=${encodeURIComponent(between)}`);

  await send(page);

  await page.waitForURL(elsewhere);
  assert.equal((await shown(page)).path, "/thanks");
});

eitherWay("somebody else is told that what was filled in is gone", async (world) => {
  const visitor = await world.visitor();
  const album = new Album();
  album.follow(visitor);
  const page = await sendTooEarly(world, visitor, "/safe/save");
  const desk = await world.desk();

  await visitor.lose("acme_session.legacy");
  await page.goto(world.doorward.at("/_sso/login/acme?prompt=select_account&rd=/safe/save"));
  await signInAs(page, "bob");

  await page.getByText("another account").waitFor();
  for (const seen of await album.pages()) await examine(desk, seen);
  const names = (await album.pages()).map(({ name }) => name);
  assert.ok(names.includes("form-not-kept") && names.includes("form-kept"), `${names}`);
  assert.equal(world.application.last("/safe/save"), undefined);
  await page.getByRole("link", { name: "Continue" }).click();
  await page.getByRole("heading", { name: "did not sign you in strongly enough" }).waitFor();
});
