// A program that a test has started, and that ends with it whatever happens.
import { spawn } from "node:child_process";
import { once } from "node:events";

const PATIENCE = 20_000;

/** No story comes near it; one that hangs is told of by its name, and the rest are heard. */
export const LONGEST_STORY = 240_000;

const running = new Set();
// Whoever leaves early, by a mistake here or by the total time limit, takes them along.
process.once("exit", () => running.forEach((child) => child.kill("SIGKILL")));
process.once("SIGTERM", () => process.exit(143));

export class Program {
  #child;
  #ended;
  #watchers = new Set();
  output = "";

  /** Starts `file` with `args`. */
  constructor(file, args, env = {}) {
    this.#child = spawn(file, args, {
      env: { ...process.env, ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    running.add(this.#child);
    const hear = (text) => {
      this.output += text;
      this.#watchers.forEach((look) => look());
    };
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", hear);
    }
    this.#ended = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      // Not `exit`: only now everything that it said has been heard.
      this.#child.once("close", (code, signal) => resolve({ code, signal }));
    }).finally(() => running.delete(this.#child));
    this.#ended.catch(() => {});
  }

  get pid() {
    return this.#child.pid;
  }

  /** Waits until the output matches, and returns the match. */
  async says(pattern) {
    const heard = new Promise((resolve) => {
      const look = () => {
        const match = pattern.exec(this.output);
        if (match) {
          this.#watchers.delete(look);
          resolve(match);
        }
      };
      this.#watchers.add(look);
      look();
    });
    const over = this.#ended.then(({ code, signal }) => {
      throw new Error(`ended (${signal ?? code}) before it said ${pattern}:\n${this.output}`);
    });
    return within(Promise.race([heard, over]), () => `never said ${pattern}:\n${this.output}`);
  }

  /** Waits for it to end by itself. */
  ended() {
    return within(this.#ended, () => `does not end:\n${this.output}`);
  }

  /** Sends a signal and waits for the end; says how it ended if it has already. */
  async end(signal) {
    this.#child.kill(signal);
    try {
      return await within(this.#ended, () => `does not end on ${signal}:\n${this.output}`);
    } catch (error) {
      this.#child.kill("SIGKILL");
      throw error;
    }
  }
}

/** Closes everything, in this order, also when some of it does not want to. */
export async function closeAll(closers) {
  for (const close of closers) {
    try {
      await within(close(), () => "something of the story does not close");
    } catch (error) {
      // What is being told by the test itself matters more.
      console.error(error);
      process.exitCode = 1;
    }
  }
}

/** Waits for a promise, but not for ever. */
export async function within(promise, complaint, patience = PATIENCE) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(complaint())), patience);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Opens a server on loopback, at a port that is free. */
export async function listen(server) {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return server.address().port;
}

/** Closes a server with every connection that is still open, if a story has not done so already. */
export async function shut(server) {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeAllConnections();
  await within(closed, () => "a server of the test does not close");
}
