// Headless Chromium, and the people who sit in front of it.
import assert from "node:assert/strict";

import { chromium } from "playwright-core";

const EXECUTABLE = process.env.CHROMIUM ?? "/usr/bin/chromium";

/** The name under which Doorward is met over TLS: unlike those of loopback, browsers take it as any other. */
export const TLS_NAME = "doorward.test";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Nothing is to leave this machine; what tries to is told so at once.
  `--host-resolver-rules=MAP ${TLS_NAME} 127.0.0.1, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost, EXCLUDE *.localhost`,
];

/** Nothing here leaves this machine, so nothing takes long. */
const PATIENCE = 15_000;

/** A browser of its own: a fresh profile, which goes with it. It trusts the certificate with this key, if one is given. */
export function openBrowser(trusted) {
  const args = trusted ? [...ARGUMENTS, `--ignore-certificate-errors-spki-list=${trusted}`] : ARGUMENTS;
  return chromium.launch({ executablePath: EXECUTABLE, args, timeout: 60_000 });
}

/** Somebody with a browser: tabs, cookies, and a note of everything that was not as it should be. */
export class Visitor {
  #context;
  #forgiven = [];
  #listeners = [];

  /** Errors on the console (every breach of a page's policy is one), and requests to anywhere else. */
  complaints = [];

  static async arrive(browser, options) {
    const context = await browser.newContext(options);
    context.setDefaultTimeout(PATIENCE);
    return new Visitor(context);
  }

  constructor(context) {
    this.#context = context;
    context.on("response", (response) => this.#listeners.forEach((listener) => listener(response)));
    context.on("console", (message) => {
      if (message.type() === "error") this.#complain(`${message.location().url}: ${message.text()}`);
    });
    context.on("weberror", (error) => this.#complain(`${error.page()?.url()}: ${error.error()}`));
    context.on("request", (request) => {
      if (!isHere(request.url())) this.#complain(`asked for ${request.url()}`);
    });
  }

  /** A new tab. It goes nowhere before what it shows has come whole: of a page that is left earlier, the rest is lost, and
   * nobody may ever be told so. */
  async tab() {
    const page = await this.#context.newPage();
    const leave = page.goto.bind(page);
    page.goto = async (...where) => {
      await page.waitForLoadState();
      return leave(...where);
    };
    return page;
  }

  /** Says that errors like this belong to the story. */
  expects(pattern) {
    this.#forgiven.push(pattern);
  }

  /** Calls `listener` with every response. */
  hears(listener) {
    this.#listeners.push(listener);
  }

  /** A cookie's value on an address, or nothing. */
  async cookie(name, url) {
    const cookies = await this.cookies(url);
    return cookies.find((cookie) => cookie.name === name)?.value;
  }

  /** The cookies for an address, with their attributes. */
  cookies(url) {
    return this.#context.cookies(url);
  }

  /** Loses a cookie. */
  lose(name) {
    return this.#context.clearCookies({ name });
  }

  /** Fails if something was not as it should be. */
  check() {
    const unforgiven = this.complaints.filter(
      (complaint) => !this.#forgiven.some((pattern) => pattern.test(complaint)),
    );
    assert.deepEqual(unforgiven, [], "the browser complained");
  }

  leave() {
    return this.#context.close();
  }

  #complain(text) {
    this.complaints.push(text);
  }
}

/** Fills in the provider's form. */
export async function signInAs(page, name) {
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Waits for a window to close, if it has not yet. */
export async function gone(page) {
  if (!page.isClosed()) await page.waitForEvent("close");
}

/** Says no at the provider. */
export function cancel(page) {
  return page.getByRole("button", { name: "Cancel" }).click();
}

/** Waits for the page of this name, the whole of it: what is left half loaded cannot be looked at later. */
export async function headed(page, name) {
  await page.getByRole("heading", { level: 1, name }).waitFor();
  await page.waitForLoadState();
}

/** What the application's page shows. */
export async function shown(page) {
  await page.getByRole("heading", { name: "The application" }).waitFor();
  const text = (id) => page.locator(`#${id}`).textContent().then((words) => words.trim());
  return {
    path: await text("path"),
    name: await text("name"),
    email: await text("email"),
    organization: await text("organization"),
  };
}

function isHere(address) {
  const url = new URL(address);
  const local = (name) => ["127.0.0.1", "localhost", TLS_NAME].includes(name) || name.endsWith(".localhost");
  return ["data:", "blob:", "about:"].includes(url.protocol) || local(url.hostname);
}
