// A world for each story: two providers, an application, Doorward between them, and people with browsers.
import assert from "node:assert/strict";
import { after, test } from "node:test";

import { Application } from "./application.js";
import { Visitor, openBrowser } from "./browser.js";
import { Doorward, SESSION_COOKIE } from "./doorward.js";
import { setAhead } from "./faketime.js";
import { FrontProxy } from "./front_proxy.js";
import { COLOUR, LOGO } from "./hooli.js";
import { LONGEST_STORY, closeAll, within } from "./process.js";
import { IdentityProvider } from "./provider.js";

/** The people whom the provider of Acme knows. */
const ACME_PEOPLE = {
  ada: {
    name: "Ada Park",
    email: "ada@acme.example",
    email_verified: true,
    groups: ["engineering", "initech"],
  },
  bob: { name: "Bob Fischer", email: "bob@acme.example", email_verified: true, groups: ["sales"] },
  eve: { name: "Eve Marsh", email: "eve@acme.example", email_verified: false, groups: ["sales"] },
};

/** The people whom the provider of Globex knows. The subject is the same as one at Acme: that joins nobody. */
const GLOBEX_PEOPLE = {
  ada: { name: "Ada Novák", email: "ada@globex.example", email_verified: true, groups: ["research"] },
  bob: { name: "Bob Fischer", email: "bob@globex.example", email_verified: true },
};

/** One browser for all stories of a file; each visitor has a profile of their own in it. */
let browser;
after(() => browser?.then((open) => open.close()));

/** A test with a world of its own, which ends with it. `tls`: Doorward is met over TLS, under another name. `refresh`: the
 * provider of Acme hands out refresh tokens, and is asked again with them. `front`: the kind of a front proxy, with what
 * `doorward integrate` prints for it. `scripts`: whether those of pages run. */
export function story(name, tell, { tls = false, refresh = false, front, scripts = true } = {}) {
  test(name, async (t) => {
    const world = new World(scripts);
    try {
      const telling = world.begin({ tls, refresh, front }).then(() => tell(world)).then(() => world.check());
      await within(telling, () => "the story does not come to its end", LONGEST_STORY);
    } catch (error) {
      t.diagnostic(world.told());
      throw error;
    } finally {
      await world.end();
    }
  });
}

/** A story that goes the same way with scripts and without: it is told twice. Where it differs it asks `world.scripts`. */
export function eitherWay(name, tell) {
  for (const scripts of [true, false]) {
    story(`${name}, ${scripts ? "with" : "without"} JavaScript`, tell, { scripts });
  }
}

class World {
  #open = [];
  #visitors = [];
  #trusting;

  constructor(scripts) {
    this.scripts = scripts;
  }

  async begin({ tls, refresh, front }) {
    this.application = this.#keep(await Application.open());
    this.acme = this.#keep(await IdentityProvider.open("acme", ACME_PEOPLE));
    this.globex = this.#keep(await IdentityProvider.open("globex", GLOBEX_PEOPLE));
    this.doorward = this.#keep(await Doorward.prepare({ tls, front }));
    const { doorward, acme, globex, application } = this;
    const loggedOut = doorward.at("/_sso/logged-out");
    // The name over TLS is one for browsers alone: nobody else on this machine could look it up.
    const backchannel = (provider) => (tls ? undefined : doorward.backchannel(provider));
    await acme.register({
      redirectUri: doorward.redirectUri("acme"),
      further: [doorward.redirectUri("drafted")],
      loggedOut,
      backchannel: backchannel("acme"),
      refresh,
    });
    // The other one signs with another algorithm and has no place to sign out.
    await globex.register({
      redirectUri: doorward.redirectUri("globex"),
      loggedOut,
      backchannel: backchannel("globex"),
      algorithm: "ES256",
      signOut: false,
    });
    await doorward.keep("hooli.svg", LOGO);
    await doorward.configure(configuration({ acme, globex, application, tls, refresh }), {
      ACME_SECRET: acme.clientSecret,
      GLOBEX_SECRET: globex.clientSecret,
    });
    await doorward.start();
    if (front) this.front = this.#keep(await FrontProxy.open(front, doorward));
  }

  /** Time passes, for Doorward and for the providers; nobody's browser minds. */
  async later(minutes) {
    this.#keep(setAhead(minutes));
    await this.doorward.later(minutes);
  }

  /** Somebody with a fresh browser. */
  async visitor(options) {
    const visitor = await Visitor.arrive(await this.#browser(), { javaScriptEnabled: this.scripts, ...options });
    this.#visitors.push(visitor);
    return visitor;
  }

  /** A page that belongs to nobody, where others are laid down to be examined. */
  async desk() {
    const context = this.#keep(await (await this.#browser()).newContext());
    return context.newPage();
  }

  async check() {
    this.#visitors.forEach((visitor) => visitor.check());
    const { acme, globex, doorward } = this;
    const secrets = [...acme.secrets, ...globex.secrets, acme.clientSecret, globex.clientSecret];
    for (const visitor of this.#visitors) {
      const cookies = await visitor.cookies();
      secrets.push(...cookies.filter(({ name }) => name === SESSION_COOKIE).map(({ value }) => value));
    }
    assert.ok(secrets.length > 2, "there are secrets to look for");
    await doorward.holdsNone(secrets);
  }

  /** What helps to understand a failure. */
  told() {
    const events = (provider) => JSON.stringify(provider?.events);
    const complaints = this.#visitors.flatMap((visitor) => visitor.complaints);
    return [
      `Doorward said:\n${this.doorward?.said}`,
      `The front proxy said:\n${this.front?.said}`,
      `Acme: ${events(this.acme)}`,
      `Globex: ${events(this.globex)}`,
      `Browser: ${JSON.stringify(complaints)}`,
    ].join("\n");
  }

  /** Ends everything: people leave first, then what was opened last. */
  end() {
    return closeAll([
      ...this.#visitors.map((visitor) => () => visitor.leave()),
      ...this.#open.reverse().map((opened) => () => opened.close()),
    ]);
  }

  /** The one of all stories, or one that trusts this world's certificate. */
  async #browser() {
    const { certificate } = this.doorward;
    if (!certificate) return (browser ??= openBrowser());
    return (this.#trusting ??= this.#keep(await openBrowser(certificate.pin)));
  }

  #keep(opened) {
    this.#open.push(opened);
    return opened;
  }
}

function configuration({ acme, globex, application, tls, refresh }) {
  return `${tls ? "" : DEVELOPMENT}
[upstreams.app]
url = "${application.url}"

${provider(acme, refresh)}
${provider(globex)}
[organizations.acme]
name = "Acme Inc."
domains = ["acme.example", "both.example"]
providers = ["acme"]
allow = { email_domains = ["acme.example", "both.example"] }

[organizations.globex]
name = "Globex"
domains = ["globex.example", "both.example"]
providers = ["globex"]
allow = { email_domains = ["globex.example", "both.example"] }

# On a host of its own, with the provider of another.
[organizations.initech]
name = "Initech"
hosts = ["initech.localhost"]
providers = ["acme"]
allow = { groups_any = ["initech"] }
`;
}

/** A choice of providers, one of which believes what is typed, on a host of its own, with a brand; an organization that is
 * paused, one whose provider nobody can reach; and a part of the application for few. */
const DEVELOPMENT = `
[providers.dev]
kind = "dev"
button = "Development sign-in"

[organizations.hooli]
name = "Hooli"
hosts = ["hooli.localhost"]
providers = ["acme", "dev"]
allow = { email_domains = ["hooli.example"] }
brand = { logo = "hooli.svg", colour = "${COLOUR}" }

# Closed until an owner has tried each way in.
[organizations.stark]
name = "Stark Industries"
providers = ["acme", "globex"]
owners = ["ada@acme.example"]
activation = "required"
allow = { anyone = true }

[organizations.umbrella]
name = "Umbrella"
enabled = false
providers = ["globex"]
allow = { anyone = true }

[providers.vandelay]
kind = "oidc"
issuer = "http://127.0.0.1:1"
client_id = "doorward"
client_secret = { env = "ACME_SECRET" }
button = "Sign in with Vandelay"

[organizations.vandelay]
name = "Vandelay"
providers = ["vandelay"]
allow = { anyone = true }

[routes.default]
path = "/*"
upstream = "app"

[routes.lobby]
path = "/lobby/*"
upstream = "app"
access = "public"

[routes.vault]
path = "/vault/*"
upstream = "app"
require = { groups_any = ["keepers"] }

[routes.fresh]
path = "/fresh/*"
upstream = "app"
require = { max_auth_age = "1m" }

[routes.safe]
path = "/safe/*"
upstream = "app"
require = { acr_values = ["urn:example:key"] }
`;

function provider({ name, issuer, clientId }, refresh = false) {
  return `[providers.${name}]
kind = "oidc"
issuer = "${issuer}"
client_id = "${clientId}"
client_secret = { env = "${name.toUpperCase()}_SECRET" }
scopes = ["groups"${refresh ? ', "offline_access"' : ""}]
algorithms = ["RS256", "ES256"]
button = "Sign in with ${name}"
`;
}
