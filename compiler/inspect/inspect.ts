/**
 * @file What a plan can address in a model: the module tree with the boundaries of each module, and by which evidence a name is known.
 * Data for the `inspect` command and for a model's own schema.
 */
import type { CanonicalGraph, CanonicalNode } from "../ir/types.ts";
import { show } from "../expr/expr.ts";
import { attentionSites, type InspectedAttention } from "./attention.ts";
import { ownResults, type Boundary } from "../bind/boundaries/boundaries.ts";
import { contextOf, type Context } from "../bind/context.ts";
import { readersOf } from "../bind/describe.ts";
import { callsOf } from "./calls.ts";
import { nameOfInput, nameOfOutput, type Named } from "./naming.ts";

/** A module's input or output. */
export interface InspectedValue extends Named {
  /** Name of the ONNX value, to be used as `value` in a plan. */
  readonly value: string;
  readonly elem: string;
  /** Extents as text: numbers, lengths, sums of lengths. */
  readonly shape: readonly string[];
  /** Module that makes it; `null` for an input of the model. */
  readonly from: string | null;
  /** Its readers on the other side, and `output` for an output of the model. */
  readonly readers: readonly string[];
  /** For an output: the module reads it too, so it probably is a subexpression that another module shares. */
  readonly isShared: boolean;
  /** Of a module that is called several times, the call that reads or makes the value, from 1; `null` for one call, or where several read it. */
  readonly call: number | null;
}

export interface InspectedModule {
  readonly path: string;
  readonly className: string | null;
  /** How often the model calls it. */
  readonly calls: number;
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedValue[];
}

export interface Inspection {
  readonly modules: readonly InspectedModule[];
  readonly attention: readonly InspectedAttention[];
}

export function inspectGraph(graph: CanonicalGraph): Inspection {
  const context = contextOf(graph);
  const modules = [...graph.modules.values()].map(({ path, className }) => {
    const calls = callsOf(path, context.boundaries.index);
    return {
      path,
      className,
      calls: Math.max(1, ...(calls?.values() ?? [])),
      inputs: inputsOf(path, calls, context),
      outputs: outputsOf(path, calls, context),
    };
  });
  return { modules, attention: attentionSites(graph) };
}

type Calls = ReadonlyMap<CanonicalNode, number> | null;

function inputsOf(module: string, calls: Calls, context: Context): readonly InspectedValue[] {
  const all = context.boundaries.of(module).inputs;
  return all.map((boundary) => ({
    ...nameOfInput(boundary, module, context),
    ...detailsOf(boundary, module),
    isShared: false,
    call: onlyOf(boundary.readers.map(({ node }) => calls?.get(node))),
  }));
}

function outputsOf(module: string, calls: Calls, context: Context): readonly InspectedValue[] {
  const all = context.boundaries.of(module).outputs;
  const results = module === "" ? all : ownResults(all);
  return all.map((boundary) => ({
    ...nameOfOutput(boundary, results, module, context),
    ...detailsOf(boundary, module),
    isShared: !results.includes(boundary),
    call: onlyOf([boundary.producer === null ? undefined : calls?.get(boundary.producer)]),
  }));
}

/** The number that all agree on. */
function onlyOf(numbers: readonly (number | undefined)[]): number | null {
  const [only, ...others] = new Set(numbers);
  return others.length === 0 ? (only ?? null) : null;
}

function detailsOf(boundary: Boundary, module: string): Omit<InspectedValue, keyof Named | "isShared" | "call"> {
  const { value, shape, producer, isGraphOutput } = boundary;
  const readers = [...readersOf(boundary, module), ...(isGraphOutput && module !== "" ? ["output"] : [])];
  return { value, elem: shape.elem, shape: shape.dims.map(show), from: producer?.scope ?? null, readers };
}
