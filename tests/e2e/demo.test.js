// `doorward demo`, as a script would use it: everything it needs to know is in one line of JSON.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Visitor, openBrowser } from "./support/browser.js";
import { BINARY } from "./support/doorward.js";
import { examineLive } from "./support/examiner.js";
import { Folder } from "./support/folder.js";
import { LONGEST_STORY, Program, closeAll, within } from "./support/process.js";

const browser = openBrowser();
after(async () => (await browser).close());

demonstration("people sign in at both organizations, and out again", async (demo, visitor) => {
  const page = await visitor.tab();
  await page.goto(demo.application);
  await page.getByRole("link", { name: "Acme" }).click();
  await page.getByRole("heading", { name: "Who is signing in?" }).waitFor();
  await examineLive(page, "demo-provider");
  await choose(page, "ada@acme.example");
  await seen(page, "Ada Park", "acme");

  const tick = page.locator("#tick");
  await page.waitForFunction(() => Number(document.querySelector("#tick").textContent) >= 1);
  assert.match(await tick.textContent(), /^\d+$/);
  await page.locator("#talk").getByRole("button", { name: "Send" }).click();
  await page.locator("#heard").getByText("Hello").waitFor();
  await examineLive(page, "demo-application");

  await page.getByRole("link", { name: "Sign in at Globex" }).click();
  await choose(page, "dan@globex.example");
  await seen(page, "Dan Núñez", "globex");

  await page.getByRole("link", { name: "Sign out" }).click();
  await page.getByRole("button", { name: "Sign out" }).click();
  await page.getByText("Your session here is over").waitFor();
  await page.getByText("still signed in to Acme").waitFor();
  const { origin, pathname } = new URL(page.url());
  assert.deepEqual([origin, pathname], [demo.application, "/_sso/logged-out"]);
  await page.goto(demo.application);
  await page.getByRole("heading", { name: "Who is signing in?" }).waitFor();
  assert.equal(await person(page, "dan@globex.example").getByText("signed in here").count(), 0);
});

demonstration("who is disabled at the provider does not get in any more", async (demo, visitor) => {
  visitor.expects(/status of 403/);
  const page = await visitor.tab();
  await page.goto(demo.organizations.find(({ slug }) => slug === "acme").sign_in);
  const bob = person(page, "bob@acme.example");
  await bob.waitFor();

  const office = await visitor.tab();
  await office.goto(demo.provider);
  await office.getByRole("button", { name: "Disable Bob Fischer" }).click();
  await office.getByRole("button", { name: "Enable Bob Fischer" }).waitFor();
  await examineLive(office, "demo-office");

  // The list that was open before still offers him.
  const [answer] = await Promise.all([
    page.waitForResponse((response) => response.url().includes("/_sso/callback/")),
    bob.click(),
  ]);
  const reference = page.locator(".reference code");
  assert.equal(await reference.textContent(), answer.headers()["sso-reference"]);

  // A fresh one does not.
  await page.goto(demo.organizations.find(({ slug }) => slug === "acme").sign_in);
  await page.getByRole("heading", { name: "Who is signing in?" }).waitFor();
  assert.ok(await person(page, "bob@acme.example").isDisabled());
  assert.ok(await person(page, "ada@acme.example").isEnabled());
});

demonstration("what is open is cut within seconds when a person is disabled", async (demo, visitor) => {
  // The browser reconnects a cut event stream by itself, and is told that nobody is signed in any more.
  visitor.expects(/status of 401|ERR_|WebSocket connection/);
  const page = await visitor.tab();
  await page.goto(demo.organizations.find(({ slug }) => slug === "acme").sign_in);
  await choose(page, "ada@acme.example");
  await seen(page, "Ada Park", "acme");
  await page.locator("#stream").getByText("open").waitFor();
  await page.locator("#socket").getByText("open").waitFor();

  const office = await visitor.tab();
  await office.goto(demo.provider);
  await office.getByRole("button", { name: "Disable Ada Park" }).click();

  await page.locator("#socket").getByText("cut").waitFor({ timeout: 15_000 });
  await page.locator("#stream").getByText("cut").waitFor({ timeout: 15_000 });
  const answer = await page.evaluate(() => fetch("/api/request").then(({ status }) => status));
  assert.equal(answer, 401);
});

demonstration(
  "the steps that it prints can be followed in one browser, in their order",
  async ({ text, application, provider }, visitor) => {
    visitor.expects(/status of 40[13]|ERR_|WebSocket connection/);
    const names = [...text.matchAll(/"(.+?)"/g)].map(([, name]) => name);
    assert.deepEqual(names, ["Check again", "Sign in at Globex", "Your account", "Use a different account", "Administration"]);
    const [again, globex, account, another, administration] = names;
    const page = await visitor.tab();
    const press = (name) => page.getByRole("link", { name }).click();

    // 1
    await page.goto(application);
    await press("Acme");
    await choose(page, "ada@acme.example");
    await seen(page, "Ada Park", "acme");
    await page.locator("#stream").getByText("open").waitFor();
    await page.locator("#socket").getByText("open").waitFor();
    // 2
    const office = await visitor.tab();
    await office.goto(provider);
    await office.getByRole("button", { name: "Disable Ada Park" }).click();
    await page.locator("#socket").getByText("cut").waitFor({ timeout: 15_000 });
    await page.locator("#stream").getByText("cut").waitFor({ timeout: 15_000 });
    await office.getByRole("button", { name: "Enable Ada Park" }).click();
    await office.getByRole("button", { name: "Disable Ada Park" }).waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "says that this account is no longer active" }).waitFor();
    await press(again);
    await choose(page, "ada@acme.example");
    await seen(page, "Ada Park", "acme");
    // 3
    await press(globex);
    await choose(page, "dan@globex.example");
    await seen(page, "Dan Núñez", "globex");
    await press(account);
    await page.getByRole("button", { name: "Switch to Acme" }).click();
    await seen(page, "Ada Park", "acme");
    // 4
    await press(another);
    await choose(page, "bob@acme.example");
    await seen(page, "Bob Fischer", "acme");
    await press(administration);
    await page.getByRole("heading", { name: "You don’t have access to this page" }).waitFor();
    // 5
    await press(another);
    await choose(page, "eve@acme.example");
    await page.getByRole("heading", { name: "Your e-mail address is not verified at Acme" }).waitFor();
    await press(another);
    await choose(page, "carol@globex.example");
    await page.getByRole("heading", { name: "carol@globex.example can’t use" }).waitFor();
    // 6
    await page.goto(application);
    await seen(page, "Bob Fischer", "acme");
    await press("Sign out");
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByText("Your session here is over, and so is the one at Acme").waitFor();
    await page.getByText("still signed in to Globex").waitFor();
  },
  "human",
);

/** A test with a demonstration of its own, of which nothing stays. It is told in JSON, or in words with addresses. */
function demonstration(name, tell, output = "json") {
  test(name, async (t) => {
    const folder = await Folder.make();
    const listen = ["--listen", "http://localhost:0", "--output", output];
    const program = new Program(BINARY, ["demo", ...listen], { TMPDIR: folder.path });
    const visitor = await Visitor.arrive(await browser);
    try {
      const told = await (output === "json" ? inJson(program) : inWords(program));
      assert.notDeepEqual(await folder.contents(), [], "it works in the folder that it is given");
      await within(tell(told, visitor), () => "the story does not come to its end", LONGEST_STORY);
      visitor.check();
      // The visitor's tabs are still open: they must not hold the end up.
      assert.deepEqual(await program.end("SIGTERM"), { code: 0, signal: null });
      assert.deepEqual(await folder.contents(), [], "something stayed behind");
    } catch (error) {
      t.diagnostic(`The demonstration said:\n${program.output}`);
      t.diagnostic(`Browser: ${JSON.stringify(visitor.complaints)}`);
      throw error;
    } finally {
      await closeAll([() => visitor.leave(), () => program.end("SIGKILL"), () => folder.remove()]);
    }
  });
}

async function inJson(program) {
  const [line] = await program.says(/^\{.*\}$/m);
  return JSON.parse(line);
}

async function inWords(program) {
  const [text] = await program.says(/^Doorward[^]*^Ctrl-C.*$/m);
  const address = (name) => new RegExp(`${name} +(\\S+)`).exec(text)[1];
  return { text, application: address("Open this"), provider: address("Identity provider") };
}

/** A person in the provider's list. */
function person(page, email) {
  return page.getByRole("button", { name: email });
}

function choose(page, email) {
  return person(page, email).click();
}

/** The sample application shows who it is, from an assertion that it has verified itself. */
async function seen(page, name, organization) {
  const who = page.getByRole("region", { name: "Who you are" });
  await who.getByText("signature verified").waitFor();
  assert.equal(await who.locator("strong").textContent(), name);
  const identity = page.locator("#identity tr", { hasText: /remote-organization/i }).locator("td");
  assert.equal(await identity.textContent(), organization);
}
