#!/usr/bin/env node
/**
 * @file The command: starts the built command line, unless this Node is too old to read it. Knows no command.
 */
import { readFileSync } from "node:fs";

const { engines } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
const [lowest] = /\d+/.exec(engines.node);
const { node } = process.versions;

if (Number.parseInt(node, 10) < Number(lowest)) {
  process.stderr.write(`onnx-cp needs Node ${lowest} or later, and this is Node ${node}\n`);
  process.exitCode = 2;
} else {
  await import("../dist/cli/main.js");
}
