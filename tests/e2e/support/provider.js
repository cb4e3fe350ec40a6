// An identity provider that nobody here wrote: the certified `oidc-provider`, with a sign-in form of one field.
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";

import { exportJWK, generateKeyPair } from "jose";
import Provider, { errors } from "oidc-provider";

import { listen, shut } from "./process.js";
import { shelves } from "./shelf.js";

/** What it calls a sign-in with a key. */
const STRONG = "urn:example:key";

/** How long a form may be. */
const MAX_FORM_BYTES = 4096;

export class IdentityProvider {
  #server;
  #people;
  #provider;
  #grants = [];

  /** Listens at once: its address is its name. */
  static async open(name, people) {
    const server = createServer();
    const port = await listen(server);
    return new IdentityProvider(name, `http://127.0.0.1:${port}`, server, people);
  }

  constructor(name, issuer, server, people) {
    this.name = name;
    this.issuer = issuer;
    this.clientId = `doorward-${name}`;
    this.clientSecret = randomBytes(24).toString("base64url");
    this.#server = server;
    this.#people = people;
  }

  /** What nobody but the parties may ever see: codes, tokens, sessions. */
  secrets = new Set();

  /** What has happened here, in order: `sign-in`, `refusal`, `token`, `refresh`, `end-session`, `told` (Doorward, that somebody signed
   * out here); `fault` is a mistake. */
  events = [];

  /** Registers Doorward. `further`: redirect URIs besides the first; `signOut`: whether there is a place to sign out. */
  async register({
    redirectUri,
    further = [],
    loggedOut,
    backchannel,
    algorithm = "RS256",
    signOut = true,
    refresh = false,
  }) {
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const key = { ...(await exportJWK(privateKey)), alg: algorithm, use: "sig", kid: this.name };
    const provider = new Provider(this.issuer, {
      adapter: shelves(this.secrets),
      clients: [
        {
          client_id: this.clientId,
          client_secret: this.clientSecret,
          redirect_uris: [redirectUri, ...further],
          post_logout_redirect_uris: [loggedOut],
          ...(backchannel && {
            backchannel_logout_uri: backchannel,
            backchannel_logout_session_required: true,
          }),
          id_token_signed_response_alg: algorithm,
          ...(refresh && { grant_types: ["authorization_code", "refresh_token"] }),
        },
      ],
      // Of a token that comes again after it was used, the whole grant goes.
      rotateRefreshToken: true,
      jwks: { keys: [key] },
      findAccount: (_, id) => this.#account(id),
      claims: {
        openid: ["sub"],
        email: ["email", "email_verified"],
        profile: ["name"],
        groups: ["groups"],
      },
      acrValues: [STRONG],
      scopes: ["openid", "email", "profile", "groups", ...(refresh ? ["offline_access"] : [])],
      // It has no choice of accounts, which its discovery leaves out by default.
      discovery: { prompt_values_supported: ["none", "login", "consent"] },
      features: {
        devInteractions: { enabled: false },
        backchannelLogout: { enabled: true },
        rpInitiatedLogout: {
          enabled: signOut,
          logoutSource: (ctx, form) => {
            ctx.body = page(`Sign out at ${this.name}`, `${form}
<button form="op.logoutForm" name="logout" value="yes">Yes, sign me out</button>`);
          },
          postLogoutSuccessSource: (ctx) => {
            ctx.body = page(`Signed out at ${this.name}`, "");
          },
        },
      },
      interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
      // Two providers on one address share its cookies, whatever their ports are: each has names of its own.
      cookies: {
        keys: [randomBytes(24).toString("base64url")],
        names: {
          session: `${this.name}_session`,
          interaction: `${this.name}_interaction`,
          resume: `${this.name}_resume`,
        },
      },
      pkce: { required: () => true, methods: ["S256"] },
      ttl: {
        AccessToken: 600,
        Grant: 600,
        IdToken: 600,
        Interaction: 600,
        RefreshToken: 600,
        Session: 600,
      },
    });
    this.#provider = provider;
    this.#record(provider);
    const answer = provider.callback();
    this.#server.on("request", (request, response) => {
      if (!request.url.startsWith("/interaction/")) return answer(request, response);
      this.#interact(provider, request, response).catch((error) => {
        this.events.push({ kind: "fault", error: String(error) });
        response.writeHead(error instanceof errors.SessionNotFound ? 400 : 500).end(String(error));
      });
    });
  }

  /** How often something has happened. */
  count(kind) {
    return this.events.filter((event) => event.kind === kind).length;
  }

  /** Takes back whatever was granted so far, as an administrator does. */
  async revokeAll() {
    for (const id of this.#grants.splice(0)) {
      const { Grant, RefreshToken, AccessToken } = this.#provider;
      await Promise.all([RefreshToken, AccessToken].map((kind) => kind.revokeByGrantId(id)));
      await (await Grant.find(id))?.destroy();
    }
  }

  close() {
    return shut(this.#server);
  }

  #account(id) {
    const person = this.#people[id];
    return person && { accountId: id, claims: () => ({ sub: id, ...person }) };
  }

  #record(provider) {
    provider.on("grant.success", (ctx) => {
      const refreshed = ctx.oidc.params.grant_type === "refresh_token";
      this.events.push({ kind: refreshed ? "refresh" : "token" });
    });
    provider.on("end_session.success", (ctx) => {
      this.events.push({ kind: "end-session", client: ctx.oidc.client?.clientId });
    });
    provider.on("backchannel.success", (_, client) => {
      this.events.push({ kind: "told", client: client.clientId });
    });
    provider.on("backchannel.error", (_, error) => {
      this.events.push({ kind: "fault", error: String(error?.stack ?? error) });
    });
    provider.on("server_error", (_, error) => {
      this.events.push({ kind: "fault", error: String(error?.stack ?? error) });
    });
  }

  /** The form, and what becomes of it. */
  async #interact(provider, request, response) {
    const { params } = await provider.interactionDetails(request, response);
    if (request.method === "GET") {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8" });
      return response.end(form(this.name, params.login_hint));
    }
    const answer = await read(request);
    const result =
      answer.get("do") === "cancel"
        ? { error: "access_denied", error_description: "the person said no" }
        : await this.#signedIn(provider, params, answer.get("name"));
    this.events.push({ kind: result.error ? "refusal" : "sign-in", name: answer.get("name") });
    await provider.interactionFinished(request, response, result);
  }

  async #signedIn(provider, params, accountId) {
    if (!this.#people[accountId]) return { error: "access_denied", error_description: "no such person" };
    const grant = new provider.Grant({ accountId, clientId: params.client_id });
    grant.addOIDCScope(params.scope);
    const grantId = await grant.save();
    this.#grants.push(grantId);
    // Whoever is asked for a stronger sign-in gives one: the form stands for a key as well.
    const strong = params.acr_values?.split(" ").includes(STRONG);
    return { login: { accountId, ...(strong && { acr: STRONG }) }, consent: { grantId } };
  }
}

/** What was typed at Doorward stands in the form already, as at any provider. */
function form(name, hint = "") {
  return page(
    `Sign in at ${name}`,
    `<form method="post">
<p>You came as <output>${hint.replace(/[^\w.@-]/g, "")}</output>
<label>Name <input name="name" autocomplete="off"></label>
<button name="do" value="sign-in">Sign in</button>
<button name="do" value="cancel">Cancel</button>
</form>`,
  );
}

function page(title, body) {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>${title}</title><link rel="icon" href="data:,">
<h1>${title}</h1>
${body}`;
}

async function read(request) {
  let text = "";
  for await (const piece of request.setEncoding("utf8")) {
    text += piece;
    if (text.length > MAX_FORM_BYTES) throw new Error("too long a form");
  }
  return new URLSearchParams(text);
}
