/**
 * @file Runs a program with all its ranks in one thread, for tests: pieces on real sessions, collectives as plain assignments. It is
 * written for clarity and knows nothing of the runtime.
 */
import { ranksOf } from "../../program/mesh.ts";
import { equalCut } from "../../program/shares.ts";
import { readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { evaluate } from "../../compiler/expr/expr.ts";
import { PEER } from "../../compiler/shard/types.ts";
import { elemBytes } from "../../compiler/graph/elements.ts";
import type { CompiledProgram, CollectiveStep, Program } from "../../program/types.ts";
import { createSession } from "../../ort/session.ts";
import type { OrtSession, OrtTensor, OrtTensors } from "../../ort/session.ts";
import { ortTensor } from "../../ort/tensors.ts";

export interface Interpretation {
  /** Outputs of each rank. */
  readonly outputs: readonly OrtTensors[];
  /** Bytes that each rank sent to others, by purpose. */
  readonly sent: readonly Readonly<Record<string, number>>[];
}

type Values = Map<string, OrtTensor>;
type Names = Readonly<Record<string, number>>;
export type Handler = (tensor: OrtTensor, rank: number, result: string) => OrtTensor;

export async function interpret(
  { program, folder }: CompiledProgram,
  feeds: OrtTensors,
  handler: Handler = (tensor) => tensor,
): Promise<Interpretation> {
  const sessions = await openPieces(program, folder);
  const ranks = Array.from({ length: ranksOf(program.mesh) }, (_, rank) => rank);
  const lengths = lengthsOf(program, feeds);
  const values = ranks.map((rank): Values => new Map([...Object.entries(feeds), ...derived(program, lengths, rank)]));
  const sent = ranks.map((): Record<string, number> => ({}));
  for (const step of program.steps) {
    if (step.kind === "collective") exchange(program, step, values, sent, lengths);
    for (const [rank, own] of values.entries()) {
      if (step.kind === "hook") own.set(step.result, handler(get(own, step.value), rank, step.result));
      if (step.kind === "piece") await runPiece(sessions.get(step.piece)!, step, own);
    }
    for (const own of values) for (const name of step.frees) own.delete(name);
  }
  for (const session of sessions.values()) await session.release();
  return {
    outputs: values.map((own) => Object.fromEntries(program.outputs.map(({ name }) => [name, get(own, name)]))),
    sent,
  };
}

async function openPieces(program: Program, folder: string): Promise<ReadonlyMap<string, OrtSession>> {
  const folders = { model: dirname(resolve(folder, program.model.path)), program: folder };
  const sessions = new Map<string, OrtSession>();
  for (const { id, file, weights, inputs, outputs } of program.pieces) {
    const bytes = readFileSync(join(folder, file));
    const session = await createSession(bytes, { folder: weights === null ? null : folders[weights], threads: 1 });
    const same = String([...session.inputNames].sort()) === String([...inputs].sort());
    if (!same || String(session.outputNames) !== String(outputs)) throw new Error(`names of ${id} differ`);
    sessions.set(id, session);
  }
  return sessions;
}

async function runPiece(
  session: OrtSession,
  step: Extract<Program["steps"][number], { kind: "piece" }>,
  values: Values,
): Promise<void> {
  const inputs = Object.entries(step.inputs).map(([inside, name]) => [inside, get(values, name)] as const);
  const results = await session.run(Object.fromEntries(inputs));
  for (const [inside, name] of Object.entries(step.outputs)) values.set(name, results[inside]!);
}

function exchange(
  program: Program,
  { collective, group, transfers, purpose }: CollectiveStep,
  values: readonly Values[],
  sent: readonly Record<string, number>[],
  lengths: Names,
): void {
  for (const [rank, own] of values.entries()) {
    const members = membersOf(program, group, rank);
    const place = members.indexOf(rank);
    const from = collective === "shift" ? [members[(place + members.length - 1) % members.length]!] : members;
    for (const { send, receive, elem, dims } of transfers) {
      for (const [i, sender] of from.entries()) {
        const block = get(values[sender]!, send[collective === "all-to-all" ? place : 0]!);
        const stated = dims.map((dim) => evaluate(dim, { ...lengths, rank: sender, [PEER]: rank }, equalCut));
        if (block.elem !== elem || String(block.dims) !== String(stated)) {
          throw new Error(
            `${send.join()} is ${block.elem} [${block.dims.join()}], stated as ${elem} [${stated.join()}]`,
          );
        }
        own.set(receive[i]!, block);
        if (sender === rank) continue;
        const bytes = block.data.length * elemBytes(elem as Parameters<typeof elemBytes>[0]);
        sent[sender]![purpose] = (sent[sender]![purpose] ?? 0) + bytes;
      }
    }
  }
}

function membersOf({ mesh }: Program, group: CollectiveStep["group"], rank: number): readonly number[] {
  const { ring_degree: ring, ulysses_degree: ulysses } = mesh;
  /** Batch, ring and Ulysses index. */
  const at = (i: number): readonly number[] => [
    Math.floor(i / (ring * ulysses)),
    Math.floor(i / ulysses) % ring,
    i % ulysses,
  ];
  const shared = { batch: [1, 2], sequence: [0], ring: [0, 2], ulysses: [0, 1] }[group];
  const all = Array.from({ length: ranksOf(mesh) }, (_, i) => i);
  return all.filter((i) => shared.every((axis) => at(i)[axis] === at(rank)[axis]));
}

function lengthsOf(program: Program, feeds: OrtTensors): Names {
  return Object.fromEntries(
    program.lengths.map(({ name, sources: [source] }) => [name, feeds[source!.input]!.dims[source!.axis]!]),
  );
}

function derived(program: Program, lengths: Names, rank: number): readonly (readonly [string, OrtTensor])[] {
  return Object.entries(program.derived).map(([name, { elem, dims, elements }]) => [
    name,
    ortTensor(
      elem,
      dims,
      elements.map((element) => evaluate(element, { ...lengths, rank }, equalCut)),
    ),
  ]);
}

function get(values: Values, name: string): OrtTensor {
  const value = values.get(name);
  if (value === undefined) throw new Error(`the value ${name} is not there`);
  return value;
}
