// An owner's day: Setup of a closed organization, people and what they have open, and the way out. With scripts, and
// without them in the dark on a small screen; then each page under the eyes of axe-core.
import assert from "node:assert/strict";

import { headed, shown, signInAs } from "./support/browser.js";
import { Album, examine } from "./support/examiner.js";
import { enter, section } from "./support/stark.js";
import { eitherWay } from "./support/world.js";

/** By the name that each carries in `Sso-Generated`. */
const PAGES = [
  "account",
  "account-offer",
  "door",
  "identity-not-linked",
  "organization-not-open",
  "owner-audit",
  "owner-disable",
  "owner-home",
  "owner-people",
  "owner-person",
  "owner-sessions",
  "owners-only",
  "session-ended",
];

const SMALL = { colorScheme: "dark", viewport: { width: 320, height: 640 } };

eitherWay("owners open, watch over and close their organization", async (world) => {
  const { doorward } = world;
  const admin = doorward.at("/_sso/admin/stark");
  const album = new Album();
  const owner = await arrive(world, album);
  const page = await owner.tab();

  await page.goto(admin);
  await enter(page, "acme", "ada");
  await headed(page, "Administration of Stark Industries");
  await page.getByText("Closed until setup is complete").first().waitFor();
  await page.goto(doorward.at("/reports"));
  await headed(page, "Stark Industries is not open yet");

  await page.goto(admin);
  await section(page, "acme").getByRole("button", { name: "Set up" }).click();
  await section(page, "acme").getByText(/^Open since/).waitFor();
  await section(page, "globex").getByRole("button", { name: "Set up" }).click();
  await signInAs(page, "ada");
  await section(page, "globex").getByText(/^Open since/).waitFor();
  await page.goto(doorward.at("/reports"));
  assert.equal((await shown(page)).organization, "stark");
  await page.goto(doorward.at("/_sso/account"));
  await page.getByText("ada@globex.example").waitFor();

  const bob = await arrive(world, album);
  const his = await bob.tab();
  await his.goto(doorward.door("stark"));
  await enter(his, "acme", "bob");
  await shown(his);
  await his.goto(admin);
  await headed(his, "This page is for owners");
  await adds(his, doorward);
  // What is his does not become hers.
  const eve = await arrive(world, album);
  const her = await eve.tab();
  await her.goto(doorward.door("stark"));
  await enter(her, "acme", "eve");
  await shown(her);
  await her.goto(doorward.at("/_sso/account"));
  await her.getByRole("button", { name: "Add globex" }).click();
  await signInAs(her, "bob");
  await headed(her, "This account can’t be added");

  await watchOver(world, page, his);
  await closeAgain(page, admin);

  const pages = (await album.pages()).filter(({ name }) => name !== "redirecting");
  assert.deepEqual([...new Set(pages.map(({ name }) => name))].sort(), PAGES);
  // The same pages are sent either way.
  if (world.scripts) return;
  const desk = await world.desk();
  for (const sent of pages) await examine(desk, sent);
});

/** A second way in: first it is not him, then it is. */
async function adds(page, doorward) {
  for (const [answer, state] of [["That’s not me", "detached"], ["Add it", "visible"]]) {
    await page.goto(doorward.at("/_sso/account"));
    await page.getByRole("button", { name: "Add globex" }).click();
    await signInAs(page, "bob");
    await headed(page, "Add this account?");
    await page.getByText("Nothing has changed yet").waitFor();
    await page.getByRole("button", { name: answer }).click();
    await headed(page, /^You are signed in/);
    await page.getByText("bob@globex.example").waitFor({ state });
  }
}

async function watchOver({ doorward }, page, his) {
  const admin = doorward.at("/_sso/admin/stark");
  await page.goto(admin);
  await page.getByRole("link", { name: "People" }).click();
  await page.getByLabel("Name or e-mail address").fill("bob@");
  await page.getByRole("button", { name: "Search" }).click();
  await page.getByRole("link", { name: "Bob Fischer" }).click();
  await headed(page, "Bob Fischer");
  await page.getByRole("button", { name: "End all sessions" }).click();
  await page.getByText("None.").waitFor();
  await his.goto(doorward.at("/reports"));
  await headed(his, "You were signed out");
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByText("This browser").waitFor();
  await page.getByRole("link", { name: "What happened" }).click();
  await page.getByText("connection.activated").first().waitFor();
}

async function closeAgain(page, admin) {
  await page.goto(admin);
  await section(page, "globex").getByRole("link", { name: "Disable…" }).click();
  await headed(page, "Disable sign-in with globex?");
  await page.getByLabel("To go on, type").fill("starc");
  await page.getByRole("button", { name: "Disable" }).click();
  await page.getByText("That is not the short name").waitFor();
  await page.getByLabel("To go on, type").fill("stark");
  await page.getByRole("button", { name: "Disable" }).click();
  await section(page, "globex").getByText(/^Disabled since/).waitFor();
}

/** Somebody whose pages are kept. */
async function arrive(world, album) {
  const visitor = await world.visitor(world.scripts ? {} : SMALL);
  visitor.expects(/status of [45]\d\d/);
  album.follow(visitor);
  return visitor;
}
