// The samples of examples/pages: every page and problem that there is, also those that no story meets.
import { execFile } from "node:child_process";
import { readFile, readdir } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { Folder } from "./folder.js";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** `./run` has built it already. */
const LONGEST_BUILD = 600_000;

/** Of each page and each problem, the one with the most different things on it: its kind, and the HTML. They wear the brands of
 * a configuration, if one is given. */
export async function samples(configuration) {
  const folder = await Folder.make();
  try {
    const brands = configuration ? ["en", configuration] : [];
    const cargo = ["run", "--quiet", "--locked", "--example", "pages", "--", folder.path, ...brands];
    await promisify(execFile)("cargo", cargo, { cwd: ROOT, timeout: LONGEST_BUILD });
    return richest(await read(folder.path));
  } finally {
    await folder.remove();
  }
}

async function read(folder) {
  const files = (await readdir(folder)).filter((file) => file !== "index.html").sort();
  return Promise.all(files.map(async (file) => ({
    // A problem is the same on a host of its own and where nobody is known, but for where its links lead.
    kind: file.replace(/\.html$/, "").replace(/-\d+/g, "").replace(/-(shared|own|nobody)$/, ""),
    html: await readFile(join(folder, file), "utf8"),
  })));
}

function richest(all) {
  const found = new Map();
  for (const sample of all) {
    const body = sample.html.slice(sample.html.indexOf("<body>"));
    const plain = body.replace(/(href|action|value|src|datetime|id|for|aria-[a-z]+)="[^"]*"/g, "$1");
    const things = new Set(plain.match(/<[^>]*>/g)).size;
    if (!(found.get(sample.kind)?.things >= things)) found.set(sample.kind, { ...sample, things });
  }
  return [...found.values()];
}
