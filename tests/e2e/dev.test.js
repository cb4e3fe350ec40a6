// The provider of first tries, in a browser that holds every form to its page's policy.
import assert from "node:assert/strict";

import { shown } from "./support/browser.js";
import { eitherWay } from "./support/world.js";

eitherWay("the development form leads to an organization's own host", async (world) => {
  const visitor = await world.visitor();
  const page = await visitor.tab();
  const own = world.doorward.on("hooli.localhost", "/plans");

  await page.goto(own);
  await page.getByRole("button", { name: "Development sign-in" }).click();
  await page.getByRole("heading", { name: "Development sign-in" }).waitFor();
  await page.getByLabel("E-mail address").fill("gavin@hooli.example");
  await page.getByLabel("Name").fill("Gavin");
  await page.getByRole("button", { name: "Sign in" }).click();

  await page.waitForURL(own);
  assert.deepEqual(await shown(page), {
    path: "/plans",
    name: "Gavin",
    email: "gavin@hooli.example",
    organization: "hooli",
  });
});
