/**
 * @file What a plan can address in a model: the module tree with the boundaries of each module, and by which evidence a name is known.
 * Data for the `inspect` command and for a model's own schema.
 */
import type { CanonicalGraph } from "../ir/types.ts";
import { show } from "../expr/expr.ts";
import { attentionSites, type InspectedAttention } from "./attention.ts";
import { ownResults, type Boundary } from "../bind/boundaries/boundaries.ts";
import { contextOf, type Context } from "../bind/context.ts";
import { readersOf } from "../bind/describe.ts";
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
}

export interface InspectedModule {
  readonly path: string;
  readonly className: string | null;
  readonly inputs: readonly InspectedValue[];
  readonly outputs: readonly InspectedValue[];
}

export interface Inspection {
  readonly modules: readonly InspectedModule[];
  readonly attention: readonly InspectedAttention[];
}

export function inspectGraph(graph: CanonicalGraph): Inspection {
  const context = contextOf(graph);
  const modules = [...graph.modules.values()].map(({ path, className }) => ({
    path,
    className,
    inputs: inputsOf(path, context),
    outputs: outputsOf(path, context),
  }));
  return { modules, attention: attentionSites(graph) };
}

function inputsOf(module: string, context: Context): readonly InspectedValue[] {
  const all = context.boundaries.of(module).inputs;
  return all.map((boundary) => ({
    ...nameOfInput(boundary, module, context),
    ...detailsOf(boundary, module),
    isShared: false,
  }));
}

function outputsOf(module: string, context: Context): readonly InspectedValue[] {
  const all = context.boundaries.of(module).outputs;
  const results = module === "" ? all : ownResults(all);
  return all.map((boundary) => ({
    ...nameOfOutput(boundary, results, module, context),
    ...detailsOf(boundary, module),
    isShared: !results.includes(boundary),
  }));
}

function detailsOf(boundary: Boundary, module: string): Omit<InspectedValue, keyof Named | "isShared"> {
  const { value, shape, producer, isGraphOutput } = boundary;
  const readers = [...readersOf(boundary, module), ...(isGraphOutput && module !== "" ? ["output"] : [])];
  return { value, elem: shape.elem, shape: shape.dims.map(show), from: producer?.scope ?? null, readers };
}
