// A temporary folder that goes when its test does.
import { rmSync } from "node:fs";
import { mkdtemp, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

// First, so that whoever writes into a folder has ended before the folder goes.
import "./process.js";

const kept = new Set();
// Also when the total time limit ends a test in its middle.
process.once("exit", () => kept.forEach((path) => rmSync(path, { recursive: true, force: true })));

export class Folder {
  static async make() {
    return new Folder(await mkdtemp(join(tmpdir(), "doorward-e2e-")));
  }

  constructor(path) {
    this.path = path;
    kept.add(path);
  }

  async write(name, text) {
    const path = join(this.path, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  }

  /** Name and bytes, one character each, of every file in a folder below. */
  async files(name) {
    const folder = join(this.path, name);
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile());
    return Promise.all(
      files.map(async (entry) => {
        const path = join(entry.parentPath ?? entry.path, entry.name);
        return [path, await readFile(path, "latin1")];
      }),
    );
  }

  contents() {
    return readdir(this.path);
  }

  async remove() {
    await rm(this.path, { recursive: true, force: true });
    kept.delete(this.path);
  }
}
