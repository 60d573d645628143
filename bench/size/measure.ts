/**
 * @file Runs one command of `onnx-cp` in its own process, and what it took.
 */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Used } from "./report.ts";

export interface Measured extends Used {
  /** From the start of the process to its end, seconds. */
  readonly seconds: number;
}

const root = new URL(import.meta.url.includes("/dist/") ? "../../../" : "../../", import.meta.url);
const report = new URL("dist/bench/size/report.js", root);
const command = fileURLToPath(new URL("bin/onnx-cp.js", root));

/** Runs the built command. Throws `Error` with its messages if it fails. */
export function measure(args: readonly string[]): Measured {
  const start = performance.now();
  const { status, stderr, output } = spawnSync(process.execPath, ["--import", report.href, command, ...args], {
    stdio: ["ignore", "ignore", "pipe", "pipe"],
    maxBuffer: 2 ** 28,
    encoding: "utf8",
  });
  const seconds = (performance.now() - start) / 1000;
  if (status !== 0) throw new Error(`onnx-cp ${args.join(" ")} ended with ${status}:\n${stderr}`);
  return { seconds, ...(JSON.parse(output[3] ?? "") as Used) };
}
