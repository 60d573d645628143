/**
 * @file A separate process in which the native library of onnxruntime-node does not load, with the system linker's error text. Ranks
 * inherit it.
 */
import { spawnSync } from "node:child_process";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";

/** What the linker of Linux says where another version of the library is in the process already. */
export const CONFLICT =
  "/app/node_modules/other/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1: version `VERS_1.30.0' not found " +
  "(required by /app/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/onnxruntime_binding.node)";

/** Runs `body`, which has the public API as `api`, and gives the diagnostics that it returns or throws. */
export function withoutLibrary(reason: string, body: string): readonly Diagnostic[] {
  const preload = `process.dlopen = () => { throw new Error(${JSON.stringify(reason)}); };`;
  const entry = JSON.stringify(new URL("../../dist/index.js", import.meta.url).href);
  const script = `
    const api = await import(${entry});
    const work = async () => { ${body} };
    const diagnostics = await work().catch((error) => error.diagnostics);
    console.log(JSON.stringify(diagnostics));`;
  const { stdout, stderr } = spawnSync(process.execPath, ["--input-type=module", "-e", script], {
    encoding: "utf8",
    timeout: 50_000,
    env: { ...process.env, NODE_OPTIONS: `--import data:text/javascript,${encodeURIComponent(preload)}` },
  });
  if (stderr !== "") throw new Error(stderr);
  return JSON.parse(stdout) as readonly Diagnostic[];
}
