/**
 * @file `npm start`: draws the digits 0 to 9 with a small Flux split over two devices, and compares every step with the unsplit model.
 */
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Io } from "../cli/io.ts";
import { drawDigits } from "./digits.ts";

const { stdout, stderr } = process;
const stop = new AbortController();
process.once("SIGINT", () => stop.abort());
const io: Io = {
  input: () => undefined,
  out: (text) => void stdout.write(text),
  err: (text) => void stderr.write(text),
  colors: false,
  interactive: Boolean(stderr.isTTY),
  columns: stderr.columns ?? 110,
  width: null,
  signal: stop.signal,
  commit: (_, work) => work(),
};

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const files = {
  model: path("demo/model/digits.onnx"),
  plan: path("plans/flux.plan.json"),
  conditioning: path("demo/model/conditioning.npz"),
};

try {
  const { png, ok } = await drawDigits(files, io);
  writeFileSync("digits.png", png);
  io.out("\ndigits.png shows the digits\n");
  process.exitCode = ok ? 0 : 3;
} catch (error) {
  io.err(`the demo failed: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 4;
}
