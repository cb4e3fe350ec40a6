// Bodies of 10 GiB, down and up, and the memory of Doorward's process while they pass.
import { createServer, request } from "node:http";
import { readFileSync } from "node:fs";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";

import { BINARY } from "../e2e/support/doorward.js";
import { listen, Program, shut } from "../e2e/support/process.js";
import * as files from "./files.js";
import { freePort, untilAnswered } from "./neighbours.js";
import { Visitor } from "./visitor.js";

const GIB = 1024 ** 3;
const BYTES = 10 * GIB;
const PIECE = Buffer.alloc(256 * 1024);

export async function bodies(folder) {
  const application = createServer(async (question, answer) => {
    const came = await counted(question);
    answer.writeHead(200, { "x-came": String(came) });
    await pipeline(Readable.from(question.method === "GET" ? pieces() : []), answer).catch(() => {});
  });
  const behind = await listen(application);
  const port = await freePort();
  const file = await folder.write("bodies.toml", files.doorward(port, behind, "bodies"));
  const doorward = new Program(BINARY, ["run", "--config", file]);
  try {
    await untilAnswered(port, doorward);
    const visitor = new Visitor();
    await visitor.signInAtDemonstration(`http://localhost:${port}`);
    const before = highest(doorward);
    const down = await passed(port, visitor, "GET", []);
    const up = await passed(port, visitor, "POST", pieces());
    return `
bodies: 10 GiB each way, signed in

| | |
| --- | --- |
| the most memory of the process before, KiB | ${before} |
| after both | ${highest(doorward)} |
| down, GiB a second | ${down.toFixed(2)} |
| up | ${up.toFixed(2)} |
`;
  } finally {
    await doorward.end("SIGTERM");
    await shut(application);
  }
}

/** Sends a body and reads another; GiB a second of the larger. */
async function passed(port, visitor, method, body) {
  const began = performance.now();
  const question = request({ port, method, path: "/answer", headers: { host: `localhost:${port}`, cookie: visitor.cookies() } });
  const answered = new Promise((resolve, reject) => question.on("response", resolve).on("error", reject));
  await pipeline(Readable.from(body), question);
  const answer = await answered;
  const read = await counted(answer);
  if (answer.statusCode !== 200 || read + Number(answer.headers["x-came"]) !== BYTES) throw new Error(`${answer.statusCode}: ${read} bytes`);
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
