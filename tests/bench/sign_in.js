// What a sign-in costs Doorward's process: from its door by the certified provider to the application.
import { createServer } from "node:http";

import { BINARY } from "../e2e/support/doorward.js";
import { listen, Program, shut } from "../e2e/support/process.js";
import { IdentityProvider } from "../e2e/support/provider.js";
import * as files from "./files.js";
import { PROXY_CORE, processorMicros } from "./load.js";
import { freePort, untilAnswered } from "./neighbours.js";
import { Visitor } from "./visitor.js";

/** How many are measured, after those that find everything cold. */
const COUNT = 300;
const COLD = 30;

/** ID tokens are signed like this: what most providers do, and what is cheapest to check, and to sign. */
const ALGORITHMS = ["RS256", "ES256"];

export async function signIn(folder) {
  const application = createServer((request, response) => response.end("x".repeat(1024)));
  const behind = await listen(application);
  const rows = [];
  try {
    for (const algorithm of ALGORITHMS) rows.push(`| ${algorithm} | ${await measured(folder, behind, algorithm)} |`);
  } finally {
    await shut(application);
  }
  return `
sign-in: ${COUNT} one after the other, microseconds of processor time each

| ID token | |
| --- | --- |
${rows.join("\n")}
`;
}

async function measured(folder, behind, algorithm) {
  const port = await freePort();
  const site = `http://localhost:${port}`;
  const people = { ada: { email: "ada@acme.example", email_verified: true, name: "Ada" } };
  const provider = await IdentityProvider.open("bench", people);
  await provider.register({ redirectUri: `${site}/_sso/callback/idp`, loggedOut: `${site}/_sso/logged-out`, algorithm });
  const name = `sign-in-${algorithm}`;
  const file = await folder.write(`${name}.toml`, files.doorward(port, behind, name, "", files.certified(provider)));
  const doorward = new Program("taskset", ["-c", PROXY_CORE, BINARY, "run", "--config", file]);
  try {
    await untilAnswered(port, doorward);
    await signedIn(site, COLD);
    const before = processorMicros(doorward.pid);
    await signedIn(site, COUNT);
    return ((processorMicros(doorward.pid) - before) / COUNT).toFixed(0);
  } finally {
    await doorward.end("SIGTERM");
    await provider.close();
  }
}

async function signedIn(site, count) {
  for (let number = 0; number < count; number += 1) await new Visitor().signInAtProvider(`${site}/_sso/login/acme`);
}
