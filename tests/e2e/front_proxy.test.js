// Front proxies that people have already, each with what `doorward integrate` prints for it. They ask Doorward about each
// request and send it to the application themselves; Apache cannot ask, and forwards to Doorward.
import assert from "node:assert/strict";

import { createRemoteJWKSet, jwtVerify } from "jose";

import { field, lookalikes } from "./support/application.js";
import { shown, signInAs } from "./support/browser.js";
import { SESSION_COOKIE } from "./support/doorward.js";
import { talk } from "./support/live.js";
import { send } from "./support/send.js";
import { story } from "./support/world.js";

const KINDS = ["nginx", "caddy", "haproxy", "apache"];

/** What only Doorward may say, and more that frameworks take for it. */
const OURS = [
  "Remote-User",
  "Remote-Email",
  "Remote-Name",
  "Remote-Groups",
  "Remote-Organization",
  "Sso-Jwt-Assertion",
  "X-Auth-Request-User",
  "X-Forwarded-User",
  "X-Original-Url",
];

const SPELLINGS = [
  (name) => name,
  (name) => name.toLowerCase(),
  (name) => name.toUpperCase().replaceAll("-", "_"),
  (name) => name.replace("-", "_"),
  (name) => name.replaceAll("-", "."),
];

for (const front of KINDS) {
  story(
    `${front}: people are led to sign-in and back, and the application hears who they are`,
    async (world) => {
      const visitor = await world.visitor();
      const page = await visitor.tab();
      await page.goto(world.doorward.at("/reports?year=2026"));
      await page.getByLabel("Your work e-mail address").fill("ada@acme.example");
      await page.getByRole("button", { name: "Continue" }).click();
      await signInAs(page, "ada");

      assert.deepEqual(await shown(page), {
        path: "/reports?year=2026",
        name: "Ada Park",
        email: "ada@acme.example",
        organization: "acme",
      });
      await page.goto(world.doorward.at("/again"));
      const heard = world.application.last("/again");
      assert.deepEqual(field(heard, "Remote-Groups"), ["engineering,initech"]);
      assert.deepEqual(field(heard, "Cookie"), ["application=its-own"]);
      assert.deepEqual(field(heard, "Host"), [new URL(world.doorward.url).host]);
      assert.deepEqual(field(heard, "X-Forwarded-Host"), [new URL(world.doorward.url).host]);
      assert.match(field(heard, "Sso-Reference").join(), /^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
      const [assertion, ...more] = field(heard, "Sso-Jwt-Assertion");
      assert.deepEqual(more, []);
      const keys = createRemoteJWKSet(new URL(world.doorward.at("/_sso/jwks.json")));
      const { payload } = await jwtVerify(assertion, keys, {
        issuer: world.doorward.url,
        audience: world.doorward.url,
      });
      assert.equal(payload.idp_sub, "ada");

      // A socket goes through, and one that another site opens does not.
      assert.equal(await page.evaluate(talk, "hello"), "you said hello");
      assert.equal(field(world.application.last("/socket"), "Sso-Jwt-Assertion").length, 1);

      // What is not for everybody is not for Ada.
      visitor.expects(/status of 403/);
      const answer = await page.goto(world.doorward.at("/vault/plans"));
      assert.equal(answer.status(), 403);
      const reference = await page.locator(".reference code").textContent();
      assert.equal(reference, answer.headers()["sso-reference"]);
      assert.match(world.doorward.said, new RegExp(reference));
      assert.equal(world.application.last("/vault/plans"), undefined);

      // A route that wants more sends her to the provider, which cannot give it.
      const weak = await page.goto(world.doorward.at("/safe/plans"));
      assert.equal(weak.headers()["sso-generated"], "sign-in-too-weak");
      assert.equal(world.application.last("/safe/plans"), undefined);

      const handle = await visitor.cookie(SESSION_COOKIE, world.doorward.url);
      const cookie = ["Cookie", `${SESSION_COOKIE}=${handle}`];
      assert.equal((await send(world.doorward.at("/before"), [cookie])).status, 200);
      await page.goto(world.doorward.at("/_sso/logout"));
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(/session\/end/);
      assert.equal((await send(world.doorward.at("/after"), [cookie])).status, 401);
      assert.equal(world.application.last("/after"), undefined);
    },
    { front },
  );

  story(
    `${front}: nobody is somebody by their own word, and programs are told`,
    async (world) => {
      const visitor = await world.visitor();
      const page = await visitor.tab();
      await page.goto(world.doorward.door("acme"));
      await signInAs(page, "ada");
      await shown(page);
      const handle = await visitor.cookie(SESSION_COOKIE, world.doorward.url);
      const cookie = ["Cookie", `one=1; ${SESSION_COOKIE}=${handle}; two=2`];
      const spoofed = SPELLINGS.flatMap((spell) => OURS.map((name) => [spell(name), "root"]));
      const at = (path) => world.doorward.at(path);

      const known = await send(at("/spoofed?a=1"), [cookie, ...spoofed]);
      assert.equal(known.status, 200);
      const heard = world.application.last("/spoofed?a=1");
      assert.deepEqual(field(heard, "Cookie"), ["one=1; two=2"]);
      for (const name of OURS) {
        const found = like(heard, name).map(([, value]) => value);
        assert.ok(!found.includes("root"), `${name}: ${JSON.stringify(like(heard, name))}`);
        assert.ok(found.length <= 1, name);
      }
      assert.equal(field(heard, "Remote-Email")[0], "ada@acme.example");

      const stranger = await send(at("/lobby/spoofed"), spoofed);
      assert.equal(stranger.status, 200);
      const unnamed = world.application.last("/lobby/spoofed");
      for (const name of OURS) assert.deepEqual(like(unnamed, name), [], name);

      const posted = await send(at("/form"), [cookie, ["Content-Type", "text/plain"]], "POST", "what was typed");
      assert.equal(posted.status, 200);
      assert.equal(world.application.last("/form").body, "what was typed");

      assert.equal((await send(at("/head"), [cookie], "HEAD")).status, 200);
      assert.equal((await send(at("/headless"), [], "HEAD")).status, 401);
      assert.equal(world.application.last("/headless"), undefined);
      // Caddy answers 200 to hosts that it does not have, with nothing.
      const strange = await send(at("/strange"), [["Host", "evil.example"], cookie]);
      assert.ok(strange.status >= 400 || strange.text === "", `${strange.status}`);
      assert.equal(world.application.last("/strange"), undefined);

      const program = await send(at("/api/data"), [["Accept", "application/json"]]);
      assert.equal(program.status, 401);
      assert.ok(program.headers["www-authenticate"]);
      const told = JSON.parse(program.text);
      assert.equal(told.reference, program.headers["sso-reference"]);
      assert.equal(told.login, at("/_sso/login"));
      const garbled = await send(at("/api/data"), [["Cookie", `${SESSION_COOKIE}="%00`]], "POST", "x");
      assert.equal(garbled.status, 401);
      assert.equal(world.application.last("/api/data"), undefined);

      const elsewhere = [cookie, ["Origin", "https://evil.example"], ["Connection", "Upgrade"], ["Upgrade", "websocket"]];
      const socket = [["Sec-WebSocket-Version", "13"], ["Sec-WebSocket-Key", "AAAAAAAAAAAAAAAAAAAAAA=="]];
      const foreign = await send(at("/socket"), [...elsewhere, ...socket]);
      assert.equal(foreign.status, 403);
      assert.equal(world.application.last("/socket"), undefined);

      // By no spelling does a path get around its rule.
      const before = world.application.heard.length;
      const spellings = ["/lobby/..%2fvault", "/lobby//vault", "/lobby/%2e%2e/vault/x", "/%76ault/x", "/lobby/../vault/x", "//vault"];
      for (const path of [...spellings, "/vault%2fx", "/lobby;x/../vault/x", at("/vault/x")]) {
        const { status } = await send(at("/"), [cookie], "GET", undefined, path);
        assert.ok(status >= 300, `${path}: ${status}`);
      }
      assert.equal(world.application.heard.length, before);

      // Nobody asks in the front proxy's place, least of all for what the application is told.
      const question = [["X-Forwarded-Method", "GET"], ["X-Forwarded-Uri", "/"], ["X-Forwarded-Host", new URL(at("/")).host]];
      for (const path of [`/_sso/auth/${front}`, `/_sso/%61uth/${front}`, "/_sso/auth/nginx/refusal", "/_sso//auth/x"]) {
        const asked = await send(at("/"), [cookie, ...question], "GET", undefined, path);
        assert.ok([400, 403, 404].includes(asked.status), `${path}: ${asked.status}`);
        assert.equal(asked.headers["sso-jwt-assertion"], undefined);
        assert.equal(asked.headers["remote-user"], undefined);
      }

      // Without Doorward nobody gets through.
      await world.doorward.stop();
      const alone = await send(at("/alone"), [cookie]);
      assert.ok(alone.status >= 500, `${alone.status}`);
      const open = await send(at("/lobby/alone"), []);
      assert.ok(open.status >= 500, `${open.status}`);
      assert.equal(world.application.last("/alone") ?? world.application.last("/lobby/alone"), undefined);
      await world.doorward.start();
    },
    { front },
  );

  story(
    `${front}: the same over TLS and, where it is spoken, HTTP/2, which sends cookies one by one`,
    async (world) => {
      const visitor = await world.visitor();
      const page = await visitor.tab();
      await page.goto(world.doorward.door("acme"));
      await signInAs(page, "ada");
      await shown(page);
      await page.goto(world.doorward.at("/again"));
      assert.equal((await shown(page)).name, "Ada Park");
      const spoken = await page.evaluate(() => performance.getEntriesByType("navigation")[0].nextHopProtocol);
      assert.equal(spoken, front === "apache" ? "http/1.1" : "h2");
      const heard = world.application.last("/again");
      assert.deepEqual(field(heard, "Cookie"), ["application=its-own"]);
      assert.deepEqual(field(heard, "X-Forwarded-Proto"), ["https"]);
      assert.equal(field(heard, "Sso-Jwt-Assertion").length, 1);
      assert.ok(await visitor.cookie(SESSION_COOKIE, world.doorward.url));
      visitor.expects(/status of 40/);
      const asked = await page.evaluate(async (path) => {
        const answer = await fetch(path);
        return [answer.status, answer.headers.get("sso-jwt-assertion")];
      }, `/_sso/auth/${front}`);
      assert.deepEqual(asked, [404, null]);
    },
    { front, tls: true },
  );
}

/** Fields whose names an application could take for this one, whatever stands between the words. */
function like(heard, name) {
  const fold = (text) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, "-");
  const found = heard.fields.filter(([other]) => fold(other) === fold(name));
  assert.ok(found.length >= lookalikes(heard, name).length);
  return found;
}
