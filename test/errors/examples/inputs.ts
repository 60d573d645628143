/**
 * @file Examples of wrong inputs of a run. Codes CP6000-6499.
 */
import { writeFileSync } from "node:fs";
import { chunk } from "../../../compiler/expr/expr.ts";
import { encodeNpz } from "../../../ort/files/npz.ts";
import type { OrtTensor, OrtTensors } from "../../../ort/types.ts";
import { ortTensor } from "../../../ort/tensors.ts";
import type { Session } from "../../../runtime/caller/session.ts";
import { graph, node, random, value } from "../../support/graphs.ts";
import type { Example, Examples } from "../example.ts";
import { fluxPlan, inputs, withSession, withSteps } from "../flux.ts";
import { model } from "../models.ts";

const files = { "flux.plan.json": fluxPlan };

function fed(means: string, given: string, edit: (feeds: Readonly<Record<string, OrtTensor>>) => OrtTensors): Example {
  const command = "onnx-cp run flux.plan.json --model flux.onnx --ulysses-degree 2 --inputs inputs.npz";
  return { means, files, given: `an \`inputs.npz\` ${given}`, make: () => inputs(edit), command };
}

type Feeds = Parameters<Session["run"]>[0];

/** By the API: `line` is what the page shows, `run` what happens. */
function called(means: string, line: string, run: (session: Session, feeds: Feeds) => Promise<unknown>): Example {
  const command = `const session = await attach(compiled.program); // of flux.plan.json for flux.onnx\n${line}`;
  return { means, files, command, call: () => withSession(run) };
}

const states = (feeds: Readonly<Record<string, OrtTensor>>): OrtTensor => feeds["hidden_states"]!;

/** Two inputs whose lengths have names of their own, although they are added. */
function twoNames(): void {
  const source = graph({
    inputs: [value("a", "float32", ["n", 4]), value("b", "float32", ["m", 4])],
    outputs: [value("y", "float32", null)],
    nodes: [node("Add", ["a", "b"], ["y"])],
  });
  model(source);
  writeFileSync("inputs.npz", encodeNpz({ a: random(1, [6, 4]), b: random(2, [8, 4]) }));
}

export const runInputs: Examples = {
  CP6000: fed("The model requires an input that was not given.", "without `timestep`", (feeds) =>
    Object.fromEntries(Object.entries(feeds).filter(([name]) => name !== "timestep")),
  ),
  CP6001: fed(
    "The model has no input of this name.",
    "with `hidden_state` for `hidden_states`",
    ({ hidden_states: x, ...feeds }) => ({
      ...feeds,
      hidden_state: x!,
    }),
  ),
  CP6002: called(
    "A feed is not a readable tensor: for example a bare array, or a tensor whose data is on a device.",
    "await session.run({ ...feeds, timestep: new Float32Array(1) });",
    (session, feeds) => session.run({ ...feeds, timestep: new Float32Array(1) } as unknown as Feeds),
  ),
  CP6003: fed("The element type of an input differs from the model's.", "with `timestep` in float64", (feeds) => ({
    ...feeds,
    timestep: ortTensor("float64", [1], [0.5]),
  })),
  CP6004: fed(
    "The rank of an input differs from the model's.",
    "with `hidden_states` without its batch axis",
    (feeds) => ({
      ...feeds,
      hidden_states: { ...states(feeds), dims: [96, 16] },
    }),
  ),
  CP6005: fed(
    "A fixed axis of an input has the wrong extent.",
    "with `hidden_states` of shape (1, 192, 8)",
    (feeds) => ({
      ...feeds,
      hidden_states: { ...states(feeds), dims: [1, 192, 8] },
    }),
  ),
  CP6006: fed(
    "The model gives two inputs the same length, and the feeds give them different ones.",
    "with 90 rows of `img_ids` and 96 of `hidden_states`",
    (feeds) => ({
      ...feeds,
      img_ids: random(1, [90, 3]),
    }),
  ),
  CP6007: {
    means:
      "The plan is exact only if two lengths are equal, and they are not. The unsplit model may refuse such inputs too; split, they could give a " +
      "wrong result without an error, so they are refused before anything runs.",
    files: {
      "a.plan.json": '{ "": [{ "a": { "split_dim": 0 }, "b": { "split_dim": 0 } }, { "gather_dim": 0 }] }\n',
    },
    given: "a model of y = a + b, exported with a separate name for each length, and inputs of 6 and 8 rows",
    make: twoNames,
    command: "onnx-cp run a.plan.json --model model.onnx --ulysses-degree 2 --inputs inputs.npz",
  },
  CP6008: fed("Every rank needs at least one row of a split value.", "with one row of text", (feeds) => ({
    ...feeds,
    encoder_hidden_states: { ...random(1, [1, 1, feeds["encoder_hidden_states"]!.dims[2]!]) },
    txt_ids: random(2, [1, 3]),
  })),
  CP6009: called(
    "The data of a tensor has more or fewer elements than its shape.",
    'await session.run({ ...feeds, timestep: { type: "float32", dims: [1], data: new Float32Array(2) } });',
    (session, feeds) => session.run({ ...feeds, timestep: { type: "float32", dims: [1], data: new Float32Array(2) } }),
  ),
  CP6010: called(
    "The fetches name an output that the model does not have.",
    'await session.run(feeds, ["samples"]);',
    (session, feeds) => session.run(feeds, ["samples"]),
  ),
  CP6014: {
    means:
      "A size in the program is undefined for these lengths. The compiler writes no such program, so the program was edited.",
    given: "a program in which one extent of an exchange was edited",
    make: () => withSteps(JSON.stringify(chunk("sequence", "img", 2, "rank")), '["*",9007199254740991,"img"]'),
    command: "onnx-cp run program --inputs flux.npz",
  },
  CP6011: called(
    "The tensor given for an output differs from the result in type or shape.",
    'await session.run(feeds, { sample: { type: "float32", dims: [1, 96, 8], data: new Float32Array(768) } });',
    (session, feeds) =>
      session.run(feeds, { sample: { type: "float32", dims: [1, 96, 8], data: new Float32Array(768) } }),
  ),
  CP6012: called(
    "The feeds are missing or are not an object.",
    "await session.run([hiddenStates, timestep]);",
    (session, { hidden_states: x, timestep }) => session.run([x, timestep] as unknown as Feeds),
  ),
  CP6013: called(
    "The memory of a tensor was transferred: transferring a buffer to a worker empties its arrays.",
    "structuredClone(feeds.timestep.data.buffer, { transfer: [feeds.timestep.data.buffer] });\nawait session.run(feeds);",
    (session, feeds) => {
      const data = Float32Array.of(0.5);
      structuredClone(data.buffer, { transfer: [data.buffer] });
      return session.run({ ...feeds, timestep: { type: "float32", dims: [1], data } });
    },
  ),
};
