// Bodies of 10 GiB, down and up, and the memory of Doorward's process while they pass: HTTP/1.1 on both sides, then HTTP/2 on both.
import * as http from "node:http";
import * as http2 from "node:http2";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";

import { BINARY } from "../e2e/support/doorward.js";
import { listen, Program } from "../e2e/support/process.js";
import * as files from "./files.js";
import { freePort, untilAnswered } from "./neighbours.js";
import { Visitor } from "./visitor.js";

const GIB = 1024 ** 3;
const BYTES = 10 * GIB;
const PIECE = Buffer.alloc(256 * 1024);

/** How each version is spoken to an application, and to Doorward. */
const VERSIONS = {
  "HTTP/1.1": { serve: (answer) => http.createServer(answer), scheme: "http", ask: askByOne },
  "HTTP/2": { serve: (answer) => http2.createServer(answer), scheme: "h2c", ask: askByTwo },
};

export async function bodies(folder) {
  let table = "";
  for (const [name, version] of Object.entries(VERSIONS)) {
    const { before, after, down, up } = await measured(folder, version);
    table += `| ${name} | ${before} | ${after} | ${down.toFixed(2)} | ${up.toFixed(2)} |\n`;
  }
  return `
bodies: 10 GiB each way, signed in

| on both sides | the most memory of the process before, KiB | after both | down, GiB a second | up |
| --- | --- | --- | --- | --- |
${table}`;
}

async function measured(folder, { serve, scheme, ask }) {
  const application = serve(async (question, answer) => {
    const came = await counted(question);
    answer.writeHead(200, { "x-came": String(came) });
    await pipeline(Readable.from(question.method === "GET" ? pieces() : []), answer).catch(() => {});
  });
  const behind = await listen(application);
  const port = await freePort();
  const written = files.doorward(port, behind, `bodies-${scheme}`).replace(/^url = "http:/m, `url = "${scheme}:`);
  const file = await folder.write(`bodies-${scheme}.toml`, written);
  const doorward = new Program(BINARY, ["run", "--config", file]);
  try {
    await untilAnswered(port, doorward);
    const visitor = new Visitor();
    await visitor.signInAtDemonstration(`http://localhost:${port}`);
    const before = highest(doorward);
    const asked = { port, cookie: visitor.cookies() };
    const down = await passed(ask({ ...asked, method: "GET" }), []);
    const up = await passed(ask({ ...asked, method: "POST" }), pieces());
    return { before, after: highest(doorward), down, up };
  } finally {
    await doorward.end("SIGTERM");
    application.close();
  }
}

function askByOne({ port, method, cookie }) {
  const question = http.request({ port, method, path: "/answer", headers: { host: `localhost:${port}`, cookie } });
  const answered = once(question, "response").then(([answer]) => ({
    answer,
    status: answer.statusCode,
    came: answer.headers["x-came"],
  }));
  return { question, answered, end() {} };
}

function askByTwo({ port, method, cookie }) {
  const session = http2.connect(`http://localhost:${port}`, { settings: { initialWindowSize: 1024 * 1024 } });
  const question = session.request({ ":method": method, ":path": "/answer", cookie }, { endStream: false });
  const answered = once(question, "response").then(([head]) => ({
    answer: question,
    status: head[":status"],
    came: head["x-came"],
  }));
  return { question, answered, end: () => session.close() };
}

/** Sends a body and reads another; GiB a second of the larger. */
async function passed({ question, answered, end }, body) {
  const began = performance.now();
  // What goes up ends before what comes down does, on the one stream that both are of HTTP/2.
  const sent = (async () => {
    for (const piece of body) if (!question.write(piece)) await once(question, "drain");
    question.end();
  })();
  const { answer, status, came } = await answered;
  const [read] = await Promise.all([counted(answer), sent]);
  end();
  if (status !== 200 || read + Number(came) !== BYTES) throw new Error(`${status}: ${read} bytes`);
  return BYTES / GIB / ((performance.now() - began) / 1000);
}

function* pieces() {
  for (let sent = 0; sent < BYTES; sent += PIECE.length) yield PIECE;
}

async function counted(stream) {
  let count = 0;
  for await (const piece of stream) count += piece.length;
  return count;
}

/** The most memory that a process has had, in KiB. */
function highest(program) {
  return Number(readFileSync(`/proc/${program.pid}/status`, "latin1").match(/VmHWM:\s+(\d+) kB/)[1]);
}
