// Everybody who answers: the application, Doorward, and its neighbours, each as its package would have it for this task.
import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer } from "node:net";

import { BINARY } from "../e2e/support/doorward.js";
import { Program } from "../e2e/support/process.js";
import { IdentityProvider } from "../e2e/support/provider.js";
import * as files from "./files.js";
import { LOAD_CORE, PROXY_CORE } from "./load.js";
import { Visitor } from "./visitor.js";

/** How long a process may take until it answers. */
const PATIENCE_MS = 10_000;

/** Those of Doorward's targets: one process. */
const OURS = ["public", "signed in", "signed in, HTTP/2"];

/** Starts what the targets need, in front of an application whose answers have so many bytes. */
export async function open(folder, bytes, targets) {
  const all = new Neighbours(folder);
  try {
    await all.begin(bytes, targets);
    return all;
  } catch (error) {
    await all.close();
    throw error;
  }
}

class Neighbours {
  #folder;
  #processes = [];
  #targets = new Map();
  #provider;

  constructor(folder) {
    this.#folder = folder;
  }

  target(name) {
    return this.#targets.get(name);
  }

  async begin(bytes, targets) {
    const application = await freePort();
    // The workers of nginx are somebody else.
    await chmod(this.#folder.path, 0o755);
    await chmod(await this.#folder.write("answer", "x".repeat(bytes)), 0o644);
    await this.#nginx("application", LOAD_CORE, application, files.application(this.#folder.path, application));
    const nginx = await freePort();
    const pid = await this.#nginx("nginx", PROXY_CORE, nginx, files.nginx(this.#folder.path, nginx, application));
    this.#offer("nginx", { url: `http://127.0.0.1:${nginx}/answer`, pid });
    if (targets.includes("haproxy")) await this.#haproxy(application);
    if (targets.includes("bare")) await this.#bare(application);
    if (targets.some((target) => OURS.includes(target))) await this.#doorward(application);
    if (targets.includes("asked by nginx")) await this.#asked(application);
    for (const cache of ["shm", "redis"]) {
      if (targets.includes(`mod_auth_openidc, ${cache}`)) await this.#apache(application, cache);
    }
  }

  async close() {
    await Promise.all(this.#processes.map((program) => program.end("SIGTERM")));
    await this.#provider?.close();
  }

  #offer(name, target) {
    this.#targets.set(name, { name, ...target });
  }

  async #start(core, port, command, ...words) {
    const program = new Program("taskset", ["-c", core, command, ...words]);
    this.#processes.push(program);
    await untilAnswered(port, program);
    return program.pid;
  }

  async #nginx(name, core, port, text) {
    const file = await this.#folder.write(`${name}.conf`, text);
    return this.#start(core, port, "nginx", "-p", this.#folder.path, "-c", file);
  }

  async #haproxy(application) {
    const port = await freePort();
    const file = await this.#folder.write("haproxy.conf", files.haproxy(port, application));
    const pid = await this.#start(PROXY_CORE, port, "haproxy", "-db", "-f", file);
    this.#offer("haproxy", { url: `http://127.0.0.1:${port}/answer`, pid });
  }

  async #bare(application) {
    const port = await freePort();
    const pid = await this.#start(PROXY_CORE, port, process.env.BARE_BINARY, String(port), String(application));
    this.#offer("bare", { url: `http://127.0.0.1:${port}/answer`, pid });
  }

  /** As a front proxy asks. */
  async #asked(application) {
    const { site, pid, cookie } = await this.#open(application, "asked", files.ASKED);
    const { host } = new URL(site);
    const about = { "X-Forwarded-Method": "GET", "X-Forwarded-Host": host, "X-Forwarded-Uri": "/answer", "X-Forwarded-For": "192.0.2.7" };
    this.#offer("asked by nginx", { url: `${site}/_sso/auth/nginx`, pid, headers: { Cookie: cookie, ...about } });
  }

  async #open(application, name, more = "") {
    const port = await freePort();
    const folder = await this.#folder.write(`${name}.toml`, files.doorward(port, application, name, more));
    const pid = await this.#start(PROXY_CORE, port, BINARY, "run", "--config", folder);
    const site = `http://localhost:${port}`;
    const visitor = new Visitor();
    await visitor.signInAtDemonstration(site);
    return { site, pid, cookie: visitor.cookies() };
  }

  async #doorward(application) {
    const { site, pid, cookie } = await this.#open(application, "doorward");
    this.#offer("public", { url: `${site}/open/answer`, pid });
    this.#offer("signed in", { url: `${site}/answer`, pid, headers: { Cookie: cookie } });
    this.#offer("signed in, HTTP/2", { url: `${site}/answer`, pid, headers: { Cookie: cookie }, http2: true });
  }

  async #apache(application, cache) {
    const [port, redis] = [await freePort(), await freePort()];
    if (cache === "redis") {
      await this.#start(LOAD_CORE, redis, "redis-server", "--port", String(redis), "--bind", "127.0.0.1", "--save", "");
    }
    const site = `http://127.0.0.1:${port}`;
    await this.#provider?.close();
    this.#provider = await IdentityProvider.open("bench", { ada: { email: "ada@acme.example", email_verified: true, name: "Ada" } });
    await this.#provider.register({ redirectUri: `${site}/answered`, loggedOut: site });
    const text = files.apache(this.#folder.path, { port, application, redis, cache }, this.#provider);
    const file = await this.#folder.write(`apache-${cache}.conf`, text);
    const pid = await this.#start(PROXY_CORE, port, "apache2", "-f", file, "-DFOREGROUND");
    const visitor = new Visitor();
    await visitor.signInAtProvider(`${site}/answer`);
    this.#offer(`mod_auth_openidc, ${cache}`, { url: `${site}/answer`, pid, headers: { Cookie: visitor.cookies() } });
  }
}

/** Waits for a program to answer, with whatever it has to say. */
export async function untilAnswered(port, program) {
  const until = Date.now() + PATIENCE_MS;
  while (!(await answers(port))) {
    if (Date.now() > until) throw new Error(`nobody answers:\n${program.output}`);
  }
}

export async function freePort() {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address();
  server.close();
  await once(server, "close");
  return port;
}

async function answers(port) {
  try {
    await fetch(`http://127.0.0.1:${port}/`, { redirect: "manual" });
    return true;
  } catch (error) {
    if (/HTTP|Parse|other side|reset/i.test(String(error.cause))) return true;
    await new Promise((done) => setTimeout(done, 50));
    return false;
  }
}
