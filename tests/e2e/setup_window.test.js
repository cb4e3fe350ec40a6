// Setup in a window that a page has opened: that page hears what came of it, whatever the way there; and without it, the window
// says the same.
import assert from "node:assert/strict";

import { cancel, gone, headed, signInAs } from "./support/browser.js";
import { Album, examine, examineLive } from "./support/examiner.js";
import { enter, section } from "./support/stark.js";
import { story } from "./support/world.js";

const FACTS = { type: "doorward.setup", organization: "stark", provider: "globex" };
const DONE = { success: true, data: { ...FACTS, state: "open" } };

/** An owner whose organization is open by one of its two ways, on a page of theirs. */
async function ownerOf({ doorward }, visitor) {
  visitor.expects(/status of [45]\d\d/);
  const page = await visitor.tab();
  await page.goto(doorward.at("/_sso/admin/stark"));
  await enter(page, "acme", "ada");
  await section(page, "acme").getByRole("button", { name: "Set up" }).click();
  await section(page, "acme").getByText(/^Open since/).waitFor();
  await page.goto(doorward.at("/console"));
  return page;
}

/** Opens the window, and notes what the page is told. */
async function open(page) {
  const opening = page.waitForEvent("popup");
  await page.evaluate(() => {
    window.told = [];
    addEventListener("message", ({ origin, data }) => window.told.push({ origin, data }));
    window.open("/_sso/admin/stark?display=popup", "setup", "width=600,height=600");
  });
  return opening;
}

const press = (popup) => section(popup, "globex").getByRole("button", { name: /^Set up/ }).click();
const told = (page) => page.evaluate(() => window.told);

story("the page that opened the window hears that Setup is complete", async (world) => {
  const page = await ownerOf(world, await world.visitor());
  const popup = await open(page);
  await press(popup);
  await signInAs(popup, "ada");
  await gone(popup);
  assert.deepEqual(await told(page), [{ origin: world.doorward.url, data: DONE }]);

  // Without anybody who has opened it, it says the same.
  await page.goto(world.doorward.at("/_sso/admin/stark?display=popup"));
  await press(page);
  await headed(page, "Setup is complete");
  await page.getByRole("link", { name: /administration/ }).click();
  await headed(page, "Administration of Stark Industries");
});

story("it hears why when Setup came to nothing, and can try again", async (world) => {
  const page = await ownerOf(world, await world.visitor());
  const popup = await open(page);
  await press(popup);
  await cancel(popup);
  await gone(popup);
  const [{ origin, data }] = await told(page);
  assert.equal(origin, world.doorward.url);
  const { reference, ...rest } = data.data;
  assert.match(reference, /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
  assert.deepEqual([data.success, rest], [false, { ...FACTS, state: "closed", error: "login-cancelled" }]);

  const again = await open(page);
  await press(again);
  await signInAs(again, "ada");
  await gone(again);
  assert.deepEqual((await told(page)).at(-1).data, DONE);
});

story("when the page below is gone, the window says what came of it and leads on", async (world) => {
  const visitor = await world.visitor();
  const album = new Album();
  album.follow(visitor);
  for (const [ending, heading] of [
    [cancel, "Setup was not completed"],
    [(popup) => signInAs(popup, "ada"), "Setup is complete"],
  ]) {
    const page = await (ending === cancel ? ownerOf(world, visitor) : visitor.tab());
    await page.goto(world.doorward.at("/console"));
    const popup = await open(page);
    await press(popup);
    await popup.getByLabel("Name").waitFor();
    await page.close();
    await ending(popup);
    await headed(popup, heading);
    await examineLive(popup, "owner-done");
    await popup.getByRole("link", { name: /administration/ }).click();
    await headed(popup, "Administration of Stark Industries");
  }
  const desk = await world.desk();
  const ends = (await album.pages()).filter(({ name }) => name === "owner-done");
  assert.equal(ends.length, 2);
  for (const sent of ends) await examine(desk, sent);
});

story("without JavaScript a link opens the window, which says what came of it itself", async (world) => {
  const visitor = await world.visitor({ javaScriptEnabled: false });
  const page = await ownerOf(world, visitor);
  const address = world.doorward.at("/_sso/admin/stark?display=popup");
  for (const [ending, heading] of [
    [cancel, "Setup was not completed"],
    [(popup) => signInAs(popup, "ada"), "Setup is complete"],
  ]) {
    await page.setContent(`<a href="${address}" target="setup">Administration</a>`);
    const opening = page.waitForEvent("popup");
    await page.getByRole("link", { name: "Administration" }).click();
    const popup = await opening;
    await press(popup);
    await ending(popup);
    await headed(popup, heading);
    await popup.getByRole("link", { name: /administration/ }).click();
    await headed(popup, "Administration of Stark Industries");
    await popup.close();
  }
});

story("a sign-in of a while ago is confirmed in the window first, and the page below still hears", async (world) => {
  const page = await ownerOf(world, await world.visitor());
  await world.later(16);
  const popup = await open(page);
  await press(popup);
  await signInAs(popup, "ada");
  await popup.getByText("You have confirmed that it is you").waitFor();
  assert.equal(world.globex.count("sign-in"), 0, "nothing begins before that");
  await press(popup);
  await signInAs(popup, "ada");
  await gone(popup);
  assert.deepEqual(await told(page), [{ origin: world.doorward.url, data: DONE }]);
});
