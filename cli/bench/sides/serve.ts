/**
 * @file The process of one side: has its session made, then answers one request at a time. It ends with the process that measures. Knows no
 * kind of side.
 */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cliMessages } from "../../../compiler/diagnostics/catalog/cli.ts";
import { verifyMessages } from "../../../compiler/diagnostics/catalog/verify.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { readNpz } from "../../../ort/files/npz.ts";
import { OrtError } from "../../../ort/session.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import type { Opened } from "./opened.ts";
import { operatorTimes } from "../operators.ts";
import type { FromSide, Ran, SideConfig, ToSide } from "./protocol.ts";

/** Runs of a side that profiles; the last counts. */
const PROFILED_RUNS = 2;

/** Makes the session of a side. */
export type Open = (config: SideConfig, feeds: OrtTensors) => Promise<Opened>;

/** Answers the requests of the process that measures, until it goes or stops this process. */
export function serveSide(open: Open): void {
  let config: SideConfig | undefined;
  let opened: Opened | undefined;

  const answerOf = async (request: ToSide): Promise<FromSide> => {
    if (request.kind === "start") {
      const feeds = await readNpz(request.config.feeds);
      if (!feeds.ok) throw new ContextParallelError(feeds.diagnostics);
      const begun = performance.now();
      opened = await open(request.config, feeds.value);
      config = request.config;
      const { backend, notes } = opened;
      return { kind: "started", milliseconds: performance.now() - begun, backend, notes };
    }
    if (config === undefined || opened === undefined) throw new Error("a side was asked before it had started");
    return request.kind === "run" ? run(opened, request.outputs) : profile(opened, config);
  };

  // Without the process that asks, nobody would end this one; a run in progress does not matter any more.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  process.on("message", (request: ToSide) => {
    answerOf(request).then(say, (error: unknown) => say({ kind: "failed", diagnostics: diagnosticsOf(error) }));
  });
}

function say(answer: FromSide): void {
  process.send?.(answer);
}

async function run({ run }: Opened, wanted: boolean): Promise<Ran> {
  const before = process.cpuUsage();
  const begun = performance.now();
  const { outputs, stats } = await run();
  const milliseconds = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  const processor = (user + system) / 1000;
  const resident = process.resourceUsage().maxRSS * 1024;
  return { kind: "ran", milliseconds, processor, resident, stats, outputs: wanted ? outputs : {} };
}

async function profile({ run, close }: Opened, { profile: folder }: SideConfig): Promise<FromSide> {
  for (let i = 0; i < PROFILED_RUNS; i += 1) await run();
  // Only now does the library write its files.
  await close();
  const files = folder === null ? [] : readdirSync(folder).map((file) => readFileSync(join(folder, file), "utf8"));
  return { kind: "profiled", operators: operatorTimes(files, PROFILED_RUNS) };
}

function diagnosticsOf(error: unknown): readonly Diagnostic[] {
  if (error instanceof ContextParallelError) return error.diagnostics;
  const reason = error instanceof Error ? error.message : String(error);
  if (error instanceof OrtError) return [diagnose(verifyMessages.unsplitFailed, { reason })];
  return [diagnose(cliMessages.internal, { problem: reason.replaceAll(/\s*\n\s*/g, " ") })];
}
