// What a connection costs that rests: memory of Doorward's process, before and after there are many.
import { createServer } from "node:http";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { connect } from "node:net";

import { BINARY } from "../e2e/support/doorward.js";
import { listen, Program, shut } from "../e2e/support/process.js";
import * as files from "./files.js";
import { Visitor } from "./visitor.js";

/** Of each kind. */
const COUNT = 2_000;

/** How long the process may take to settle after each step. */
const SETTLING_MS = 1_500;

const UPGRADE = `Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Version: 13\r
Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r
`;

const ACCEPTED = `HTTP/1.1 101 Switching Protocols\r
Connection: Upgrade\r
Upgrade: websocket\r
Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r
\r
`;

export async function memory(folder) {
  const application = createServer((request, response) => response.end("x".repeat(1024)));
  application.on("upgrade", (request, socket) => {
    socket.on("error", () => {});
    socket.on("end", () => socket.destroy());
    socket.resume();
    socket.write(ACCEPTED);
  });
  const behind = await listen(application);
  const probe = createServer();
  const port = await listen(probe);
  await shut(probe);
  const file = await folder.write("memory.toml", files.doorward(port, behind, "memory", files.ROOM));
  const doorward = new Program(BINARY, ["run", "--config", file]);
  const sockets = [];
  try {
    await until(() => connected(port));
    const site = `http://localhost:${port}`;
    const start = await resident(doorward);
    const visitor = new Visitor();
    await visitor.signInAtDemonstration(site);
    const head = (fields) => `GET /answer HTTP/1.1\r\nHost: localhost:${port}\r\nCookie: ${visitor.cookies()}\r\n${fields}\r\n`;
    const opened = async (fields) => {
      const before = await resident(doorward);
      for (let count = 0; count < COUNT; count += 1) sockets.push(await answered(port, head(fields)));
      return ((await resident(doorward)) - before) / COUNT;
    };
    const resting = await opened("");
    const upgraded = await opened(`${UPGRADE}Origin: ${site}\r\n`);
    return `
memory: KiB

| | |
| --- | --- |
| at start | ${start} |
| a connection that has asked once and rests (${COUNT}) | ${resting.toFixed(1)} |
| a WebSocket on which nothing is said (${COUNT}) | ${upgraded.toFixed(1)} |
`;
  } finally {
    sockets.forEach((socket) => socket.destroy());
    await doorward.end("SIGTERM");
    await shut(application);
  }
}

/** A connection on which a whole answer has come. */
async function answered(port, head) {
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => {});
  socket.write(head);
  let heard = "";
  while (!/^HTTP\/1\.1 (101|200) [^]*\r\n\r\n/.test(heard)) {
    const [piece] = await once(socket, "data");
    heard += piece.toString("latin1");
    if (/^HTTP\/1\.1 [45]/.test(heard)) throw new Error(heard);
  }
  socket.resume();
  return socket;
}

function connected(port) {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => resolve(true));
    socket.on("error", () => resolve(false));
    socket.on("connect", () => socket.destroy());
  });
}

async function until(holds) {
  while (!(await holds())) await new Promise((done) => setTimeout(done, 20));
}

async function resident(program) {
  await new Promise((done) => setTimeout(done, SETTLING_MS));
  return Number(readFileSync(`/proc/${program.pid}/status`, "latin1").match(/VmRSS:\s+(\d+) kB/)[1]);
}
