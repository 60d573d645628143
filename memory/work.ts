/**
 * @file Memory that one execution of a graph takes: every value from its node to its last reader, and what kernels take meanwhile.
 * Operands of the graph are not counted. Knows no rank and no step.
 */
import { valuesReadBy } from "../compiler/graph/reads.ts";
import type { Graph, Node } from "../compiler/graph/types.ts";
import { executionOrder } from "./order.ts";
import { scratchOf } from "./scratch.ts";
import { branchesOf, bytesOf, shapesInBranch } from "./sizes.ts";
import type { Shapes } from "./sizes.ts";

export interface Work {
  /** Largest number of bytes at once, results included. */
  readonly peak: number;
  /** Values whose size is not known; they are not counted. */
  readonly unsized: readonly string[];
}

/** Results in `elsewhere` are written into memory of the caller. */
export function workOf(graph: Graph, shapes: Shapes, elsewhere: ReadonlySet<string>): Work {
  const walk = newWalk(graph, shapes, elsewhere);
  for (const node of executionOrder(graph)) step(walk, node);
  return { peak: walk.peak, unsized: walk.unsized };
}

/** Memory under one or several names. */
interface Buffer {
  readonly bytes: number;
  /** Readers to come, under any name. */
  uses: number;
}

interface Walk {
  readonly shapes: Shapes;
  readonly constants: Graph["constants"];
  readonly uses: ReadonlyMap<string, number>;
  readonly elsewhere: ReadonlySet<string>;
  readonly buffers: Map<string, Buffer>;
  readonly unsized: string[];
  live: number;
  peak: number;
}

function newWalk(graph: Graph, shapes: Shapes, elsewhere: ReadonlySet<string>): Walk {
  const uses = new Map<string, number>();
  const use = (name: string): void => void uses.set(name, (uses.get(name) ?? 0) + 1);
  for (const node of graph.nodes) valuesReadBy(node).forEach(use);
  for (const { name } of graph.outputs) use(name);
  return { shapes, constants: graph.constants, uses, elsewhere, buffers: new Map(), unsized: [], live: 0, peak: 0 };
}

function step(walk: Walk, node: Node): void {
  const made = node.outputs.filter((output) => output !== "").flatMap((name) => make(walk, node, name));
  walk.peak = Math.max(walk.peak, walk.live + during(walk, node));
  for (const name of valuesReadBy(node)) release(walk, walk.buffers.get(name));
  for (const buffer of made) release(walk, buffer);
}

/** Places a result. Returns its memory if it is new, with one use more than it has readers, for the node itself. */
function make(walk: Walk, node: Node, name: string): readonly Buffer[] {
  const { shapes, buffers, elsewhere } = walk;
  const uses = walk.uses.get(name) ?? 0;
  const given = elsewhere.has(name) ? undefined : reused(walk, node, name);
  if (given !== undefined) {
    given.uses += uses;
    buffers.set(name, given);
    return [];
  }
  const shape = shapes.get(name);
  if (shape === undefined) walk.unsized.push(name);
  const buffer = { bytes: shape === undefined || elsewhere.has(name) ? 0 : bytesOf(shape), uses: uses + 1 };
  buffers.set(name, buffer);
  walk.live += buffer.bytes;
  return [buffer];
}

/** Of a branch the cheaper one: the other is there for numbers that hardly occur, or it would have been chosen. */
function during(walk: Walk, node: Node): number {
  const branches = branchesOf(node).map((branch) => {
    const shapes = shapesInBranch(branch, walk.shapes, new Map());
    return workOf(branch, shapes, new Set(branch.outputs.map(({ name }) => name))).peak;
  });
  const shapesOf = (names: readonly string[]) =>
    names.map((name) => (walk.constants.has(name) ? undefined : walk.shapes.get(name)));
  return (
    scratchOf(node, shapesOf(node.inputs), shapesOf(node.outputs)) + (branches.length === 0 ? 0 : Math.min(...branches))
  );
}

/** Operators whose result is their first operand under other extents. */
const VIEWS: ReadonlySet<string> = new Set(["Flatten", "Identity", "Reshape", "Squeeze", "Unsqueeze"]);

/** Operators that may write into an operand of the size of the result that nobody else reads. */
const IN_PLACE: ReadonlySet<string> = new Set([
  "Add",
  "Div",
  "Mul",
  "Neg",
  "Sub",
  "Sigmoid",
  "Tanh",
  "Sqrt",
  "Softmax",
]);

function reused({ buffers, shapes }: Walk, node: Node, output: string): Buffer | undefined {
  const result = shapes.get(output);
  if (result === undefined || node.domain !== "") return undefined;
  // A view of an operand of the graph takes nothing.
  if (VIEWS.has(node.op)) return buffers.get(node.inputs[0] ?? "") ?? { bytes: 0, uses: 0 };
  if (!IN_PLACE.has(node.op)) return undefined;
  const last = node.inputs.map((name) => buffers.get(name)).filter((buffer) => buffer?.uses === 1);
  return last.find((buffer) => buffer?.bytes === bytesOf(result));
}

function release(walk: Walk, buffer: Buffer | undefined): void {
  if (buffer === undefined) return;
  buffer.uses -= 1;
  if (buffer.uses === 0) walk.live -= buffer.bytes;
}
