// The application behind Doorward. It knows no sign-in, shows whom it is told about, and remembers all it has heard.
import { createServer } from "node:http";

import { WebSocketServer } from "ws";

import { listen, shut } from "./process.js";

export class Application {
  #server = createServer((request, response) => this.#answer(request, response));
  #sockets = new WebSocketServer({ noServer: true });

  /** Every request, as it came over the wire: `{ method, path, fields: [[name, value], …] }`, and the `body` of forms. */
  heard = [];

  static async open() {
    const application = new Application();
    await application.#open();
    return application;
  }

  async #open() {
    this.#server.on("upgrade", (request, socket, head) => {
      this.#remember(request);
      this.#sockets.handleUpgrade(request, socket, head, (peer) => {
        peer.on("message", (words) => peer.send(`you said ${words}`));
      });
    });
    this.url = `http://127.0.0.1:${await listen(this.#server)}`;
  }

  /** The last request for a path. */
  last(path) {
    return this.heard.filter((request) => request.path === path).at(-1);
  }

  async close() {
    this.#sockets.clients.forEach((peer) => peer.terminate());
    await shut(this.#server);
  }

  async #answer(request, response) {
    const heard = this.#remember(request);
    if (heard.method === "POST") heard.body = (await request.setEncoding("utf8").toArray()).join("");
    if (heard.path === "/events") return tick(response);
    const { searchParams } = new URL(heard.path, "http://application");
    const to = searchParams.get("leads");
    if (to) return response.writeHead(Number(searchParams.get("by") ?? 303), { location: to }).end();
    response.writeHead(200, {
      "content-type": "text/html; charset=utf-8",
      "set-cookie": "application=its-own; Path=/",
    });
    response.end(page(heard));
  }

  #remember(request) {
    const { rawHeaders } = request;
    const heard = { method: request.method, path: request.url, fields: [] };
    for (let index = 0; index < rawHeaders.length; index += 2) {
      heard.fields.push([rawHeaders[index], rawHeaders[index + 1]]);
    }
    this.heard.push(heard);
    return heard;
  }
}

/** The values of a field in a request, by its exact name in whatever case. */
export function field(request, name) {
  const same = ([other]) => other.toLowerCase() === name.toLowerCase();
  return request.fields.filter(same).map(([, value]) => value);
}

/** Fields whose names an application could take for this one: `_` for `-` counts as the same. */
export function lookalikes(request, name) {
  const fold = (text) => text.toLowerCase().replaceAll("_", "-");
  return request.fields.filter(([other]) => fold(other) === fold(name));
}

/** Server-sent events: a number that grows until the reader has gone. */
function tick(response) {
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  let count = 0;
  const timer = setInterval(() => response.write(`data: ${(count += 1)}\n\n`), 100);
  response.on("close", () => clearInterval(timer));
}

function page(heard) {
  const told = (name) => escape(decode(field(heard, name)[0] ?? "nobody"));
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Application</title><link rel="icon" href="data:,">
<h1>The application</h1>
<dl>
<dt>Path<dd id="path">${escape(heard.path)}
<dt>Name<dd id="name">${told("Remote-Name")}
<dt>E-mail<dd id="email">${told("Remote-Email")}
<dt>Organization<dd id="organization">${told("Remote-Organization")}
</dl>`;
}

/** What is beyond ASCII comes as RFC 8187 writes it. */
function decode(value) {
  const [, encoded] = /^UTF-8''(.*)$/.exec(value) ?? [];
  return encoded === undefined ? value : decodeURIComponent(encoded);
}

function escape(text) {
  return text.replace(/[&<>"]/g, (letter) => `&#${letter.charCodeAt(0)};`);
}
