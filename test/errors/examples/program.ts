/**
 * @file Examples of compiled programs that cannot be read, and of programs that cannot be written. Codes CP5000-5499.
 */
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { compilePlan } from "../../../compiler/compile.ts";
import { graph, node, value } from "../../support/graphs.ts";
import { diagnosticsOf, type Example, type Examples } from "../example.ts";
import { compiled, fluxPlan } from "../flux.ts";
import { model, simplePlan } from "../models.ts";

function damaged(means: string, given: string, make: () => Promise<void>): Example {
  return { means, given, make, command: "onnx-cp run program --inputs flux.npz" };
}

const EXTERNAL = "flux/flux.dynamo18-external.onnx";
const DATA = "flux.dynamo18-external.onnx.data";

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
    means: "The folder holds no program, or it cannot be read.",
    command: "onnx-cp run no-such-folder --inputs flux.npz",
  },
  CP5001: damaged("The program's text is cut short or was edited.", "`program/program.json` cut short", async () => {
    await compiled();
    writeFileSync("program/program.json", '{ "format": ');
  }),
  CP5002: damaged("A file `program.json` that something else wrote.", "a format of another name", () =>
    compiled((json) => (json["format"] = "something-else")),
  ),
  CP5003: damaged("The program was compiled by a release with another form of programs.", "the version 2.0", () =>
    compiled((json) => (json["version"] = "2.0")),
  ),
  CP5004: damaged("A field of the program is missing or of another type.", "a program without steps", () =>
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
  CP5006: damaged("A program only reads its own pieces.", "a piece said to be at ../../piece.onnx", () =>
    compiled((json) => (json["pieces"] as { file: string }[]).forEach((piece) => (piece.file = "../../piece.onnx"))),
  ),
  CP5007: damaged(
    "The program reads the model's weights where they are, and the model is gone.",
    "a program whose `flux.onnx` was removed",
    async () => {
      await compiled();
      rmSync("flux.onnx");
    },
  ),
  CP5008: damaged(
    "The model was exported again, or another one is in its place.",
    "a program whose `flux.onnx` was changed",
    async () => {
      await compiled();
      appendFileSync("flux.onnx", "\0");
    },
  ),
  CP5009: damaged(
    "The file with the model's weights is gone.",
    "a program of an export with external data, which was removed",
    async () => {
      await compiled(undefined, EXTERNAL);
      rmSync(DATA);
    },
  ),
  CP5010: damaged(
    "The weights belong to another model, or were cut short.",
    "a program of an export with external data, to which a byte was added",
    async () => {
      await compiled(undefined, EXTERNAL);
      appendFileSync(DATA, "\0");
    },
  ),
  CP5011: damaged(
    "The weights are others than those that the program was compiled for.",
    "a program of an export with external data, of which a byte was changed",
    async () => {
      await compiled(undefined, EXTERNAL);
      flip(DATA);
    },
  ),
  CP5012: damaged(
    "A program is proven as a whole, so one that was changed afterwards is refused. Compile again instead of editing it.",
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
    "A piece or the weights of a program were changed or cut short.",
    "a piece to which a byte was added",
    async () => {
      await compiled();
      const [piece] = readdirSync("program/pieces").toSorted();
      appendFileSync(`program/pieces/${piece}`, "\0");
    },
  ),
  CP5201: hooked("The program is to be cut for hooks at modules that the model does not have.", "transformer_block.*"),
  CP5202: {
    means:
      "The module is there, but does nothing in this export that is at its boundaries, so that there is nothing to show to a hook.",
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
    means: "A program replaces an earlier one, and nothing else.",
    files: { "flux.plan.json": fluxPlan },
    given: "a folder `program` that holds `thesis.txt`",
    make: () => {
      mkdirSync("program");
      writeFileSync("program/thesis.txt", "");
    },
    command: "onnx-cp compile flux.plan.json --model flux.onnx --ulysses-degree 2 --out program",
  },
  CP5205: {
    means: "The operating system refuses to write the program: the reason is its own.",
    files: { "flux.plan.json": fluxPlan },
    command: "onnx-cp compile flux.plan.json --model flux.onnx --ulysses-degree 2 --out flux.plan.json/program",
  },
};
