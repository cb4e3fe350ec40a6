// The provider is asked again about somebody, without any traffic of theirs: by a refresh token, which it rotates.
import assert from "node:assert/strict";

import { shown, signInAs } from "./support/browser.js";
import { listen, talk } from "./support/live.js";
import { story } from "./support/world.js";

story(
  "a grant that is revoked at the provider ends what is open, and nothing before it does",
  async (world) => {
    const visitor = await world.visitor();
    visitor.expects(/\/events/);
    visitor.expects(/WebSocket/);
    visitor.expects(/status of 401/);
    const page = await visitor.tab();
    await page.goto(world.doorward.door("acme"));
    await signInAs(page, "ada");
    // The provider hands out a refresh token only with a new consent: Doorward comes back and asks for that, once.
    await signInAs(page, "ada");
    await shown(page);
    assert.equal(await page.evaluate(talk, "hello"), "you said hello");
    await page.evaluate(listen);

    // Each time with the token that came last: one that comes twice costs the grant.
    for (const times of [1, 2, 3]) {
      const { code, answer } = await revalidate(world);
      assert.equal(code, 0, JSON.stringify(answer));
      assert.equal(world.acme.count("refresh"), times);
    }
    assert.deepEqual(await page.evaluate(() => window.ended), {});

    await world.acme.revokeAll();
    const { code, answer } = await revalidate(world);
    assert.equal(code, 1);
    const [{ result, reason, identity }] = answer.identities;
    assert.deepEqual([result, reason, identity.state], ["invalid", "invalid_grant", "invalid"]);
    await page.waitForFunction(() => window.ended?.socket && window.ended?.events);
    const before = world.application.heard.length;
    assert.equal(await page.evaluate(async () => (await fetch("/api/data")).status), 401);
    assert.equal(world.application.heard.length, before);

    const { answer: trail } = await world.doorward.ask("audit", "search", "--event", "identity");
    const events = trail.entries.map((entry) => entry.event);
    assert.ok(events.includes("identity.invalidated"), events.join());
  },
  { refresh: true },
);

story(
  "a provider's logout closes the WebSocket and the stream that it vouched for",
  async (world) => {
    const visitor = await world.visitor();
    visitor.expects(/\/events/);
    visitor.expects(/WebSocket/);
    const page = await visitor.tab();
    await page.goto(world.doorward.door("acme"));
    await signInAs(page, "ada");
    await shown(page);
    await page.evaluate(talk, "hello");
    await page.evaluate(listen);

    const other = await visitor.tab();
    await other.goto(`${world.acme.issuer}/session/end`);
    await other.getByRole("button", { name: "Yes, sign me out" }).click();
    await page.waitForFunction(() => window.ended?.socket && window.ended?.events);
    assert.equal(world.acme.count("told"), 1);
  },
);

function revalidate(world) {
  return world.doorward.ask("identity", "revalidate", "--user", "ada@acme.example");
}
