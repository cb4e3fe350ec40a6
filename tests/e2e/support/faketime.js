// Time passes: for a program, and for what runs beside the test in its own process.
import { readdir } from "node:fs/promises";

/** Where Debian puts the libraries of each architecture. */
const LIBRARIES = "/usr/lib";

/** The environment in which a program's clock is ahead. What it waits for takes as long as ever. */
export async function ahead(minutes) {
  return {
    LD_PRELOAD: await library(),
    FAKETIME: `+${minutes}m`,
    FAKETIME_DONT_FAKE_MONOTONIC: "1",
  };
}

/** Sets the clock of this process ahead, in which the providers live, until that is closed. */
export function setAhead(minutes) {
  const { now } = Date;
  Date.now = () => now() + minutes * 60_000;
  return {
    close() {
      Date.now = now;
    },
  };
}

async function library() {
  const names = await readdir(LIBRARIES, { withFileTypes: true });
  for (const { name } of names.filter((entry) => entry.isDirectory())) {
    const folder = `${LIBRARIES}/${name}/faketime`;
    const found = await readdir(folder).catch(() => []);
    if (found.includes("libfaketimeMT.so.1")) return `${folder}/libfaketimeMT.so.1`;
  }
  throw new Error("libfaketime is not installed");
}
