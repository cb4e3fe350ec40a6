// An administrator elsewhere sets a provider up by the link that an operator has sent: with scripts and without, in a
// browser of their own. Then each page under the eyes of axe-core.
import assert from "node:assert/strict";

import { headed, signInAs } from "./support/browser.js";
import { Album, examine, examineLive } from "./support/examiner.js";
import { story } from "./support/world.js";

/** By the name that each carries in `Sso-Generated`. */
const PAGES = [
  "owner-drafts",
  "rehearse",
  "rehearsed",
  "setup-link",
  "setup-link-elsewhere",
  "setup-link-gone",
  "wizard",
];

const WITH_SCRIPTS = { permissions: ["clipboard-read", "clipboard-write"] };
const READER = { javaScriptEnabled: false, colorScheme: "dark", viewport: { width: 320, height: 640 } };

story("a provider is set up by a link, from the first address to the hand-over", async (world) => {
  const { doorward, acme } = world;
  const album = new Album();
  const link = await newLink(doorward, "drafted", "oidc");
  const page = await opened(world, album, WITH_SCRIPTS, link);
  await page.getByText("works in this browser only").waitFor();
  await press(page, "Begin");
  await headed(page, "Set up drafted");
  assert.doesNotMatch(page.url(), /setup-link/, "the link is not in the address any more");

  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByText("Copied: Redirect URI").waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied, doorward.redirectUri("drafted"));
  await examineLive(page, "wizard");

  await fillIn(page, acme, { issuer: "ftp://nowhere" });
  await page.getByText("This can’t be right").waitFor();
  await examineLive(page, "wizard");
  await fillIn(page, acme, { issuer: "http://127.0.0.1:1" });
  await press(page, "Check now");
  await page.getByText("Something is not in order yet.").waitFor();
  await examineLive(page, "wizard");
  // The secret was typed for somewhere else.
  await fillIn(page, acme);
  await page.getByText("This is kept and not shown again").waitFor();
  await press(page, "Check now");
  await page.getByText("Everything that can be told without a sign-in is in order.").waitFor();

  await press(page, "Try it");
  await press(page, "Begin");
  await signInAs(page, "ada");
  await page.getByText("Acme Inc. would let you in.").waitFor();
  await page.getByText("ada@acme.example").first().waitFor();
  await page.getByRole("link", { name: "Go back" }).click();
  await page.getByText("A sign-in was tried, and it worked.").waitFor();
  await press(page, "It is complete");
  await page.getByText("Done. The people who run this site").waitFor();
  await examineLive(page, "wizard");
  assert.doesNotMatch(await page.content(), new RegExp(acme.clientSecret));

  const late = await opened(world, album, READER, link);
  await headed(late, "This link was opened in another browser");
  const { answer } = await doorward.ask("org", "draft", "show", "acme", "drafted");
  assert.equal(answer.state, "finished");
  assert.match(answer.toml, /client_secret = \{ file = "drafted.secret" \}/);
  // Nobody is offered it, and nobody is signed in by it.
  await late.goto(doorward.door("acme"));
  await late.getByLabel("Name").waitFor();
  assert.ok(late.url().startsWith(acme.issuer), "the only provider is still the one of the file");
  await look(world, album, ["rehearse", "rehearsed", "setup-link", "setup-link-elsewhere", "wizard"]);
});

story("the same without scripts, in the dark, on a small screen; and for an owner", async (world) => {
  const { doorward, acme } = world;
  const album = new Album();
  const link = await newLink(doorward, "apple", "apple");
  const page = await opened(world, album, READER, link);
  await press(page, "Begin");
  await headed(page, "Set up Apple");
  assert.equal(await page.getByRole("button", { name: "Copy" }).count(), 0, "nothing that does nothing");
  await page.getByLabel("Team ID").fill("ten letters");
  await press(page, "Save");
  await page.getByText("This is missing.").first().waitFor();
  await doorward.ask("org", "draft", "remove", "acme", "apple");
  await page.reload();
  await headed(page, "This link no longer works");

  await page.goto(doorward.at("/_sso/admin/stark/drafts"));
  await page.getByRole("button", { name: "Sign in with acme" }).click();
  await signInAs(page, "ada");
  await page.waitForURL(/\/_sso\/admin\/stark/);
  // Before Setup of a closed organization, its owner comes this far and no further than its own pages.
  await page.goto(doorward.at("/_sso/admin/stark"));
  const acmes = page.locator("section", { has: page.getByRole("heading", { name: "acme" }) });
  await acmes.getByRole("button", { name: "Set up" }).click();
  await page.getByText(/^Open,? since/).first().waitFor();
  await page.getByRole("link", { name: "Add a provider" }).click();
  await headed(page, "Providers being set up");
  await page.getByLabel("OpenID Connect").check();
  await page.getByLabel("Short name").fill("drafted");
  await press(page, "Add a provider");
  await headed(page, "Set up drafted");
  await fillIn(page, acme);
  const table = await page.getByLabel("For the file of the people who run this site").inputValue();
  assert.match(table, /\[providers\.drafted\]\npreset = "oidc"\n/);
  assert.ok(!table.includes(acme.clientSecret));
  await page.getByRole("link", { name: "Go back" }).click();
  await page.getByText("Complete").waitFor();
  await page.getByRole("link", { name: "drafted" }).click();
  await press(page, "Discard");
  await headed(page, "Providers being set up");
  const { answer } = await doorward.ask("org", "drafts");
  assert.deepEqual(answer.drafts, []);
  await look(world, album, ["owner-drafts", "setup-link", "setup-link-gone", "wizard"]);
});

async function newLink(doorward, provider, preset) {
  const { code, answer } = await doorward.ask(
    "org", "setup-link", "acme", "--provider", provider, "--preset", preset,
  );
  assert.equal(code, 0);
  return answer.url;
}

/** Somebody whose pages are kept, at an address. */
async function opened(world, album, options, address) {
  const visitor = await world.visitor(options);
  visitor.expects(/status of 4\d\d/);
  album.follow(visitor);
  const page = await visitor.tab();
  await page.goto(address);
  return page;
}

async function fillIn(page, { issuer, clientId, clientSecret }, other = {}) {
  await page.getByLabel("issuer").fill(other.issuer ?? issuer);
  await page.getByLabel("Client ID").fill(clientId);
  await page.getByLabel("Client secret").fill(clientSecret);
  await press(page, "Save");
}

/** Presses a button, and waits for the whole page that follows: what is left half loaded cannot be looked at. */
async function press(page, name) {
  await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name }).click()]);
}

/** Examines what was met, and holds that it was all of it. */
async function look(world, album, names) {
  const pages = (await album.pages()).filter(({ name }) => PAGES.includes(name));
  assert.deepEqual([...new Set(pages.map(({ name }) => name))].sort(), names);
  const desk = await world.desk();
  for (const sent of pages) await examine(desk, sent);
}
