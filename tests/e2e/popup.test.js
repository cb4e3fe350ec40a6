// A sign-in in a window of its own: the page below keeps what it has, and hears when somebody has signed in.
import assert from "node:assert/strict";

import { gone, shown, signInAs } from "./support/browser.js";
import { Album, examine, examineLive } from "./support/examiner.js";
import { eitherWay, story } from "./support/world.js";

/** Opens a window of its own on a page of the application, which notes what it is told. */
async function open(page, path) {
  const opening = page.waitForEvent("popup");
  await page.evaluate((path) => {
    window.told = [];
    window.addEventListener("message", ({ origin, data }) => window.told.push([origin, data]));
    window.popup = window.open(path, "sign-in", "width=500,height=600");
  }, path);
  return opening;
}

const told = (page) => page.evaluate(() => window.told);
const DONE = { success: true, data: { type: "doorward.sign-in" } };

/** A page of the application that nobody has to sign in for. */
async function below(world, visitor) {
  const page = await visitor.tab();
  await page.goto(world.doorward.at("/lobby/page"));
  await shown(page);
  return page;
}

story("a window of its own closes when somebody has signed in, and the page below hears of it", async (world) => {
  const visitor = await world.visitor();
  const page = await below(world, visitor);
  const popup = await open(page, "/_sso/login?display=popup");
  await popup.getByLabel("E-mail address").fill("ada@acme.example");
  await popup.getByRole("button", { name: "Continue" }).click();
  await popup.getByLabel("Name").waitFor();
  assert.equal(await page.evaluate(() => window.popup.closed), false, "nothing has cut the tie");
  await signInAs(popup, "ada");

  await gone(popup);
  assert.deepEqual(await told(page), [[world.doorward.url, DONE]]);
  const who = await page.evaluate(() => fetch("/_sso/userinfo").then((answer) => answer.json()));
  assert.equal(who.email, "ada@acme.example");

  const again = await open(page, "/_sso/login/acme?display=popup");
  await gone(again);
  assert.equal(world.acme.count("sign-in"), 1, "whoever is signed in is not asked again");
});

story("a choice of providers on a host of its own is made in the window too", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.on("hooli.localhost", "/lobby/page"));
  await shown(page);
  const popup = await open(page, "/_sso/login?display=popup");
  await popup.getByRole("button", { name: "Development sign-in" }).click();
  await popup.getByLabel("E-mail address").fill("gavin@hooli.example");
  await popup.getByRole("button", { name: "Sign in" }).click();
  await gone(popup);
  const who = await page.evaluate(() => fetch("/_sso/userinfo").then((answer) => answer.json()));
  assert.equal(who.email, "gavin@hooli.example");
});

story("a window whose opener is gone closes all the same", async (world) => {
  const visitor = await world.visitor();
  const page = await below(world, visitor);
  const popup = await open(page, "/_sso/login/acme?display=popup");
  await popup.getByLabel("Name").waitFor();
  await page.close();
  await signInAs(popup, "ada");
  await gone(popup);
});

story("a window closes by itself too if its tie to the page below was cut on the way", async (world) => {
  const visitor = await world.visitor();
  const page = await below(world, visitor);
  const popup = await open(page, "/_sso/login/acme?display=popup");
  await popup.getByLabel("Name").waitFor();
  // A page of ours that is no part of it cuts it, as a provider's may.
  const form = popup.url();
  await popup.goto(world.doorward.at("/_sso/logged-out"));
  await popup.goto(form);
  await signInAs(popup, "ada");
  await gone(popup);
  assert.deepEqual(await told(page), []);
  const who = await page.evaluate(() => fetch("/_sso/userinfo").then((answer) => answer.json()));
  assert.equal(who.email, "ada@acme.example");
});

// No script may close a tab that none has opened.
eitherWay("in a tab of its own it says that it can be closed", async (world) => {
  const visitor = await world.visitor();
  const album = new Album();
  album.follow(visitor);
  const page = await visitor.tab();
  await page.goto(world.doorward.at("/_sso/login/acme?display=popup"));
  await signInAs(page, "ada");
  await page.getByRole("heading", { name: "You are signed in" }).waitFor();
  await page.getByText("You can close this window").waitFor();
  const desk = await world.desk();
  for (const seen of await album.pages()) await examine(desk, seen);
  if (world.scripts) await examineLive(page, "signed-in");
  await page.getByRole("link", { name: "Go to the start page" }).click();
  assert.equal((await shown(page)).email, "ada@acme.example");
});

eitherWay("whoever comes to the end without having signed in is led to the beginning", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  await page.goto(world.doorward.at("/_sso/signed-in"));
  await page.getByLabel("E-mail address").fill("ada@acme.example");
  assert.equal(new URL(page.url()).search, "?display=popup");
  await page.getByRole("button", { name: "Continue" }).click();
  await signInAs(page, "ada");
  await page.getByRole("heading", { name: "You are signed in" }).waitFor();
});
