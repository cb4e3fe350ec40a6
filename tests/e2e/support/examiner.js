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

/** Every way in which a page is read, and whether a picture of it is kept: those differ in everything. */
const READERS = [["light", WIDE, true], ["light", NARROW], ["dark", WIDE], ["dark", NARROW, true]];

/** The pages that bring a script, by their names. A story has each of them examined as its script has left it, too. */
const SCRIPTED = /signed-in|owner-(not-)?done|wizard/;

/** Examines a page as it was sent, in every combination of light and dark, wide and narrow, and at 200 %. It has no scripts, but
 * the desk has, which axe-core is one of; many pages can lie there one after another. */
export async function examine(desk, { name, html }) {
  assert.ok(Buffer.byteLength(html) < MAX_BYTES, `${name} weighs ${Buffer.byteLength(html)} bytes`);
  assert.ok(SCRIPTED.test(name) || !html.includes("<script"), `${name} has a script, and nobody looks at what it does`);
  await desk.setContent(html.replace(/<meta http-equiv="refresh"[^>]*>|<script>[^<]*<\/script>/g, ""));
  await look(desk, name);
}

/** Examines what a visitor's tab shows right now, with all that its script has done, in the same ways; and leaves it as it was. */
export async function examineLive(page, name) {
  const size = page.viewportSize();
  await look(page, `${name}-live`);
  await page.evaluate(() => document.documentElement.removeAttribute("style"));
  await page.emulateMedia({ colorScheme: null, reducedMotion: null });
  await page.setViewportSize(size);
}

/** Holds that a page is in order in every way of reading, and leaves it at 200 %. */
async function look(page, name) {
  // By the debugger's way, to which no policy of the page applies.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe.source);
  for (const [colorScheme, size, picture] of READERS) {
    // Nothing fades from one scheme to the other while it is looked at.
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await page.setViewportSize(size);
    const found = await violations(page);
    if (picture) await page.screenshot({ path: shot(`${name}-${colorScheme}-${size.width}`), fullPage: true });
    assert.deepEqual(found, [], `${name}, ${colorScheme}, ${size.width} px`);
    if (size === NARROW) assert.equal(await surplus(page), 0, `${name} is too wide for ${size.width} px`);
  }
  await page.setViewportSize({ width: WIDE.width / 2, height: WIDE.height / 2 });
  await page.evaluate(() => (document.documentElement.style.fontSize = "200%"));
  assert.equal(await surplus(page), 0, `${name} is too wide at 200 %`);
  assert.deepEqual(await violations(page), [], `${name} at 200 %`);
}

/** What axe-core finds wrong. */
async function violations(page) {
  return page.evaluate(async (rules) => {
    const { violations } = await window.axe.run(document, rules);
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html)}`);
  }, RULES);
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
