/**
 * @file Where a plan can split or gather a value: the modules at whose boundary it is, and what a plan calls it there. The reverse of binding.
 */
import type { Context } from "../compiler/bind/context.ts";
import { ownResults, type Boundary } from "../compiler/bind/boundaries/boundaries.ts";
import { nameOfInput, nameOfOutput } from "../compiler/inspect/naming.ts";
import { commonModule, depthOf, isWithin, modulesAround } from "../compiler/ir/module-paths.ts";
import type { CanonicalNode } from "../compiler/ir/types.ts";

/** A place in a plan. */
export interface Spot {
  readonly module: string;
  readonly side: "input" | "output";
  readonly value: string;
  /** Parameter or index that binding finds without help; `null` where the plan has to name the value. */
  readonly name: string | null;
  /** How many results the module has, for an output. */
  readonly results: number;
}

/** What happens to a value: split for `readers`, without harm only where `harmless` holds. */
export interface SplitRequest {
  readonly value: string;
  readonly readers: readonly CanonicalNode[];
  readonly harmless: (reader: CanonicalNode) => boolean;
  /** Whether these results of one module would all be split along the same axis: then their order does not matter. */
  readonly alike: (results: readonly string[]) => boolean;
  readonly reach: Reach;
}

/** Where a plan may act: at boundaries of modules, or on any ONNX value, by an entry of the root that names it. */
export type Reach = "boundaries" | "values";

/** Every place that splits the value for some of the readers and harms none, the best first. */
export function splitSpots(request: SplitRequest, context: Context): readonly Spot[] {
  const { value, readers, harmless } = request;
  const { graph, boundaries } = context;
  const { index } = boundaries;
  const users = index.users(value);
  const producer = index.producer(value);
  // A list of blocks is a path, but no module.
  const isModule = (module: string): boolean => graph.modules.has(module);
  const isInput = graph.inputs.some(({ name }) => name === value);
  if (!isInput && producer === undefined) return [];
  const isFree = request.reach === "values" && !isInput && users.every(harmless) && !graph.outputs.includes(value);
  if (isInput && users.every(harmless)) return [{ module: "", side: "input", value, name: value, results: 0 }];
  const outside =
    producer === undefined || graph.outputs.includes(value) ? [] : modulesAround(producer.scope).filter(isModule);
  const outputs = outside.filter((module) => {
    const moved = users.filter(({ scope }) => !isWithin(scope, module));
    return module !== "" && moved.length > 0 && moved.every(harmless) && readers.some((r) => moved.includes(r));
  });
  const inside = new Set(readers.flatMap(({ scope }) => modulesAround(scope).filter(isModule)));
  const inputs = [...inside].filter((module) => {
    const moved = users.filter(({ scope }) => isWithin(scope, module));
    const isOutside = producer === undefined || !isWithin(producer.scope, module);
    return module !== "" && isOutside && moved.every(harmless);
  });
  return ordered(
    [
      ...outputs.map((module) => outputSpot(value, module, context, request.alike)),
      ...inputs.map((module) => inputSpot(value, module, context)),
      isFree ? rootSpot(value, "input") : null,
    ].filter((spot) => spot !== null),
    commonModule(readers.map(({ scope }) => scope)),
  );
}

/**
 * Names before values, and boundaries before the root. A module that holds all readers takes the value as a parameter; otherwise the module that makes it splits its output.
 * The outermost module before those inside it.
 */
function ordered(spots: readonly Spot[], common: string): readonly Spot[] {
  const rank = ({ module, side, name }: Spot): readonly number[] => [
    name !== null ? 0 : module === "" ? 2 : 1,
    side === "input" && isWithin(common, module) ? 0 : side === "output" ? 1 : 2,
    side === "input" ? depthOf(module) : -depthOf(module),
  ];
  return spots.toSorted((a, b) => compare(rank(a), rank(b)));
}

function compare(a: readonly number[], b: readonly number[]): number {
  const at = a.findIndex((number, i) => number !== b[i]);
  return at < 0 ? 0 : a[at]! - b[at]!;
}

/** Places that gather the value for all of `readers` and, for an output of the model, for the caller. */
export function gatherSpots(
  value: string,
  readers: readonly CanonicalNode[],
  reach: Reach,
  context: Context,
): readonly Spot[] {
  const { graph, boundaries } = context;
  const producer = boundaries.index.producer(value);
  if (producer === undefined) return [];
  const isOutput = graph.outputs.includes(value);
  const modules = modulesAround(producer.scope).filter((module) =>
    module === ""
      ? isOutput && readers.length === 0
      : graph.modules.has(module) && readers.every(({ scope }) => !isWithin(scope, module)),
  );
  // At the root, the value is gathered for every reader.
  const isFree = reach === "values" && !isOutput && boundaries.index.users(value).length === readers.length;
  const spots = [
    ...modules.map((module) => outputSpot(value, module, context)),
    isFree ? rootSpot(value, "output") : null,
  ].filter((spot) => spot !== null);
  const isNamed = ({ name, results }: Spot): number => (name !== null && results === 1 ? 0 : 1);
  return spots.toSorted((a, b) => isNamed(a) - isNamed(b));
}

function rootSpot(value: string, side: Spot["side"]): Spot {
  return { module: "", side, value, name: null, results: 0 };
}

function inputSpot(value: string, module: string, context: Context): Spot | null {
  const boundary = context.boundaries.of(module).inputs.find((b) => b.value === value);
  if (boundary === undefined) return null;
  return { module, side: "input", value, name: nameOfInput(boundary, module, context).name, results: 0 };
}

function outputSpot(
  value: string,
  module: string,
  context: Context,
  alike: SplitRequest["alike"] = () => false,
): Spot | null {
  const all = context.boundaries.of(module).outputs;
  const boundary = all.find((b) => b.value === value);
  if (boundary === undefined) return null;
  const results: readonly Boundary[] = module === "" ? all : ownResults(all);
  const { name } = nameOfOutput(boundary, results, module, context);
  const at = results.indexOf(boundary);
  const isAlike = name === null && at >= 0 && alike(results.map((b) => b.value));
  return { module, side: "output", value, name: isAlike ? String(at) : name, results: results.length };
}
