/**
 * @file An example of a diagnostic: the files and the command, or the call, that trigger it, and how it is run. Knows no code.
 */
import { mkdtemp, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { main } from "../../cli/cli.ts";
import { textReader } from "../../compiler/diagnostics/format.ts";
import { renderDiagnostics } from "../../compiler/diagnostics/render.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { capture } from "../cli/capture.ts";
import { fixture } from "../support/fixtures.ts";

export interface Example {
  /** What the diagnostic means, how one comes to it and out of it. */
  readonly means: string;
  /** Text files by name; the page shows them. */
  readonly files?: Readonly<Record<string, string>>;
  /** What else is there, in words, where `make` makes it. */
  readonly given?: string;
  /** Makes what is no text, in the current folder. */
  readonly make?: () => Promise<void> | void;
  /** A command line; with `call`, the lines of a program that do the same. */
  readonly command: string;
  /** What the API says, for what no command reaches. The current folder holds the files. */
  readonly call?: () => Promise<readonly Diagnostic[]>;
}

export type Examples = Readonly<Record<string, Example>>;

/** Files that commands may name beside their own. */
const SHARED: Readonly<Record<string, string>> = {
  "flux.onnx": "flux/flux.dynamo18-dynamic.onnx",
  "flux-static.onnx": "flux/flux.torchscript18-static.onnx",
  "flux-unnamed.onnx": "flux/flux.dynamo18-unnamed.onnx",
  "flux.npz": "flux/flux.img96-txt40.inputs.npz",
  "wan.onnx": "wan/wan.dynamo18-dynamic.onnx",
  "wan-marked.onnx": "wan/wan.dynamo18-dynamic.marked.onnx",
  "ltx23.onnx": "ltx/ltx.dynamo23-dynamic.onnx",
  "ltx.npz": "ltx/ltx.img67-txt13.inputs.npz",
  "ltx.onnx": "ltx/ltx.dynamo18-dynamic.onnx",
  "ltx2.onnx": "ltx2/ltx2.dynamo18-dynamic.onnx",
  "qwenimage.onnx": "qwenimage/qwenimage.dynamo18-dynamic.onnx",
  "minimax_h3.onnx": "minimax_h3/minimax_h3.dynamo18-dynamic.onnx",
};

/** Runs an example in a folder of its own, and looks at the folder's files through `look` before it goes. */
export async function runExample<T>(
  { files = {}, make, command, call }: Example,
  look: (diagnostics: readonly Diagnostic[]) => T | Promise<T>,
): Promise<T> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), "onnx-cp-example-")));
  const before = process.cwd();
  try {
    process.chdir(folder);
    const shared = Object.keys(SHARED).filter((name) => command.split(/[\s"']+/).includes(name));
    for (const name of shared) await symlink(fixture(SHARED[name] ?? ""), name);
    for (const [name, text] of Object.entries(files)) await writeFile(name, text);
    await make?.();
    return await look(await (call ?? (() => diagnosticsOf(command)))());
  } finally {
    process.chdir(before);
    await rm(folder, { recursive: true, force: true });
  }
}

const project = process.cwd();

/** A diagnostic as a terminal shows it, with paths as if the current folder were `/app` and the package installed in it. */
export function printed(diagnostic: Diagnostic): string {
  const folder = process.cwd();
  return renderDiagnostics([diagnostic], { read: textReader() })
    .replaceAll(`file://${folder}/`, "file:///app/")
    .replaceAll(`${folder}/`, "")
    .replaceAll(folder, ".")
    .replaceAll(`${project}/`, "node_modules/onnx-context-parallel/")
    .replaceAll(/\b[0-9a-f]{64}\b/g, "<sha256>")
    .replace(/\n\n1 (error|warning)\n$/, "\n");
}

/** What a command line says: its diagnostics as tools get them. */
export async function diagnosticsOf(command: string): Promise<readonly Diagnostic[]> {
  const io = capture();
  await main([...wordsOf(command).slice(1), "--format", "json"], io);
  return (JSON.parse(io.stdout()) as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
}

/** The words of a command line as a shell would give them: quotes keep spaces and stars. */
function wordsOf(command: string): readonly string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, plain]) => double ?? single ?? plain ?? "",
  );
}
