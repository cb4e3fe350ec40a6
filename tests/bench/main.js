// One run: starts everything, gives each proxy its slices of load in turn, prints ratios to the nearest nginx slice.
import { Folder } from "../e2e/support/folder.js";
import { bodies } from "./bodies.js";
import { BURST, h2load, paced, wrk } from "./load.js";
import { memory } from "./memory.js";
import { open } from "./neighbours.js";
import { signIn } from "./sign_in.js";
import { Table, Times } from "./table.js";

const KIB = 1024;

/** The parts of a run that load as much as goes: what is asked for, and who answers. nginx is always among them: it is the measure. */
const PARTS = {
  small: { bytes: KIB, connections: 64, load: wrk, targets: everybody() },
  "100k": { bytes: 100 * KIB, connections: 32, load: wrk, targets: plain() },
  large: { bytes: KIB * KIB, connections: 32, load: wrk, targets: plain() },
  http2: { bytes: KIB, connections: 64, load: h2load, targets: ["bare", "public", "signed in", "signed in, HTTP/2"] },
  asked: { bytes: KIB, connections: 64, load: wrk, targets: ["signed in", "asked by nginx"] },
};

/** Those at a rate that everybody can keep up with: how long an answer takes. */
const PACED = {
  steady: { clients: 8, rate: 250 },
  bursts: { clients: BURST, rate: 20 },
};

/** After how many slices of others nginx is measured again. */
const NEAR = 2;

function plain() {
  return ["haproxy", "bare", "public", "signed in"];
}

function everybody() {
  return [...plain(), "mod_auth_openidc, shm", "mod_auth_openidc, redis"];
}

const rounds = Number(process.env.ROUNDS ?? 7);
const seconds = Number(process.env.SECONDS_EACH ?? 3);
const only = process.env.TARGETS?.split(";");
const all = [...Object.keys(PARTS), ...Object.keys(PACED), "memory", "sign-in", "bodies"];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;

const folder = await Folder.make();
try {
  for (const name of wanted) {
    if (name === "memory") console.log(await memory(folder));
    else if (name === "sign-in") console.log(await signIn(folder));
    else if (name === "bodies") console.log(await bodies(folder));
    else if (name in PACED) await waiting(name);
    else await part(name);
  }
} finally {
  await folder.remove();
}

async function part(name) {
  const { bytes, connections, load, targets } = PARTS[name];
  const chosen = targets.filter((target) => !only || only.includes(target));
  const all = await open(folder, bytes, chosen);
  try {
    const table = new Table(`${name}: ${bytes} bytes, ${connections} connections, ${rounds} rounds of ${seconds} s`);
    for (let round = 0; round < rounds; round += 1) {
      // There and back, so that what changes slowly favours nobody.
      const order = round % 2 ? chosen.toReversed() : chosen;
      let measure;
      for (const [index, target] of order.entries()) {
        if (index % NEAR === 0) {
          measure = await load(all.target("nginx"), connections, seconds);
          table.add("nginx", measure, measure);
        }
        table.add(target, await load(all.target(target), connections, seconds), measure);
      }
    }
    console.log(table.toString());
  } finally {
    await all.close();
  }
}

async function waiting(name) {
  const chosen = ["nginx", "bare", "public", "signed in"].filter((target) => !only || target === "nginx" || only.includes(target));
  const all = await open(folder, KIB, chosen);
  try {
    const { clients, rate } = PACED[name];
    const table = new Times(`${name}: ${KIB} bytes, ${clients} connections at ${rate} requests a second each, ${rounds} rounds of ${seconds} s`);
    for (let round = 0; round < rounds; round += 1) {
      for (const target of round % 2 ? chosen.toReversed() : chosen) {
        table.add(target, await paced(all.target(target), folder, PACED[name], seconds));
      }
    }
    console.log(table.toString());
  } finally {
    await all.close();
  }
}
