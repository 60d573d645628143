/**
 * @file Signals at random moments of `compile` and `run`: what is written is whole or not there, the message says which, nothing is left
 * behind, and the exit tells the signal. A few in `npm test`, always the same; forty in `npm run signals`, from a new seed that is printed.
 *
 * SIGNALS_SEED repeats a long run.
 */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { cpSync, existsSync, mkdirSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { readNpz } from "../../ort/files/npz.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import { temporaryFolder } from "../support/files.ts";
import { root } from "../structure/sources.ts";
import { ours } from "../temporary/support.ts";

const long = process.env["MODE"] === "long";
const count = long ? 40 : 5;
const seed = long ? Number(process.env["SIGNALS_SEED"] ?? Date.now() % 2 ** 31) : 6;

const signals = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof signals)[number];
type Command = "compile" | "compile again" | "run";

const plan = [
  "plans/flux.plan.json",
  "--model",
  "test/fixtures/flux/flux.dynamo18-dynamic.onnx",
  "--ulysses-degree",
  "2",
];

interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stderr: string;
  readonly stdout: string;
  readonly milliseconds: number;
  /** From the signal to the end. */
  readonly afterSignal: number;
}

/** The command in a process of its own, with a folder for its temporary files, and a signal after some milliseconds. */
function onnxCp(argv: readonly string[], temporary: string, signal?: Signal, afterMs = 0): Promise<Ended> {
  const started = performance.now();
  let sent = Infinity;
  const child = spawn(process.execPath, ["bin/onnx-cp.js", ...argv], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  let stderr = "";
  child.stderr.on("data", (data: Buffer) => (stderr += String(data)));
  let stdout = "";
  child.stdout.on("data", (data: Buffer) => (stdout += String(data)));
  if (signal !== undefined) {
    setTimeout(() => {
      sent = performance.now();
      child.kill(signal);
    }, afterMs);
  }
  return new Promise((resolve) => {
    child.on("close", (code, endedBy) => {
      const now = performance.now();
      resolve({ code, signal: endedBy, stderr, stdout, milliseconds: now - started, afterSignal: now - sent });
    });
  });
}

/** An empty folder and the arguments of a command that writes `path` there. */
async function prepared(
  command: Command,
): Promise<{ folder: string; temporary: string; path: string; argv: string[] }> {
  const folder = await temporaryFolder();
  const temporary = await temporaryFolder();
  mkdirSync(join(folder, "out"));
  const path = join(folder, "out", command === "run" ? "out.npz" : "program");
  const inputs = ["--inputs", "test/fixtures/flux/flux.img67-txt13.inputs.npz"];
  const compile = ["compile", ...plan, "--out", path];
  const run = ["run", ...plan, ...inputs, "--outputs", path, "--steps", "3"];
  if (command === "compile again") cpSync((await alone("compile")).path, path, { recursive: true });
  return { folder: join(folder, "out"), temporary, path, argv: command === "run" ? run : compile };
}

async function isWhole(path: string): Promise<boolean> {
  if (path.endsWith(".npz")) return (await readNpz(path)).ok;
  return (await loadProgram(path)).ok;
}

const identity = (path: string): unknown => (existsSync(path) ? statSync(path).ino : null);

/** What the process says has to be true, and how it ended has to tell the signal. */
function checkEnd({ code, signal: endedBy, stderr, stdout }: Ended, signal: Signal, wasWritten: boolean): void {
  if (code === 0) return expect(wasWritten).toBe(true);
  if (endedBy === null) expect(code).toBe(128 + constants.signals[signal]);
  else expect(endedBy).toBe(signal);
  // Silent only before the process could catch the signal, when nothing is written, or while it exits, after it has printed its result.
  const said = /interrupted; (nothing was written|already written: .*)/.exec(stderr)?.[1] ?? null;
  if (said === null) expect([endedBy, wasWritten]).toEqual([signal, stdout !== ""]);
  else expect(said.startsWith("already written")).toBe(wasWritten);
}

interface Alone {
  readonly milliseconds: number;
  readonly path: string;
}

const known = new Map<Command, Alone>();

/** How long the command takes when it is left alone, and what it writes. */
async function alone(command: "compile" | "run"): Promise<Alone> {
  const before = known.get(command);
  if (before !== undefined) return before;
  const { argv, temporary, path } = await prepared(command);
  const { code, milliseconds } = await onnxCp(argv, temporary);
  expect(code).toBe(0);
  expect(await isWhole(path)).toBe(true);
  expect(ours(temporary)).toEqual([]);
  const found = { milliseconds, path };
  known.set(command, found);
  return found;
}

/** Evenly distributed numbers from 0 to 1, the same for the same seed. */
function* randoms(seed: number): Generator<number, never> {
  for (let state = seed; ;) {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    yield (state >>> 0) / 2 ** 32;
  }
}

const random = randoms(seed);
const next = (): number => random.next().value;
const pick = <T>(list: readonly T[]): T => list[Math.floor(next() * list.length)]!;
const moments = Array.from({ length: count }, () => ({
  command: pick<Command>(["compile", "compile again", "run"]),
  signal: pick(signals),
  moment: 1.05 * next(),
}));

test(`${count} signals at random moments`, { timeout: count * 30_000 }, async () => {
  const ends: Record<string, number> = {};
  let slowest = 0;
  for (const { command, signal, moment } of moments) {
    const after = moment * (await alone(command === "run" ? "run" : "compile")).milliseconds;
    const { argv, folder, temporary, path } = await prepared(command);
    const before = identity(path);
    const ended = await onnxCp(argv, temporary, signal, after);
    const label = `${command}, ${signal} after ${Math.round(after)} ms`;
    const wasWritten = identity(path) !== before;
    expect(existsSync(path) ? await isWhole(path) : before === null, label).toBe(true);
    expect(readdirSync(folder), label).toEqual(existsSync(path) ? [path.slice(folder.length + 1)] : []);
    expect(ours(temporary), label).toEqual([]);
    checkEnd(ended, signal, wasWritten);
    const how = ended.code === 0 ? "ended before" : ended.signal === null ? "exit code" : "the signal itself";
    ends[how] = (ends[how] ?? 0) + 1;
    if (Number.isFinite(ended.afterSignal)) slowest = Math.max(slowest, ended.afterSignal);
  }
  const shown = Object.entries(ends).map(([how, times]) => `${times} x ${how}`);
  process.stdout.write(
    `${count} signals, seed ${seed}: ${shown.join(", ")}; at most ${Math.round(slowest)} ms to the end\n`,
  );
});

test("the second signal ends the process at once, by itself", async () => {
  const { argv, temporary } = await prepared("run");
  const child = spawn(process.execPath, ["bin/onnx-cp.js", ...argv, "--steps", "100000"], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary },
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  await vi.waitFor(() => expect(ours(temporary)).toHaveLength(1), { timeout: 30_000 });
  const ended = new Promise((resolve) => void child.on("close", (_, signal) => resolve(signal)));
  child.kill("SIGINT");
  child.kill("SIGTERM");
  expect(await ended).toMatch(/^SIG(?:INT|TERM)$/);
  expect(ours(temporary)).toEqual([]);
});

test("the exit code of an interrupted command is in its page", () => {
  const page = readFileSync(join(root, "docs/cli.md"), "utf8");
  for (const code of [130, 143, 129]) expect(page).toContain(String(code));
});
