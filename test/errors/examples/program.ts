/**
 * @file Examples of compiled programs that cannot be read, and of programs that cannot be written. Codes CP5000-5499.
 */
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { compilePlan } from "../../../compiler/compile.ts";
import { hashFileSync, identify } from "../../../program/identity.ts";
import { modelBytes } from "../../support/external.ts";
import { graph, node, value } from "../../support/graphs.ts";
import { join } from "node:path";
import { loadProgram } from "../../../runtime/load/load.ts";
import { withoutRights } from "../../support/files.ts";
import { diagnosticsOf, type Example, type Examples } from "../example.ts";
import { compiled, fluxPlan, withSteps } from "../flux.ts";
import { model, simple, simplePlan } from "../models.ts";

function damaged(means: string, given: string, make: () => Promise<void>): Example {
  return { means, given, make, command: "onnx-cp run program --inputs flux.npz" };
}

const EXTERNAL = "flux/flux.dynamo18-external.onnx";
const DATA = "flux.dynamo18-external.onnx.data";

type Json = Record<string, unknown>;

/** All pieces in one file of another name. */
function renamed(json: Json, file: string): void {
  const files = json["files"] as Json;
  for (const piece of json["pieces"] as { file: string }[]) {
    files[file] = files[piece.file];
    delete files[piece.file];
    piece.file = file;
  }
}

/** A program one of whose pieces has other bytes, and says so. */
async function withPiece(bytes: Uint8Array): Promise<void> {
  await compiled((json) => {
    const [piece] = json["pieces"] as { file: string }[];
    writeFileSync(`program/${piece!.file}`, bytes);
    (json["files"] as Json)[piece!.file] = hashFileSync(`program/${piece!.file}`);
  });
}

/** The last byte of a file, changed. */
function flip(file: string): void {
  const bytes = readFileSync(file);
  bytes[bytes.length - 1]! ^= 0xff;
  writeFileSync(file, bytes);
}

function hooked(means: string, pattern: string): Example {
  return {
    means,
    files: { "flux.plan.json": fluxPlan },
    command: `await compilePlan({ model: "flux.onnx", plan: "flux.plan.json", hooks: ["${pattern}"] });`,
    call: async () =>
      (await compilePlan({ model: "flux.onnx", plan: "flux.plan.json", hooks: [pattern], out: "program" })).diagnostics,
  };
}

export const program: Examples = {
  CP5000: {
    means: "The folder contains no program, or the program cannot be read.",
    command: "onnx-cp run no-such-folder --inputs flux.npz",
  },
  CP5001: damaged("The program's text is truncated or was edited.", "`program/program.json` cut short", async () => {
    await compiled();
    writeFileSync("program/program.json", '{ "format": ');
  }),
  CP5002: damaged("The file `program.json` was written by another tool.", "a format with another name", () =>
    compiled((json) => (json["format"] = "something-else")),
  ),
  CP5003: damaged("The program was compiled by a release with another program format.", "the version 4.0", () =>
    compiled((json) => (json["version"] = "4.0")),
  ),
  CP5004: damaged("A field of the program is missing or has the wrong type.", "a program without steps", () =>
    compiled((json) => delete json["steps"]),
  ),
  CP5005: damaged(
    "A piece of the program was not copied along.",
    "a program whose folder `pieces` is empty",
    async () => {
      await compiled();
      rmSync("program/pieces", { recursive: true });
      mkdirSync("program/pieces");
    },
  ),
  CP5006: damaged("A program may read only its own pieces.", "a piece with the path ../../piece.onnx", () =>
    compiled((json) => renamed(json, "../../piece.onnx")),
  ),
  CP5007: damaged(
    "The program reads the weights from the original model file, which no longer exists.",
    "a program whose `flux.onnx` was removed",
    async () => {
      await compiled();
      rmSync("flux.onnx");
    },
  ),
  CP5008: damaged(
    "The model was exported again, or was replaced by another one.",
    "a program whose `flux.onnx` was changed",
    async () => {
      await compiled();
      appendFileSync("flux.onnx", "\0");
    },
  ),
  CP5009: damaged(
    "The file with the model's weights no longer exists.",
    "a program of an export with external data, which was removed",
    async () => {
      await compiled(undefined, EXTERNAL);
      rmSync(DATA);
    },
  ),
  CP5010: damaged(
    "The weights belong to another model, or are truncated.",
    "a program of an export with external data, to which a byte was added",
    async () => {
      await compiled(undefined, EXTERNAL);
      appendFileSync(DATA, "\0");
    },
  ),
  CP5011: damaged(
    "The weights differ from those that the program was compiled with.",
    "a program of an export with external data, of which a byte was changed",
    async () => {
      await compiled(undefined, EXTERNAL);
      flip(DATA);
    },
  ),
  CP5012: damaged(
    "The proof covers the program as written, so a program that was changed afterwards is refused. Compile again instead of editing it.",
    "a length in `program/program.json` edited by hand",
    async () => {
      await compiled();
      const text = readFileSync("program/program.json", "utf8");
      writeFileSync("program/program.json", text.replace('"ulysses_degree":2', '"ulysses_degree":3'));
    },
  ),
  CP5013: {
    means: "A file of the program, such as its weights, was not copied along.",
    given: "a program without its `weights.bin`",
    make: async () => {
      const bytes = new Uint8Array(4 * 32_768);
      const w = { elem: "float32", dims: [1, 32_768], data: { kind: "inline", bytes } } as const;
      const source = graph({
        inputs: [value("x", "float32", ["n", 1])],
        outputs: [value("y", "float32", null)],
        nodes: [node("MatMul", ["x", "w"], ["y"])],
        constants: new Map([["w", w]]),
      });
      model(source);
      writeFileSync("a.plan.json", simplePlan);
      await diagnosticsOf("onnx-cp compile a.plan.json --model model.onnx --ulysses-degree 2 --out program");
      rmSync("program/weights.bin");
    },
    command: "onnx-cp run program --inputs flux.npz",
  },
  CP5014: damaged(
    "A piece or the weights of a program were changed or truncated.",
    "a piece to which a byte was added",
    async () => {
      await compiled();
      const [piece] = readdirSync("program/pieces").toSorted();
      appendFileSync(`program/pieces/${piece}`, "\0");
    },
  ),
  CP5015: damaged(
    "A program may read only files of its own folder, so links that lead out of it are not followed.",
    "a program whose pieces are links to files elsewhere",
    async () => {
      await compiled();
      renameSync("program/pieces", "pieces");
      symlinkSync("../pieces", "program/pieces");
    },
  ),
  CP5016: {
    means: "The operating system refuses to read a file of the program or the model, for the given reason.",
    given: "a program whose `flux.onnx` may not be read by this user",
    command: "onnx-cp run program --inputs flux.npz",
    call: async () => {
      await compiled();
      return withoutRights(join(process.cwd(), "flux.onnx"), async () => (await loadProgram("program")).diagnostics);
    },
  },
  CP5017: damaged(
    "A piece reads its weights from the program's `weights.bin` or from the model's data files. A piece that reads any other file was not written by the compiler.",
    "a piece that reads ../secret.txt as its weights",
    () => withPiece(modelBytes(["../secret.txt"])),
  ),
  CP5018: damaged(
    "A program may read as weights only the files that its model names as external data.",
    "a program that names `flux.plan.json` as a file of weights",
    () =>
      compiled((json) => {
        const entry = { file: "flux.plan.json", ...identify("flux.plan.json") };
        (json["model"] as Json)["data"] = [entry];
      }),
  ),
  CP5019: damaged("A piece of the program is not a model.", "a piece that is a text file", () =>
    withPiece(Buffer.from("hello")),
  ),
  CP5020: damaged(
    "The fields of the program contradict each other: it was edited, or written by another tool.",
    "a program with a step that names a piece that does not exist",
    () => withSteps('"piece":"', '"piece":"no-'),
  ),
  CP5021: damaged("No program of the compiler is nested this deeply.", "a note of a thousand nested lists", () =>
    compiled((json) => (json["notes"] = JSON.parse("[".repeat(1000) + "]".repeat(1000)))),
  ),
  CP5201: hooked("Hooks are requested at modules that the model does not have.", "transformer_block.*"),
  CP5202: {
    means: "The module exists, but in this export no value crosses its boundary, so a hook would have nothing to see.",
    files: { "a.plan.json": '{ "": [{ "x": { "split_dim": 0 } }, { "gather_dim": 0 }] }\n' },
    given: "a model whose module `sizes` only reads the shape of x",
    make: () => {
      const sizes = { ...node("Shape", ["x"], ["s"]), name: "/sizes/Shape" };
      const nodes = [sizes, { ...node("Reshape", ["x", "s"], ["y"]), name: "/act/Reshape" }];
      model(graph({ inputs: [value("x", "float32", ["n", 4])], outputs: [value("y", "float32", null)], nodes }));
    },
    command: 'await compilePlan({ model: "model.onnx", plan: "a.plan.json", hooks: ["sizes"] });',
    call: async () =>
      (await compilePlan({ model: "model.onnx", plan: "a.plan.json", hooks: ["sizes"], out: "program" })).diagnostics,
  },
  CP5204: {
    means: "A new program may replace an earlier program, and nothing else.",
    files: { "flux.plan.json": fluxPlan },
    given: "a folder `program` that holds `thesis.txt`",
    make: () => {
      mkdirSync("program");
      writeFileSync("program/thesis.txt", "");
    },
    command: "onnx-cp compile flux.plan.json --model flux.onnx --ulysses-degree 2 --out program",
  },
  CP5205: {
    means: "The operating system refuses to write the program, for the given reason.",
    files: { "flux.plan.json": fluxPlan },
    command: "onnx-cp compile flux.plan.json --model flux.onnx --ulysses-degree 2 --out flux.plan.json/program",
  },
  CP5206: {
    means:
      "A new program replaces all files of the earlier one that its `program.json` lists. If the folder holds any other file, folder or link, nothing is changed.",
    files: { "flux.plan.json": fluxPlan },
    given: "a folder `program` with a compiled program, and `thesis.txt`",
    make: async () => {
      await compiled(() => undefined);
      writeFileSync("program/thesis.txt", "");
    },
    command: "onnx-cp compile flux.plan.json --model flux.onnx --ulysses-degree 2 --out program",
  },
  CP5207: {
    means: "A program cannot replace a file that it is compiled from: the model, its weights or the plan.",
    files: { "a.plan.json": simplePlan },
    given: "a folder `program` with a compiled program, in which the model has replaced a piece",
    make: async () => {
      model(simple);
      await diagnosticsOf("onnx-cp compile a.plan.json --model model.onnx --ulysses-degree 2 --out program");
      copyFileSync("model.onnx", "program/pieces/local0.onnx");
    },
    command: "onnx-cp compile a.plan.json --model program/pieces/local0.onnx --ulysses-degree 2 --out program",
  },
  CP5208: {
    means: "The caller's signal aborted the compilation. The output folder is unchanged.",
    files: { "flux.plan.json": fluxPlan },
    command: 'await compilePlan({ model: "flux.onnx", plan: "flux.plan.json", signal: AbortSignal.timeout(1) });',
    call: async () =>
      (await compilePlan({ model: "flux.onnx", plan: "flux.plan.json", signal: AbortSignal.timeout(1) })).diagnostics,
  },
};
