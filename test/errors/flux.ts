/**
 * @file The flux export in the current folder for examples: compiled programs, damaged ones, inputs, and a session with hooks.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { toFeeds } from "../../cli/run/tensors.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { unseal } from "../../program/seal.ts";
import { encodeNpz } from "../../ort/files/npz.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { attachWithGrace } from "../../runtime/attach/attach.ts";
import type { Session } from "../../runtime/caller/session.ts";
import type { TensorLike } from "../../runtime/tensor.ts";
import { fixture, fixtureTensors, texts } from "../support/fixtures.ts";
import { diagnosticsOf } from "./example.ts";

export const fluxPlan = `{
  "": {
    "hidden_states": { "split_dim": 1 },
    "encoder_hidden_states": { "split_dim": 1 },
    "img_ids": { "split_dim": 0 },
    "txt_ids": { "split_dim": 0 }
  },
  "proj_out": { "gather_dim": 1 }
}
`;

type Json = Record<string, unknown>;

/** Makes `flux.plan.json`, `flux.onnx`, and from them the folder `program`, whose `program.json` may be edited. */
export async function compiled(
  edit: (program: Json) => void = () => undefined,
  model = "flux/flux.dynamo18-dynamic.onnx",
  ranks = 2,
): Promise<void> {
  writeFileSync("flux.plan.json", fluxPlan);
  copy(fixture(model), "flux.onnx");
  if (existsSync(fixture(`${model}.data`))) copy(fixture(`${model}.data`), `${model.split("/")[1]}.data`);
  const found = await diagnosticsOf(
    `onnx-cp compile flux.plan.json --model flux.onnx --ulysses-degree ${ranks} --out program`,
  );
  if (!existsSync("program/program.json")) throw new Error(texts(found).join("\n"));
  editProgram(edit);
}

/** Edits `program/program.json`, and seals it again. */
export function editProgram(edit: (program: Json) => void): void {
  const program = JSON.parse(readFileSync("program/program.json", "utf8")) as Json;
  edit(program);
  writeFileSync("program/program.json", JSON.stringify({ ...program, checksum: unseal(program).actual }));
}

/** Makes the folder `program` with `from` replaced by `to` in the text of its steps. */
export function withSteps(from: string, to: string, ranks?: number): Promise<void> {
  const edit = (program: Json): void => {
    const text = JSON.stringify(program["steps"]);
    if (!text.includes(from)) throw new Error(`the steps have no ${from}`);
    program["steps"] = JSON.parse(text.replaceAll(from, to)) as unknown;
  };
  return compiled(edit, undefined, ranks);
}

export const fluxFeeds = (): Promise<OrtTensors> => fixtureTensors("flux/flux.img96-txt40.inputs.npz");

/** Makes `inputs.npz` from those of flux. */
export async function inputs(edit: (feeds: OrtTensors) => OrtTensors): Promise<void> {
  writeFileSync("inputs.npz", encodeNpz(edit(await fluxFeeds())));
}

type Use = (session: Session, feeds: Readonly<Record<string, TensorLike>>) => Promise<unknown>;

/** Attaches flux with hooks at its first block, and gives what `use` fails with. */
export async function withSession(use: Use, ranks = 2): Promise<readonly Diagnostic[]> {
  copy(fixture("flux/flux.dynamo18-dynamic.onnx"), "flux.onnx");
  const made = await compilePlan({
    model: "flux.onnx",
    plan: "flux.plan.json",
    hooks: ["transformer_blocks.0"],
    parallel: { ulysses_degree: ranks },
    out: "program",
  });
  if (!made.ok) throw new Error(texts(made.diagnostics).join("\n"));
  const session = await attachWithGrace(made.program, {}, 100);
  try {
    return await failure(use(session, toFeeds(await fluxFeeds())));
  } finally {
    await session.release();
  }
}

/** The diagnostics of what is thrown. */
export async function failure(work: Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await work;
    return [];
  } catch (error) {
    if (error instanceof ContextParallelError) return error.diagnostics;
    throw error;
  }
}

/** A writable copy, also of a read-only file. A link of that name leads to the fixture itself, so it goes first. */
function copy(from: string, to: string): void {
  rmSync(to, { force: true });
  writeFileSync(to, readFileSync(from));
}
