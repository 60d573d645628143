/**
 * @file Examples of diagnostics of the command line, and of wrong tensor files. Codes CP7000-7999.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { zipSync } from "fflate";
import { vi } from "vitest";
import { advise } from "../../../advise/advise.ts";
import type { AdviseOptions } from "../../../advise/types.ts";
import { main } from "../../../cli/cli.ts";
import { startSide } from "../../../cli/bench/sides/process.ts";
import type { ContextParallelError } from "../../../compiler/diagnostics/error.ts";
import { cliMessages } from "../../../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { writeNpy } from "../../../ort/files/npy.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import { capture } from "../../cli/capture.ts";
import { encodeNpz } from "../../../ort/files/npz.ts";
import { diagnosticsOf, type Example, type Examples } from "../example.ts";
import { editProgram, fluxPlan } from "../flux.ts";
import { model, simple, simplePlan } from "../models.ts";

const files = { "flux.plan.json": fluxPlan };

function archive(means: string, given: string, make: () => void): Example {
  const command = "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs inputs.npz";
  return { means, files, given, make, command };
}

/** `inputs.npz` with one array: that of two by two numbers with its bytes edited. */
function array(edit: (npy: Buffer) => Uint8Array): () => void {
  return () => {
    const npy = edit(Buffer.from(writeNpy(ortTensor("float32", [2, 2], [1, 2, 3, 4]))));
    writeFileSync("inputs.npz", zipSync({ "timestep.npy": new Uint8Array(npy) }));
  };
}

/** A word of an array's header replaced by one of the same length. */
const header = (from: string, to: string) =>
  array((npy) => Buffer.from(npy.toString("latin1").replace(from, to), "latin1"));

/** The parts of every gather in the wrong order: what a wrong compiler would do. */
function swapGathers(program: Record<string, unknown>): void {
  for (const step of program["steps"] as { purpose?: string; transfers: { receive: string[] }[] }[]) {
    if (step.purpose === "gather") for (const transfer of step.transfers) transfer.receive.reverse();
  }
}

async function wrongOrder(): Promise<void> {
  model(simple);
  writeFileSync("a.plan.json", simplePlan);
  await diagnosticsOf("onnx-cp compile a.plan.json --model model.onnx --ulysses-degree 2 --out program");
  editProgram(swapGathers);
  const x = ortTensor(
    "float32",
    [4, 4],
    Array.from({ length: 16 }, (_, i) => i),
  );
  writeFileSync("inputs.npz", encodeNpz({ x }));
}

async function interrupted(): Promise<readonly Diagnostic[]> {
  const stop = new AbortController();
  const io = capture(stop.signal);
  const command =
    "run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs flux.npz --steps 100000 --format json";
  const running = main(command.split(" "), io);
  stop.abort();
  await running;
  return (JSON.parse(io.stdout()) as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
}

/** What a watch prints once its plan is gone. */
async function vanished(): Promise<readonly Diagnostic[]> {
  const stop = new AbortController();
  const io = capture(stop.signal);
  const command = "check flux.plan.json --model flux.onnx --ulysses-degree 2 --watch";
  const watching = main(command.split(" "), io);
  await vi.waitUntil(() => io.stderr().includes("watching"), { timeout: 50_000 });
  rmSync("flux.plan.json");
  await vi.waitUntil(() => io.stderr().includes("CP7012"), { timeout: 10_000 });
  stop.abort();
  await watching;
  return [diagnose(cliMessages.vanished, { file: "flux.plan.json" }, { file: "flux.plan.json" })];
}

async function killedSide(): Promise<readonly Diagnostic[]> {
  const common = { kind: "plain", threads: 1, device: "cpu", profile: null } as const;
  const config = { ...common, model: "flux.onnx", feeds: "flux.npz" };
  const side = await startSide({ name: "the plain session", config }, new AbortController().signal);
  process.kill(side.pid, "SIGKILL");
  try {
    await side.run();
    return [];
  } catch (error) {
    return (error as ContextParallelError).diagnostics;
  }
}

async function brokenTerminal(): Promise<readonly Diagnostic[]> {
  const io = capture();
  const broken = Object.defineProperty({ ...io }, "interactive", {
    get: () => {
      throw new Error("no terminal can be asked");
    },
  });
  const command = "run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs flux.npz --format json";
  await main(command.split(" "), broken);
  return (JSON.parse(io.stdout()) as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
}

async function adviseErrors(options: Pick<AdviseOptions, "devices" | "flops">): Promise<readonly Diagnostic[]> {
  return (await advise({ model: "flux.onnx", plan: "flux.plan.json", ...options })).diagnostics;
}

export const commandLine: Examples = {
  CP7001: {
    means: "The command line is invalid. The exit code is 2.",
    command: "onnx-cp check flux.plan.json --model flux.onnx --ulyses-degree 2",
  },
  CP7002: {
    means: "Neither the number of ranks nor the way they divide the work was given.",
    files,
    command: "onnx-cp check flux.plan.json --model flux.onnx",
  },
  CP7003: {
    means: "The program reached a state that should be impossible. The plan is most likely not the cause.",
    given: "a terminal whose isTTY property throws",
    command: "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs flux.npz",
    files,
    call: brokenTerminal,
  },
  CP7004: {
    means: "The operating system refuses to read or write a file.",
    files,
    given: "a folder `out.npz`",
    make: () => mkdirSync("out.npz"),
    command: "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs flux.npz --outputs out.npz",
  },
  CP7005: {
    means:
      "The command was interrupted (Ctrl-C), or terminated, or its terminal was closed. Each output is written completely or not at all; the message names those that were written. The exit code is 130 (SIGTERM: 143, SIGHUP: 129), or the process ends by the signal itself.",
    files,
    command:
      "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs flux.npz --steps 100000 # and Ctrl-C",
    call: interrupted,
  },
  CP7006: {
    means: "With `--verify`, an output differs from that of the unsplit model. The exit code is 3.",
    given: "a program for y = relu(x), edited to gather the ranks' chunks in the wrong order",
    make: wrongOrder,
    command: "onnx-cp run program --inputs inputs.npz --verify",
  },
  CP7007: {
    means: "The pattern of `--module` or `--explain` matches nothing.",
    command: "onnx-cp inspect flux.onnx --module transformer_block.0",
  },
  CP7009: {
    means: "The rest are only counted. Usually one mistake was made many times.",
    given: "`flux.plan.json` with two hundred entries that name no module",
    make: () => {
      const entries = Array.from({ length: 200 }, (_, i) => `"block.${i}": { "gather_dim": 1 }`);
      writeFileSync("flux.plan.json", `{\n${entries.join(",\n")}\n}`);
    },
    command: "onnx-cp check flux.plan.json --model flux.onnx",
  },
  CP7010: {
    means: "`onnx-cp init` writes a plan that people edit afterwards, so it never replaces a file.",
    files: { "flux.plan.jsonc": '{\n  "proj_out": { "gather_dim": 1 }\n}\n' },
    command: "onnx-cp init flux.onnx --out flux.plan.jsonc",
  },
  CP7011: {
    means: "`onnx-cp explain` knows the codes of this version. Without a code it lists them.",
    command: "onnx-cp explain CP40150",
  },
  CP7012: {
    means:
      "`onnx-cp check --watch` repeats the check when a file changes. A file that vanishes is reported once, since most come back: an editor or a generator is writing them. A plan that other plans import counts too.",
    files,
    given: "`flux.plan.json` removed while the watch runs",
    command: "onnx-cp check flux.plan.json --model flux.onnx --ulysses-degree 2 --watch",
    call: vanished,
  },
  CP7020: {
    means:
      "`onnx-cp bench` measures each side in a process. One of them ended without an answer: the system ran out of memory, or somebody ended it. The exit code is 4.",
    files,
    given: "a process that SIGKILL ends during the measurement",
    command: "onnx-cp bench flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs flux.npz",
    call: killedSide,
  },
  CP7101: {
    means: "`onnx-cp advise` computes numbers, so it needs every length that the model leaves open.",
    files,
    command: "onnx-cp advise flux.plan.json --model flux.onnx --devices 2 --shape hidden_states=1,96,16",
  },
  CP7102: {
    means: "`advise` was called with an option of another type, or with a number that no machine has.",
    files,
    command: 'await advise({ model: "flux.onnx", plan: "flux.plan.json", devices: [0] })',
    call: () => adviseErrors({ devices: [0] }),
  },
  CP7103: {
    means:
      "`advise` was called with an option that has a meaning only next to another. On the command line this is wrong usage.",
    files,
    command: 'await advise({ model: "flux.onnx", plan: "flux.plan.json", devices: [2], flops: 3e14 })',
    call: () => adviseErrors({ devices: [2], flops: 3e14 }),
  },
  CP7104: {
    means: "Every mesh of these numbers of devices was compiled, and each was refused.",
    files: {
      "flux.plan.json": '{ "norm_out": { "hidden_states": { "split_dim": 1 } }, "proj_out": { "gather_dim": 0 } }',
    },
    command: `onnx-cp advise flux.plan.json --model flux-static.onnx --devices 2 --bandwidth 25GB/s --flops 1TFLOP/s`,
  },
  CP7501: {
    means: "The file of inputs does not exist.",
    files,
    command: "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs no.npz",
  },
  CP7502: archive("The operating system refuses to read the file, for the given reason.", "a folder `inputs.npz`", () =>
    mkdirSync("inputs.npz"),
  ),
  CP7503: archive("The file is not an archive, or is truncated.", "a text file `inputs.npz`", () =>
    writeFileSync("inputs.npz", "hello"),
  ),
  CP7504: archive(
    "An entry of the archive is not an array.",
    "an archive that contains a text",
    array(() => Buffer.from("hello")),
  ),
  CP7505: archive(
    "The array has an element type that no supported model takes.",
    "big-endian numbers",
    header("<f4", ">f4"),
  ),
  CP7506: archive("Arrays are read in row-major order.", "an array in Fortran order", header("False", "True ")),
  CP7507: archive(
    "An array has fewer bytes than its shape needs.",
    "an array without its last byte",
    array((npy) => npy.subarray(0, -1)),
  ),
  CP7508: archive(
    "No real model input compresses this well; such a file would only exhaust the memory.",
    "an archive of a hundred million zeros, packed to a hundred thousand bytes",
    () => writeFileSync("inputs.npz", zipSync({ "timestep.npy": new Uint8Array(100_000_000) }, { level: 9 })),
  ),
  CP7509: archive(
    "Every member of an archive has a checksum; this one does not match its content.",
    "an archive of which one byte was changed",
    () => {
      const bytes = zipSync({ "timestep.npy": new Uint8Array(100) }, { level: 0 });
      bytes[60]! ^= 1;
      writeFileSync("inputs.npz", bytes);
    },
  ),
  CP7510: archive(
    "The header of an array gives its type and shape in a few dozen characters.",
    "an array whose header has a million bytes",
    array((npy) => {
      const head = Buffer.alloc(12 + 1_000_000, " ");
      head.set(npy.subarray(0, 6));
      head.set([2, 0], 6);
      head.writeUInt32LE(1_000_000, 8);
      return head;
    }),
  ),
};
