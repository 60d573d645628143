/**
 * @file Runs local steps on every rank: consecutive steps are one model with every value as an output, and one session serves all ranks.
 */
import { OrtError, createSession } from "../../ort/session.ts";
import { ortTensor } from "../../ort/tensors.ts";
import type { OrtSession, OrtTensor, OrtTensors } from "../../ort/types.ts";
import { emitNodes, externalFolder } from "../emit/emit.ts";
import { CP } from "../ir/types.ts";
import type { IntegerValue, ValueShape } from "../ir/types.ts";
import { verifyMessages as messages } from "../diagnostics/catalog/verify.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import { RANK, evaluate, isCut, symbolsOf, type Cut } from "../expr/expr.ts";
import { valuesReadBy } from "../graph/reads.ts";
import { writeModel } from "../graph/write.ts";
import type { LocalStep, ShardedGraph } from "../shard/types.ts";
import { wrongValue } from "./compare.ts";
import { crossing, type Crossing } from "./crossing.ts";
import type { RankValues } from "./collective.ts";
import type { Lengths } from "./positions.ts";
import type { WrongValue } from "./types.ts";

export interface Run {
  readonly sharded: ShardedGraph;
  readonly lengths: Lengths;
  readonly cut: Cut;
  /** Values of each flat rank. */
  readonly ranks: readonly RankValues[];
}

/** Adds the values that `steps` make to every rank. Returns the step that fails, if one does; those before it have run. */
export async function runLocal(run: Run, steps: readonly LocalStep[]): Promise<WrongValue | null> {
  let rank: number | null = null;
  let session: OrtSession | null = null;
  try {
    const { model, folder, inputs, integers, crossed } = emitSteps(run, steps);
    session = await createSession(model, { folder, optimise: "disabled" });
    const results: OrtTensors[] = [];
    for (rank = 0; rank < run.ranks.length; rank++)
      results.push(crossed.results(await session.run(crossed.feeds(feedsOf(run, rank, inputs, integers)))));
    for (const [index, values] of run.ranks.entries()) {
      for (const [name, tensor] of Object.entries(results[index]!)) values.set(name, tensor);
    }
    return null;
  } catch (error) {
    if (!(error instanceof OrtError)) throw error;
    return steps.length > 1 ? await runEach(run, steps) : failure(steps[0]!, rank, error);
  } finally {
    await session?.release();
  }
}

/** One by one, so that the values before the failure are available for comparison. */
async function runEach(run: Run, steps: readonly LocalStep[]): Promise<WrongValue | null> {
  for (const step of steps) {
    const failed = await runLocal(run, [step]);
    if (failed !== null) return failed;
  }
  return null;
}

function failure({ node, origin }: LocalStep, rank: number | null, error: OrtError): WrongValue {
  const label = { value: node.outputs[0]!, node: node.name, module: origin.module };
  return wrongValue(label, rank, messages.failed, { ...label, rank, reason: error.message });
}

interface Emitted {
  readonly model: Uint8Array;
  readonly folder: string | null;
  readonly inputs: readonly string[];
  readonly crossed: Crossing;
  /** Integers that differ between ranks, or depend on lengths: inputs of the model. */
  readonly integers: ReadonlyMap<string, IntegerValue>;
}

function emitSteps(run: Run, steps: readonly LocalStep[]): Emitted {
  const { sharded, ranks } = run;
  const { graph } = sharded;
  const nodes = steps.map(({ node }) => node);
  const made = new Set(nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== ""));
  const read = new Set(nodes.flatMap(valuesReadBy));
  const integers = new Map([...graph.integers, ...sharded.integers]);
  const given = [...read].filter((name) => !made.has(name) && ranks[0]!.has(name));
  const emitted = emitNodes({
    name: "steps",
    nodes,
    inputs: given.map((name) => {
      const { elem, dims } = ranks[0]!.get(name)!;
      return { name, elem, dims: dims.map(() => null) };
    }),
    outputs: [],
    constants: graph.constants,
    integers,
    shapes: attentionShapes(run, steps),
    opsets: graph.opsets,
  });
  const crossed = crossing(emitted.graph, [...made], (name) => sharded.localShapes.get(name)?.elem);
  return {
    model: writeModel(crossed.graph, { opsets: emitted.opsets, untypedOutputs: crossed.outputs }),
    folder: externalFolder(emitted.graph),
    inputs: emitted.graph.inputs.map(({ name }) => name),
    crossed,
    integers: new Map(emitted.integerInputs.map((name) => [name, integers.get(name)!])),
  };
}

/** Shapes of the operands of attention as the ranks hold them; an extent is a number where it is the same on all ranks for every cut. */
function attentionShapes(
  { sharded, lengths, ranks }: Run,
  steps: readonly LocalStep[],
): ReadonlyMap<string, ValueShape> {
  const own = steps.filter(({ node }) => node.domain === CP);
  const operands = new Set(own.flatMap(({ node }) => valuesReadBy(node)).filter((name) => !sharded.integers.has(name)));
  const entries = [...operands].map((name): readonly [string, ValueShape] => {
    const shape = sharded.localShapes.get(name);
    invariant(shape !== undefined, `no local shape for ${name}`);
    const dims = shape.dims.map((dim) => {
      // An extent that depends on data has no number, and needs none: only heads and their sizes do.
      if (isCut(dim) || symbolsOf(dim).some((symbol) => symbol !== RANK && !Object.hasOwn(lengths, symbol))) return dim;
      const numbers = ranks.map((_, rank) => evaluate(dim, { ...lengths, [RANK]: rank }));
      return numbers.every((number) => number === numbers[0]) ? numbers[0]! : dim;
    });
    return [name, { elem: shape.elem, dims }];
  });
  return new Map(entries);
}

function feedsOf(
  { ranks, lengths, cut }: Run,
  rank: number,
  names: readonly string[],
  integers: Emitted["integers"],
): Readonly<Record<string, OrtTensor>> {
  const entries = names.map((name): readonly [string, OrtTensor] => {
    const integer = integers.get(name);
    const tensor =
      integer === undefined ? ranks[rank]!.get(name) : integerTensor(integer, { ...lengths, [RANK]: rank }, cut);
    invariant(tensor !== undefined, `rank ${rank} does not have ${name}`);
    return [name, tensor];
  });
  return Object.fromEntries(entries);
}

/** An integer operand as a tensor, for a rank's lengths and the edges of `cut`. */
export function integerTensor({ elem, dims, elements }: IntegerValue, lengths: Lengths, cut?: Cut): OrtTensor {
  return ortTensor(
    elem,
    dims,
    elements.map((element) => evaluate(element, lengths, cut)),
  );
}
