// Somebody who signs in by script, as a browser would.
export class Visitor {
  #cookies = new Map();

  /** All that would be sent, in one line. */
  cookies() {
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join("; ");
  }

  /** At the provider that Doorward has for development; only its session is kept. */
  async signInAtDemonstration(site) {
    const page = await this.#ask(`${site}/_sso/login/acme`);
    const state = page.text.match(/name="state" value="([^"]*)"/)[1];
    const headers = { origin: site, "sec-fetch-site": "same-origin" };
    const body = new URLSearchParams({ state, email: "ada@acme.example" });
    await this.#ask(`${site}/_sso/callback/dev`, { method: "POST", headers, body });
    const session = this.#cookies.get("__Host-sso");
    if (!session) throw new Error("nobody is signed in");
    this.#cookies = new Map([["__Host-sso", session]]);
  }

  /** At the provider of the end-to-end tests, by whoever sends there. */
  async signInAtProvider(place) {
    const page = await this.#follow(place);
    const body = new URLSearchParams({ name: "ada", do: "sign-in" });
    const last = await this.#follow(page.url, { method: "POST", body });
    if (last.status !== 200 || !last.text.startsWith("xxx")) throw new Error(`${last.status} ${last.text}`);
  }

  async #follow(place, options) {
    let answer = await this.#ask(place, options);
    while (answer.to) answer = await this.#ask(answer.to);
    return answer;
  }

  async #ask(place, options = {}) {
    const headers = { ...options.headers, cookie: this.cookies(), accept: "text/html" };
    const answer = await fetch(place, { ...options, headers, redirect: "manual" });
    for (const line of answer.headers.getSetCookie()) {
      const [, name, value] = line.match(/^([^=]+)=([^;]*)/);
      if (value) this.#cookies.set(name, value);
      else this.#cookies.delete(name);
    }
    const to = answer.headers.get("location");
    return { url: place, status: answer.status, text: await answer.text(), to: to && new URL(to, place).href };
  }
}
