// Load for some seconds, and what it cost the process that answered.
import { execFile } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { rm } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The core of the load and the application; the proxy has the other. */
export const LOAD_CORE = "1";
export const PROXY_CORE = "0";

/** Length of a tick in `/proc/PID/stat` (USER_HZ). */
const TICK_MICROS = 10_000;

/** HTTP/1.1. */
export function wrk(target, connections, seconds) {
  const words = ["-t1", `-c${connections}`, `-d${seconds}s`, "--latency"];
  return measured(target, "wrk", words, (said) => {
    // Apache closes a connection now and then, which costs it one request.
    if (/Non-2xx|connect [1-9]|timeout [1-9]/.test(said)) throw new Error(`${target.name}:\n${said}`);
    return {
      count: number(said, /(\d+) requests in/),
      rate: number(said, /Requests\/sec:\s+([\d.]+)/),
      p99: milliseconds(said, /99%\s+([\d.]+)(us|ms|s)/),
    };
  });
}

/** HTTP/2 where the target speaks it, with as many streams in all as there are connections of HTTP/1.1; one to a connection elsewhere. */
export function h2load(target, connections, seconds) {
  const words = target.http2
    ? ["-c8", `-m${connections / 8}`, `-D${seconds}`]
    : ["--h1", `-c${connections}`, "-m1", `-D${seconds}`];
  return measured(target, "h2load", words, (said) => {
    const count = number(said, /status codes: (\d+) 2xx/);
    if (/[1-9]\d* (3|4|5)xx/.test(said)) throw new Error(`${target.name}:\n${said}`);
    return { count, rate: count / seconds, p99: NaN };
  });
}

/** Requests that come at once: every connection sends one in the same moment. */
export const BURST = 32;

/** How long each answer took, in microseconds, at a steady rate over HTTP/1.1. */
export async function paced(target, folder, { clients, rate }, seconds) {
  const log = join(folder.path, "times");
  await rm(log, { force: true });
  const words = ["--h1", `-c${clients}`, "-m1", `--rps=${rate}`, `-D${seconds}`, `--log-file=${log}`];
  const headers = Object.entries(target.headers ?? {}).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  await run("taskset", ["-c", LOAD_CORE, "h2load", ...words, ...headers, target.url]);
  const lines = readFileSync(log, "latin1").trim().split("\n").map((line) => line.split("\t").map(Number));
  if (!lines.every(([, status]) => status === 200)) throw new Error(`${target.name} answered with something else`);
  return lines.map(([, , micros]) => micros);
}

async function measured(target, program, words, read) {
  const headers = Object.entries(target.headers ?? {}).flatMap(([name, value]) => ["-H", `${name}: ${value}`]);
  const before = processorMicros(target.pid);
  const { stdout } = await run("taskset", ["-c", LOAD_CORE, program, ...words, ...headers, target.url]);
  const spent = processorMicros(target.pid) - before;
  const found = read(stdout);
  return { ...found, micros: spent / found.count };
}

/** The processor time that a process and its children have used so far. */
export function processorMicros(pid) {
  const all = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  const processes = all.flatMap((name) => {
    try {
      // The name, in parentheses, can hold anything.
      const fields = readFileSync(`/proc/${name}/stat`, "latin1").replace(/^.*\) /s, "").split(" ");
      return [{ pid: Number(name), parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) }];
    } catch {
      return [];
    }
  });
  const family = new Set([pid]);
  // Parents come before their children, but for one wrap-around of the numbers.
  for (const one of [...processes, ...processes]) if (family.has(one.parent)) family.add(one.pid);
  return processes.filter((one) => family.has(one.pid)).reduce((sum, one) => sum + one.ticks * TICK_MICROS, 0);
}

function number(said, pattern) {
  const found = said.match(pattern);
  if (!found) throw new Error(`this says nothing of ${pattern}:\n${said}`);
  return Number(found[1]);
}

function milliseconds(said, pattern) {
  const unit = said.match(pattern)?.[2];
  return number(said, pattern) * { us: 0.001, ms: 1, s: 1000 }[unit];
}
