// Looks at pages the way different readers do: with axe-core, in light and dark, narrow and large.
import assert from "node:assert/strict";

import { fileURLToPath } from "node:url";

import axe from "axe-core";

import { within } from "./process.js";

/** Where what was looked at can be looked at again. */
const SHOTS = new URL("../../../target/screenshots/", import.meta.url);

/** A page of ours is one small document. */
const MAX_BYTES = 30 * 1024;

/** The width of a small telephone, at which nothing may have to be scrolled sideways (WCAG 2.2, 1.4.10). */
const NARROW = { width: 320, height: 640 };
const WIDE = { width: 1280, height: 800 };

/** Everything that axe-core knows, what it leaves out by default for being new included. */
const RULES = { rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] };

/** Collects the pages that Doorward sends to visitors: each once, whatever reference or token it carries. */
export class Album {
  #pages = new Map();
  #pending = [];

  /** From now on, those that it sends to this one. */
  follow(visitor) {
    visitor.hears((response) => {
      const { "sso-generated": name, "content-type": type } = response.headers();
      if (name && /^text\/html/.test(type)) this.#pending.push(this.#keep(name, response));
    });
  }

  /** All of them, in the order in which they came. */
  async pages() {
    await Promise.all(this.#pending);
    return [...this.#pages.values()];
  }

  async #keep(name, response) {
    // What the browser has left by now is gone for good; it does not always say so.
    const gone = () => `the rest of ${name} never came`;
    const html = await within(response.text(), gone).catch(() => undefined);
    if (html === undefined) return;
    const same = html.replace(/\b[0-9A-Z]{4}-[0-9A-Z]{4}\b|[\w-]{43}/g, "");
    if (!this.#pages.has(same)) this.#pages.set(same, { name, html });
  }
}

/** Two ways in which a page is read, which differ in everything: enough for one that another story meets in other ways. */
const READERS = [["light", WIDE], ["dark", NARROW]];

/** Every way. */
const ALL_READERS = [["light", WIDE], ["light", NARROW], ["dark", WIDE], ["dark", NARROW]];

/** The pages that bring a script, by their names. A story has each of them examined as its script has left it, too. */
const SCRIPTED = /signed-in|owner-(not-)?done|wizard/;

/** Examines a page as it was sent. `context` has scripts, which axe-core is one of; the page has none. `thoroughly`: in every
 * combination, and by axe-core at 200 % too. */
export async function examine(context, { name, html }, { thoroughly = false } = {}) {
  assert.ok(Buffer.byteLength(html) < MAX_BYTES, `${name} weighs ${Buffer.byteLength(html)} bytes`);
  assert.ok(SCRIPTED.test(name) || !html.includes("<script"), `${name} has a script, and nobody looks at what it does`);
  const page = await context.newPage();
  try {
    await page.setContent(html.replace(/<meta http-equiv="refresh"[^>]*>|<script>[^<]*<\/script>/g, ""));
    await look(page, name, thoroughly ? ALL_READERS : READERS);
    if (thoroughly) assert.deepEqual(await violations(page), [], `${name} at 200 %`);
  } finally {
    await page.close();
  }
}

/** Examines what a visitor's tab shows right now, with all that its script has done, in every way; and leaves it as it was. */
export async function examineLive(page, name) {
  const size = page.viewportSize();
  await look(page, `${name}-live`, ALL_READERS);
  assert.deepEqual(await violations(page), [], `${name}, live, at 200 %`);
  await page.evaluate(() => document.documentElement.removeAttribute("style"));
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(size);
}

/** What is in order in each of these ways of reading, and fits a small window at 200 %, at which it is left. */
async function look(page, name, readers) {
  // By the debugger's way, to which no policy of the page applies.
  await page.evaluate(axe.source);
  for (const [colorScheme, size] of readers) {
    // Nothing fades from one scheme to the other while it is looked at.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize(size);
    const found = await violations(page);
    if (READERS.some(([scheme, its]) => scheme === colorScheme && its === size)) {
      await page.screenshot({ path: shot(`${name}-${colorScheme}-${size.width}`), fullPage: true });
    }
    assert.deepEqual(found, [], `${name}, ${colorScheme}, ${size.width} px`);
    if (size === NARROW) assert.equal(await surplus(page), 0, `${name} is too wide for ${size.width} px`);
  }
  await page.setViewportSize({ width: WIDE.width / 2, height: WIDE.height / 2 });
  await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  assert.equal(await surplus(page), 0, `${name} is too wide at 200 %`);
}

/** What axe-core finds wrong. */
async function violations(page) {
  const { violations } = await page.evaluate((rules) => window.axe.run(document, rules), RULES);
  return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`);
}

/** How often each name was used: a page may be shown in several states. */
const taken = new Map();

function shot(name) {
  const number = taken.get(name) ?? 0;
  taken.set(name, number + 1);
  return fileURLToPath(new URL(`${name}${number ? `-${number}` : ""}.png`, SHOTS));
}

/** How much of a page lies beyond the window's right edge. */
function surplus(page) {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    return scrollWidth - clientWidth;
  });
}
