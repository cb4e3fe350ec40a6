// The release binary of Doorward, run as an operator would: a file, a folder, signals.
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { once } from "node:events";

import { TLS_NAME } from "./browser.js";
import { selfMade } from "./certificate.js";
import { Folder } from "./folder.js";
import { ahead } from "./faketime.js";
import { Program } from "./process.js";

export const BINARY =
  process.env.DOORWARD_BINARY ??
  fileURLToPath(new URL("../../../target/release/doorward", import.meta.url));

/** The name of the session's cookie. */
export const SESSION_COOKIE = "__Host-sso";

export class Doorward {
  #folder;
  #file;
  #environment;
  #program;

  /** Knows its address before it runs, since providers have to register it. Over TLS, its certificate is its own work.
   * `front`: people meet a front proxy of that kind at this address, and Doorward listens elsewhere. */
  static async prepare({ tls = false, front } = {}) {
    const [port, folder] = [await freePort(), await Folder.make()];
    const certificate = tls ? await selfMade(folder, TLS_NAME) : undefined;
    return new Doorward(port, folder, certificate, front && { kind: front, behind: await freePort() });
  }

  constructor(port, folder, certificate, front) {
    this.front = front;
    this.port = port;
    this.url = certificate ? `https://${TLS_NAME}:${port}` : `http://localhost:${port}`;
    this.certificate = certificate;
    this.#folder = folder;
  }

  /** Everything that it has said, over all its lives. */
  log = "";

  /** A path of the application, or of Doorward itself, on the shared host. */
  at(path) {
    return this.url + path;
  }

  /** A path on an organization's own host. */
  on(name, path) {
    return `http://${name}:${this.port}${path}`;
  }

  door(organization) {
    return this.at(`/_sso/login/${organization}`);
  }

  redirectUri(provider) {
    return this.at(`/_sso/callback/${provider}`);
  }

  backchannel(provider) {
    return this.at(`/_sso/logout/backchannel/${provider}`);
  }

  /** Writes the file: where it listens, and then `rest`. Secrets come from the environment. */
  async configure(rest, environment) {
    this.#environment = environment;
    this.#file = await this.#folder.write(
      "doorward.toml",
      `[server]\npublic_url = "${this.url}"\n${this.#listener()}\n[management]\nlisten = "off"\n\n${rest}`,
    );
  }

  /** Lays a file beside its own. */
  keep(name, text) {
    return this.#folder.write(name, text);
  }

  /** `environment`: what it finds there besides its secrets. */
  async start(environment = {}) {
    const found = { ...this.#environment, ...environment };
    this.#program = new Program(BINARY, ["run", "--config", this.#file], found);
    await this.#program.says(/serving/);
  }

  /** Goes on that much later by its own clock. */
  async later(minutes) {
    await this.stop();
    await this.start(await ahead(minutes));
  }

  /** A command that an operator has typed and that goes on. */
  command(...words) {
    return new Program(BINARY, [...words, "--config", this.#file]);
  }

  /** Asks the running process as an operator does. The exit code, and the answer as an object. */
  async ask(...words) {
    const command = new Program(BINARY, [...words, "--config", this.#file, "--output", "json"]);
    const { code } = await command.ended();
    try {
      return { code, answer: JSON.parse(command.output) };
    } catch {
      throw new Error(`${words.join(" ")} ended with ${code}:\n${command.output}`);
    }
  }

  /** What a command prints that ends well. */
  async prints(...words) {
    const command = this.command(...words);
    const { code } = await command.ended();
    assert.equal(code, 0, command.output);
    return command.output;
  }

  /** `kill -9`: nothing is written down, nobody is told. */
  kill() {
    return this.#finish("SIGKILL");
  }

  /** Stops in order. */
  stop() {
    return this.#finish("SIGTERM");
  }

  /** Stops if it runs, and removes its folder. */
  async close() {
    try {
      if (this.#program) await this.#finish("SIGKILL");
    } finally {
      await this.#folder.remove();
    }
  }

  /** Fails if one of these is in anything that it has said, or lies in its store. */
  async holdsNone(secrets) {
    const places = [["what it said", this.said], ...(await this.#folder.files("data"))];
    for (const [place, text] of places) {
      const found = secrets.find((secret) => text.includes(secret));
      assert.equal(found, undefined, `a secret is in ${place}`);
    }
  }

  /** What is in the log of the life that runs now. */
  get said() {
    return this.log + (this.#program?.output ?? "");
  }

  #listener() {
    if (this.front) {
      const { kind, behind } = this.front;
      const asks = kind === "apache" ? "" : `forward_auth = ["${kind}"]\n`;
      return `listen = ["127.0.0.1:${behind}"]\ntrusted_proxies = ["127.0.0.1"]\n${asks}`;
    }
    if (!this.certificate) return "";
    const { file, key } = this.certificate;
    return `listen = ["127.0.0.1:${this.port}"]\n[server.tls]\ncertificate = "${file}"\nkey = "${key}"\n`;
  }

  async #finish(signal) {
    const program = this.#program;
    this.#program = undefined;
    const ended = await program.end(signal);
    this.log += program.output;
    return ended;
  }
}

/** A port that nobody has now. */
async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}
