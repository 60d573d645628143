/**
 * @file A flow under a rewrite: what makes and reads each value, and the steps that replace others. Knows no pattern.
 */
import type { Expr } from "../../expr/expr.ts";
import { numbersOf } from "../../graph/tensors.ts";
import { valuesReadBy } from "../../graph/reads.ts";
import type { Attributes } from "../../graph/types.ts";
import type { CanonicalNode, IntegerValue, ValueShape } from "../../ir/types.ts";
import type { LocalStep } from "../../shard/types.ts";
import { makersOf, readersOf, renameReads } from "../flow.ts";
import type { Flow, FlowStep } from "../flow.ts";
import { prune } from "../schedule/prune.ts";

/** Values that a program lists although no step may need them: no rewrite takes them away. */
export type Listed = ReadonlySet<string>;

/** A node whose outputs keep the element type of its first input. */
export interface NewNode {
  readonly op: string;
  readonly domain?: string;
  readonly inputs: readonly string[];
  readonly attributes?: Attributes;
  /** Extents of each output. */
  readonly dims: readonly (readonly Expr[])[];
  /** Names of the outputs; fresh ones where there are none. */
  readonly outputs?: readonly string[];
}

export interface Edit {
  readonly flow: Flow;
  /** The local step whose node of ai.onnx makes a value; `null` where something else does. */
  readonly made: (name: string, ...ops: readonly string[]) => LocalStep | null;
  readonly dimsOf: (name: string) => readonly Expr[];
  /** Elements of an integer operand or of a vector of integers; `null` where they are not known. */
  readonly elementsOf: (name: string | undefined) => readonly Expr[] | null;
  readonly readersOf: (name: string) => readonly FlowStep[];
  /** No step but `reader` needs the value. */
  readonly isOnlyFor: (name: string, reader: FlowStep) => boolean;
  /** Adds a node before the step `at`, with its origin. Returns the names of its outputs. */
  readonly add: (at: LocalStep, node: NewNode) => readonly string[];
  /** Adds a 1-D int64 operand. */
  readonly integers: (elements: readonly Expr[]) => string;
  /** Takes a step away. */
  readonly drop: (step: FlowStep) => void;
  /** Every step reads `other` in place of `name`, unless a collective, a hook or a subgraph reads it, or it is listed or an output. */
  readonly alias: (name: string, other: string) => void;
  /** The flow with the changes, without the steps that nothing needs any more. */
  readonly done: () => Flow;
}

/** What a rewrite has changed so far. */
interface Changes {
  readonly before: Map<FlowStep, FlowStep[]>;
  readonly dropped: Set<FlowStep>;
  readonly aliases: Map<string, string>;
  readonly shapes: Map<string, ValueShape>;
  readonly integers: Map<string, IntegerValue>;
}

export function edit(flow: Flow, listed: Listed): Edit {
  const makers = makersOf(flow.steps);
  const readers = readersOf(flow.steps);
  const fixed = new Set([...flow.outputs, ...listed, ...capturedIn(flow)]);
  const changes: Changes = {
    before: new Map(),
    dropped: new Set(),
    aliases: new Map(),
    shapes: new Map(flow.localShapes),
    integers: new Map(flow.integers),
  };
  const { shapes, integers, aliases, dropped } = changes;
  return {
    flow,
    made: (name, ...ops) => {
      const step = makers.get(name);
      return step?.kind === "local" && step.node.domain === "" && ops.includes(step.node.op) ? step : null;
    },
    dimsOf: (name) => shapes.get(name)?.dims ?? [],
    elementsOf: (name = "") => integers.get(name)?.elements ?? constantElements(flow, name),
    readersOf: (name) => readers.get(name) ?? [],
    isOnlyFor: (name, reader) => !fixed.has(name) && (readers.get(name) ?? []).every((step) => step === reader),
    add: (at, node) => addNode(flow, changes, at, node),
    integers: (elements) => {
      const name = unused(flow, changes, "integers");
      integers.set(name, { elem: "int64", dims: [elements.length], elements });
      return name;
    },
    drop: (step) => void dropped.add(step),
    alias: (name, other) => {
      const isLocal = (readers.get(name) ?? []).every(({ kind }) => kind === "local");
      if (isLocal && !fixed.has(name)) aliases.set(name, other);
    },
    done: () => applied(flow, changes),
  };
}

function addNode(flow: Flow, changes: Changes, at: LocalStep, made: NewNode): readonly string[] {
  const { op, domain = "", inputs, attributes = {}, dims, outputs } = made;
  const { elem } = changes.shapes.get(inputs[0]!)!;
  const names = dims.map((extents, i) => {
    const name = outputs?.[i] ?? unused(flow, changes, `${at.node.outputs[0]}/${op}`);
    changes.shapes.set(name, { elem, dims: extents });
    return name;
  });
  const { scope } = at.node;
  const node: CanonicalNode = { name: `${names[0]}/node`, op, domain, inputs, outputs: names, attributes, scope };
  const added = changes.before.get(at) ?? [];
  added.push({ kind: "local", node, origin: at.origin });
  changes.before.set(at, added);
  return names;
}

function unused({ constants }: Flow, { shapes, integers }: Changes, stem: string): string {
  let name = stem;
  for (let i = 1; shapes.has(name) || integers.has(name) || constants.has(name); i++) name = `${stem}_${i}`;
  return name;
}

function applied(flow: Flow, { before, dropped, aliases, shapes, integers }: Changes): Flow {
  const final = (name: string): string => (aliases.has(name) ? final(aliases.get(name)!) : name);
  const steps = flow.steps
    .flatMap((step) => [...(before.get(step) ?? []), ...(dropped.has(step) ? [] : [step])])
    .map((step) => (aliases.size === 0 ? step : renameReads(step, final)));
  return prune({ ...flow, steps, localShapes: shapes, integers });
}

/** Values that subgraphs read: these cannot be renamed. */
function capturedIn({ steps }: Flow): readonly string[] {
  return steps.flatMap((step) =>
    step.kind === "local" ? valuesReadBy({ inputs: [], attributes: step.node.attributes }) : [],
  );
}

function constantElements({ constants }: Flow, name: string): readonly number[] | null {
  const tensor = constants.get(name);
  if (tensor === undefined || tensor.dims.length !== 1) return null;
  return tensor.elem === "int64" || tensor.elem === "int32" ? numbersOf(tensor) : null;
}
