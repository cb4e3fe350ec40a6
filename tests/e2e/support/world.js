// A world for each story: two providers, an application, Doorward between them, and people with browsers.
import { after, test } from "node:test";

import { Application } from "./application.js";
import { Visitor, openBrowser } from "./browser.js";
import { Doorward } from "./doorward.js";
import { closeAll } from "./process.js";
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
};

/** One browser for all stories of a file; each visitor has a profile of their own in it. */
let browser;
after(() => browser?.then((open) => open.close()));

/** A test with a world of its own, which ends with it. */
export function story(name, tell) {
  test(name, async (t) => {
    const world = new World();
    try {
      await world.begin();
      await tell(world);
      world.check();
    } catch (error) {
      t.diagnostic(world.told());
      throw error;
    } finally {
      await world.end();
    }
  });
}

class World {
  #open = [];
  #visitors = [];

  async begin() {
    this.application = this.#keep(await Application.open());
    this.acme = this.#keep(await IdentityProvider.open("acme", ACME_PEOPLE));
    this.globex = this.#keep(await IdentityProvider.open("globex", GLOBEX_PEOPLE));
    this.doorward = this.#keep(await Doorward.prepare());
    const { doorward, acme, globex, application } = this;
    const loggedOut = doorward.at("/_sso/logged-out");
    await acme.register({
      redirectUri: doorward.redirectUri("acme"),
      loggedOut,
      backchannel: doorward.backchannel("acme"),
    });
    // The other one signs with another algorithm and has no place to sign out.
    await globex.register({
      redirectUri: doorward.redirectUri("globex"),
      loggedOut,
      backchannel: doorward.backchannel("globex"),
      algorithm: "ES256",
      signOut: false,
    });
    await doorward.configure(configuration({ acme, globex, application }), {
      ACME_SECRET: acme.clientSecret,
      GLOBEX_SECRET: globex.clientSecret,
    });
    await doorward.start();
  }

  /** Somebody with a fresh browser. */
  async visitor(options) {
    browser ??= openBrowser();
    const visitor = await Visitor.arrive(await browser, options);
    this.#visitors.push(visitor);
    return visitor;
  }

  check() {
    this.#visitors.forEach((visitor) => visitor.check());
  }

  /** What helps to understand a failure. */
  told() {
    const events = (provider) => JSON.stringify(provider?.events);
    const complaints = this.#visitors.flatMap((visitor) => visitor.complaints);
    return [
      `Doorward said:\n${this.doorward?.said}`,
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

  #keep(opened) {
    this.#open.push(opened);
    return opened;
  }
}

function configuration({ acme, globex, application }) {
  return `
[upstreams.app]
url = "${application.url}"

${provider(acme)}
${provider(globex)}
[organizations.acme]
name = "Acme Inc."
domains = ["acme.example"]
providers = ["acme"]
allow = { email_domains = ["acme.example"] }

[organizations.globex]
name = "Globex"
domains = ["globex.example"]
providers = ["globex"]
allow = { email_domains = ["globex.example"] }

# On a host of its own, with the provider of another.
[organizations.initech]
name = "Initech"
hosts = ["initech.localhost"]
providers = ["acme"]
allow = { groups_any = ["initech"] }
`;
}

function provider({ name, issuer, clientId }) {
  return `[providers.${name}]
kind = "oidc"
issuer = "${issuer}"
client_id = "${clientId}"
client_secret = { env = "${name.toUpperCase()}_SECRET" }
scopes = ["groups"]
algorithms = ["RS256", "ES256"]
button = "Sign in with ${name}"
`;
}
