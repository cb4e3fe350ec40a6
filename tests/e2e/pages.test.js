// Every page of a running Doorward that a visitor can reach by what people do: without scripts, in the dark, on a small
// screen; and then each under the eyes of axe-core.
import assert from "node:assert/strict";

import { cancel, headed, shown, signInAs } from "./support/browser.js";
import { SESSION_COOKIE } from "./support/doorward.js";
import { Album, examine } from "./support/examiner.js";
import { story } from "./support/world.js";

/** By the name that each carries in `Sso-Generated`. */
const PAGES = [
  "account",
  "account-not-allowed",
  "account-told",
  "app-unreachable",
  "bad-request",
  "choose",
  "cookies-blocked",
  "dev-form",
  "door",
  "email-first",
  "form-kept",
  "kept-form",
  "logged-out",
  "login-cancelled",
  "login-expired",
  "logout-confirm",
  "misdirected-request",
  "not-allowed-here",
  "not-found",
  "organization-suspended",
  "organization-unknown",
  "provider-unreachable",
  "redirect-loop",
  "session-ended",
  "sign-in-too-weak",
  "step-up-required",
];

const READER = { javaScriptEnabled: false, colorScheme: "dark", viewport: { width: 320, height: 640 } };

story("every page works without scripts, is small, and stands up to axe-core", async (world) => {
  const visitor = await world.visitor(READER);
  visitor.expects(/status of [45]\d\d/);
  const album = new Album();
  album.follow(visitor);
  const page = await visitor.tab();

  await findTheWay(world, page);
  await signInAndOut(world, visitor, page);
  await proveMore(world, album);
  await goAstray(world, visitor, page);
  await loseCookies(world, visitor, page);
  await forgetEverything(world, album);
  await breakDown(world, page);

  const pages = await album.pages();
  const names = new Set(pages.map(({ name }) => name));
  names.delete("redirecting");
  assert.deepEqual([...names].sort(), PAGES);
  const desk = await world.desk();
  for (const sent of pages) await examine(desk, sent);
});

/** Who reads what: the browser's language, ours, its direction, and the heading of a page that is not there. */
const READERS = [
  ["ar-EG", "ar", "rtl", "الصفحة غير موجودة"],
  ["de-AT", "de", "ltr", "Seite nicht gefunden"],
];

story("pages in Arabic and German fit a small telephone and stand up to axe-core", async (world) => {
  const { doorward } = world;
  const desk = await world.desk();
  for (const [locale, language, direction, heading] of READERS) {
    const visitor = await world.visitor({ ...READER, locale });
    visitor.expects(/status of [45]\d\d/);
    const album = new Album();
    album.follow(visitor);
    const page = await visitor.tab();
    await page.goto(doorward.at("/_sso/nothing"));
    await headed(page, heading);
    await page.goto(doorward.at("/_sso/login"));
    await page.locator("#email").fill("eve@elsewhere.example");
    await page.locator("main form button").click();
    await page.locator("#fault").waitFor();
    for (const address of [
      doorward.door("umbrella"),
      doorward.door("vandelay"),
      doorward.at("/_sso/callback/acme?code=old&state=old"),
      doorward.at("/_sso/logged-out"),
      doorward.on("hooli.localhost", "/plans"),
    ]) {
      await page.goto(address);
    }
    await page.goto(doorward.door("acme"));
    await signInAs(page, "ada");
    await shown(page);
    for (const path of ["/_sso/account", "/_sso/logout", "/vault/"]) await page.goto(doorward.at(path));

    const pages = await album.pages();
    assert.ok(pages.length >= 11, `${pages.length} pages`);
    for (const sent of pages) {
      const start = `<!doctype html>\n<html lang="${language}" dir="${direction}">`;
      assert.ok(sent.html.startsWith(start), `${sent.name}: ${sent.html.slice(0, 80)}`);
      await examine(desk, sent);
    }
  }
});

/** By e-mail address, by an organization's door, by the form of first tries. */
async function findTheWay(world, page) {
  const ask = async (email) => {
    await page.getByLabel("Your work e-mail address").fill(email);
    await page.getByRole("button", { name: "Continue" }).click();
  };
  await page.goto(world.doorward.at("/reports"));
  await ask("eve@elsewhere.example");
  await page.getByText("We know no organization with this address").waitFor();
  await ask("ada@both.example");
  await headed(page, "Choose your organization");
  await page.getByRole("link", { name: "Globex" }).click();
  await page.getByRole("heading", { name: "Sign in at globex" }).waitFor();

  await page.goto(world.doorward.on("hooli.localhost", "/plans"));
  await headed(page, "Sign in to Hooli");
  await page.getByRole("button", { name: "Development sign-in" }).click();
  await headed(page, "Development sign-in");
  await page.getByLabel("E-mail address").fill("gavin@hooli.example");
  await page.getByRole("button", { name: "Sign in" }).click();
  assert.equal((await shown(page)).organization, "hooli");
}

/** Two organizations, the account, a part of the application that is for others, and the way out. */
async function signInAndOut(world, visitor, page) {
  const { doorward } = world;
  await page.goto(doorward.door("acme"));
  const [answer] = await Promise.all([generated(page), cancel(page)]);
  assert.equal(answer, "login-cancelled");
  await page.getByRole("link", { name: "Try again" }).click();
  await signInAs(page, "ada");
  await shown(page);
  await page.goto(doorward.door("globex"));
  await signInAs(page, "ada");
  await shown(page);

  await page.goto(doorward.at("/_sso/account"));
  await page.getByText("is told about you").click();
  await page.getByText("Remote-Email").first().waitFor();
  await page.getByRole("link", { name: "Your account" }).click();
  await page.getByRole("button", { name: "Switch to Acme Inc." }).click();
  assert.equal((await shown(page)).organization, "acme");
  await page.goto(doorward.at("/vault/"));
  await headed(page, "You don’t have access to this page");

  await page.goto(doorward.at("/_sso/account"));
  await page.getByRole("link", { name: "Use a different account" }).click();
  await signInAs(page, "ada");
  assert.equal((await shown(page)).name, "Ada Park");
  assert.equal(world.acme.count("sign-in"), 2, "the provider asked again");

  await page.goto(doorward.at("/_sso/logout"));
  await headed(page, /^Sign out of /);
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Yes, sign me out" }).click();
  await page.getByText("still signed in to globex").waitFor();
}

/** A part of the application that wants a strong sign-in, and forms that are sent there with a weak one. */
async function proveMore(world, album) {
  const visitor = await world.visitor(READER);
  visitor.expects(/status of 40[13]/);
  album.follow(visitor);
  const page = await visitor.tab();
  const save = async (how) => {
    await page.goto(world.doorward.door("acme"));
    await shown(page);
    await fill(page, `<form method="post" action="/safe/save" ${how}><input name="a" value="b"><button>Save</button></form>`);
    await page.getByRole("button", { name: "Save" }).click();
  };
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "ada");
  await save(`enctype="multipart/form-data"`);
  await headed(page, "Confirm that it is you");
  await save("");
  await headed(page, "Sign in once more to send this");
  await page.getByRole("link", { name: "Sign in" }).click();
  await headed(page, "acme did not sign you in strongly enough");
  await page.getByRole("link", { name: "Try again" }).click();
  await signInAs(page, "ada");
  await headed(page, "Send what you had filled in?");
}

/** What goes wrong, by what people, browsers and operators do. */
async function goAstray(world, visitor, page) {
  const { doorward } = world;
  for (const [address, heading] of [
    [doorward.door("nobody"), "We don’t know that organization"],
    [doorward.door("umbrella"), "Sign-in for Umbrella is paused"],
    [doorward.door("vandelay"), "We can’t reach Vandelay right now"],
    [doorward.at("/_sso/nothing"), "Page not found"],
    [`http://127.0.0.1:${doorward.port}/`, "There is nothing at this address"],
    [doorward.at("/_sso/callback/acme"), "We couldn’t read that request"],
    [doorward.at("/_sso/callback/acme?code=old&state=old"), "This sign-in page has expired"],
  ]) {
    await page.goto(address);
    await headed(page, heading);
  }
  await page.goto(`http://127.0.0.1:${doorward.port}/`);
  await page.getByRole("link", { name: `Go to localhost:${doorward.port}` }).click();
  await headed(page, "Sign in at acme");

  // Bob is of Acme, but not of Initech.
  await page.goto(doorward.on("initech.localhost", "/"));
  await signInAs(page, "bob");
  await headed(page, /bob@acme.example can’t use/);

  // A form is sent when its session is over.
  await page.goto(doorward.door("acme"));
  await shown(page);
  await fill(page, `<form method="post" action="/save"><button>Save</button></form>`);
  const office = await visitor.tab();
  await office.goto(`${world.acme.issuer}/session/end`);
  await office.getByRole("button", { name: "Yes, sign me out" }).click();
  await headed(office, "Signed out at acme");
  await page.getByRole("button", { name: "Save" }).click();
  await headed(page, "You were signed out");
  assert.equal(world.application.last("/save"), undefined);
}

/** Something takes the session's cookie away, again and again. */
async function loseCookies(world, visitor, page) {
  await page.goto(world.doorward.door("acme"));
  await signInAs(page, "bob");
  await shown(page);
  for (let round = 0; round < 3; round += 1) {
    await visitor.lose(SESSION_COOKIE);
    await page.goto(world.doorward.door("acme"));
  }
  await headed(page, "Sign-in keeps restarting");
}

/** A browser that keeps no cookie of the way to the provider. */
async function forgetEverything(world, album) {
  const visitor = await world.visitor(READER);
  visitor.expects(/status of 400/);
  album.follow(visitor);
  const page = await visitor.tab();
  await page.goto(world.doorward.door("acme"));
  for (const { name } of await visitor.cookies(world.doorward.url)) {
    if (name.startsWith("__Host-")) await visitor.lose(name);
  }
  await signInAs(page, "ada");
  await headed(page, "Your browser isn’t keeping our cookie");
}

/** The application is gone. */
async function breakDown(world, page) {
  await page.goto(world.doorward.door("globex"));
  await shown(page);
  await world.application.close();
  await page.goto(world.doorward.at("/"));
  await headed(page, /isn’t responding$/);
}

/** Puts something else on the application's page. */
function fill(page, html) {
  return page.evaluate((html) => {
    document.body.innerHTML = html;
  }, html);
}

/** The name of the next page that Doorward makes. */
async function generated(page) {
  const answer = await page.waitForResponse((response) => "sso-generated" in response.headers());
  return answer.headers()["sso-generated"];
}
