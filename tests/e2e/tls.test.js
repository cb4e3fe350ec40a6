// Over TLS: what browsers do only there.
import assert from "node:assert/strict";

import { shown, signInAs } from "./support/browser.js";
import { SESSION_COOKIE } from "./support/doorward.js";
import { story } from "./support/world.js";

story(
  "over TLS the session's cookie is kept as __Host-, and the browser comes by no other way again",
  async (world) => {
    const visitor = await world.visitor();
    const page = await visitor.tab();
    const plain = world.doorward.at("/reports").replace(/^https/, "http");
    // Before the browser has been here, nothing answers it without TLS.
    const hasty = await visitor.tab();
    await assert.rejects(hasty.goto(plain), /ERR_/);
    await hasty.close();

    const answer = await page.goto(world.doorward.at("/reports"));
    assert.match(answer.headers()["strict-transport-security"], /^max-age=\d{7,}$/);
    await page.getByLabel("Your work e-mail address").fill("ada@acme.example");
    await page.getByRole("button", { name: "Continue" }).click();
    await signInAs(page, "ada");
    assert.equal((await shown(page)).path, "/reports");

    const cookies = await visitor.cookies(world.doorward.url);
    const session = cookies.find(({ name }) => name === SESSION_COOKIE);
    const { secure, httpOnly, sameSite, path, domain } = session;
    assert.deepEqual(
      { secure, httpOnly, sameSite, path, domain },
      { secure: true, httpOnly: true, sameSite: "Lax", path: "/", domain: new URL(world.doorward.url).hostname },
    );

    const again = await page.goto(plain);
    assert.equal(again.url(), world.doorward.at("/reports"));
    assert.equal((await shown(page)).name, "Ada Park");
    const upgrade = await again.request().redirectedFrom().response();
    assert.equal(upgrade.status(), 307, "by the browser itself");
  },
  { tls: true },
);
