// Every page and problem that there is, also those that no story meets: the samples of examples/pages under the eyes of
// axe-core, in every combination of light and dark, wide and narrow, and at 200 %. pages.test.js has readers of Arabic.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { openBrowser } from "./support/browser.js";
import { examine } from "./support/examiner.js";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** Pages that are looked at side by side. */
const TOGETHER = 3;

const opening = openBrowser();
after(async () => (await opening).close());

test("every page and problem stands up to axe-core in every way of reading it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "doorward-pages-"));
  try {
    const cargo = ["run", "--quiet", "--locked", "--example", "pages", "--", folder];
    await promisify(execFile)("cargo", cargo, { cwd: ROOT });
    const samples = richest(await read(folder));
    assert.ok(samples.length > 70, `${samples.length} samples`);
    const context = await (await opening).newContext();
    const look = async () => {
      for (let sample = samples.pop(); sample; sample = samples.pop()) {
        await examine(context, sample, { thoroughly: true });
      }
    };
    await Promise.all(Array.from({ length: TOGETHER }, look));
    await context.close();
  } finally {
    await rm(folder, { recursive: true });
  }
});

async function read(folder) {
  const files = (await readdir(folder)).filter((file) => file !== "index.html").sort();
  return Promise.all(files.map(async (file) => ({
    name: `sample-${file.replace(/\.html$/, "")}`,
    html: await readFile(join(folder, file), "utf8"),
  })));
}

/** Of each page and each problem, the one with the most different things on it. */
function richest(samples) {
  const found = new Map();
  for (const sample of samples) {
    const body = sample.html.slice(sample.html.indexOf("<body>"));
    const plain = body.replace(/(href|action|value|src|datetime|id|for|aria-[a-z]+)="[^"]*"/g, "$1");
    const things = new Set(plain.match(/<[^>]*>/g)).size;
    // A problem is the same on a host of its own and where nobody is known, but for where its links lead.
    const kind = sample.name.replace(/-\d+/g, "").replace(/-(shared|own|nobody)$/, "");
    if (!(found.get(kind)?.things >= things)) found.set(kind, { ...sample, things });
  }
  return [...found.values()];
}
