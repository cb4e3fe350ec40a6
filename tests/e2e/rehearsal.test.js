// An operator tries a provider: the command prints a link, somebody goes through it, and nobody is signed in.
import assert from "node:assert/strict";

import { signInAs } from "./support/browser.js";
import { SESSION_COOKIE } from "./support/doorward.js";
import { Album, examine } from "./support/examiner.js";
import { story } from "./support/world.js";

story("a rehearsal shows both sides what would come of a sign-in", async (world) => {
  const { doorward } = world;
  for (const [scheme, who, code] of [
    ["dark", "ada", 0],
    ["light", "eve", 6],
  ]) {
    const command = doorward.command("provider", "test", "acme", "--login", "--org", "acme", "--output", "json");
    const [link] = await command.says(/http:\/\/\S+\/rehearse\/\S+/);
    const visitor = await world.visitor({ javaScriptEnabled: false, colorScheme: scheme });
    visitor.expects(/status of 404/);
    const album = new Album();
    album.follow(visitor);
    const page = await visitor.tab();
    await page.goto(link);
    await page.getByRole("heading", { name: /^Try acme/ }).waitFor();
    await page.getByRole("button", { name: "Begin" }).click();
    await signInAs(page, who);
    await page.getByRole("heading", { name: /^What comes of acme/ }).waitFor();
    await page.getByText(code ? "would not let you in" : "Acme Inc. would let you in").first().waitFor();
    await page.getByText("remote-organization").waitFor();

    const ended = await command.ended();
    assert.equal(ended.code, code, command.output);
    const outcome = JSON.parse(command.output.slice(command.output.indexOf("{")));
    assert.equal(outcome.state, "done");
    assert.equal(outcome.email, `${who}@acme.example`);
    assert.equal(outcome.admissions[0].refused ?? null, code ? "email_unverified" : null);
    assert.equal(await visitor.cookie(SESSION_COOKIE, doorward.url), undefined);
    await page.goto(link);
    await page.getByRole("heading", { name: "Page not found" }).waitFor();

    const desk = await world.desk();
    for (const sent of await album.pages()) await examine(desk, sent);
  }
  const { answer } = await doorward.ask("session", "list");
  assert.deepEqual(answer.sessions, []);
});
