/**
 * @file Small sharded graphs written by hand, for tests of lowering: a builder of steps, and the other inputs of lowering.
 */
import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CanonicalNode, IntegerValue, ValueShape } from "../../compiler/ir/types.ts";
import type { Expr } from "../../compiler/expr/expr.ts";
import { tensorFromNumbers } from "../../compiler/graph/tensors.ts";
import type { Attributes, Tensor } from "../../compiler/graph/types.ts";
import { lower } from "../../compiler/lower/lower.ts";
import type { LowerContext, LoweredProgram } from "../../compiler/lower/types.ts";
import { writeProgram } from "../../compiler/lower/write.ts";
import type { PlanSpec } from "../../compiler/plan/types.ts";
import type { CompiledProgram } from "../../program/types.ts";
import { localDims } from "../../compiler/shard/layout.ts";
import type { AxisShard, CollectiveStep, Layout, ShardedGraph, ShardedStep } from "../../compiler/shard/types.ts";

export interface Builder {
  readonly input: (name: string, dims: readonly Expr[]) => string;
  readonly constant: (name: string, tensor: Tensor) => string;
  readonly ints: (name: string, elements: readonly Expr[]) => string;
  /** A value with a layout has its whole shape, another its local one. */
  readonly local: (op: string, inputs: readonly string[], outputs: readonly Value[], more?: More) => readonly string[];
  readonly collective: (step: Omit<CollectiveStep, "kind" | "name" | "origin">, more?: More) => void;
  readonly shape: (name: string, dims: readonly Expr[]) => string;
  readonly build: (
    rest: Pick<ShardedGraph, "mesh"> & Partial<ShardedGraph>,
    outputs: readonly string[],
  ) => ShardedGraph;
}

export type Value = readonly [name: string, dims: readonly Expr[], layout?: Layout];

export interface More {
  readonly attributes?: Attributes;
  readonly domain?: string;
  readonly module?: string;
  /** The attention site's node. */
  readonly site?: string;
  readonly spec?: PlanSpec;
}

export function builder(): Builder {
  const steps: ShardedStep[] = [];
  const inputs: { name: string; shape: ValueShape }[] = [];
  const constants = new Map<string, Tensor>();
  const integers = new Map<string, IntegerValue>();
  const shapes = new Map<string, ValueShape>();
  const layouts = new Map<string, Layout>();
  const modules = new Set<string>([""]);
  const origin = ({ module = "", site, spec }: More): CollectiveStep["origin"] => {
    modules.add(module);
    return { module, node: site ?? null, spec: spec ?? null };
  };
  const shape = (name: string, dims: readonly Expr[]): string => {
    shapes.set(name, { elem: "float32", dims });
    return name;
  };
  return {
    shape,
    input: (name, dims) => {
      layouts.set(shape(name, dims), []);
      inputs.push({ name, shape: shapes.get(name)! });
      return name;
    },
    constant: (name, tensor) => {
      constants.set(name, tensor);
      layouts.set(shape(name, tensor.dims), []);
      return name;
    },
    ints: (name, elements) => {
      integers.set(name, { elem: "int64", dims: [elements.length], elements });
      return name;
    },
    local: (op, inputs, outputs, more = {}) => {
      for (const [name, dims, layout] of outputs) {
        shape(name, dims);
        if (layout !== undefined) layouts.set(name, layout);
      }
      const names = outputs.map(([name]) => name);
      const node: CanonicalNode = {
        name: `node of ${names[0]}`,
        op,
        domain: more.domain ?? "",
        inputs,
        outputs: names,
        attributes: more.attributes ?? {},
        scope: more.module ?? "",
      };
      steps.push({ kind: "local", node, origin: origin(more) });
      return names;
    },
    collective: (step, more = {}) => {
      steps.push({
        kind: "collective",
        name: `collective of ${step.transfers[0]!.send[0]}`,
        ...step,
        origin: origin(more),
      });
    },
    build: (rest, outputs) => ({
      graph: {
        inputs,
        outputs,
        nodes: [],
        constants,
        integers: new Map(),
        shapes,
        lengths: lengthsOf(inputs),
        prefix: null,
        markers: [],
        opsets: { "": 18 },
        modules: new Map([...modules].map((path) => [path, { path, className: null }])),
      },
      steps,
      integers,
      shapes,
      layouts,
      sameAs: new Map(),
      equations: [],
      minimums: [],
      alignments: [],
      attention: [],
      localShapes: localShapesOf(shapes, layouts, rest.mesh),
      ...rest,
    }),
  };
}

function localShapesOf(
  shapes: ReadonlyMap<string, ValueShape>,
  layouts: ReadonlyMap<string, Layout>,
  mesh: ShardedGraph["mesh"],
): ShardedGraph["localShapes"] {
  const local = (name: string, dims: readonly Expr[]): readonly Expr[] =>
    localDims(dims, layouts.get(name) ?? [], mesh, "rank");
  return new Map([...shapes].map(([name, { elem, dims }]) => [name, { elem, dims: local(name, dims) }]));
}

function lengthsOf(inputs: readonly { name: string; shape: ValueShape }[]): ShardedGraph["graph"]["lengths"] {
  const lengths = new Map<string, { input: string; axis: number }[]>();
  for (const { name, shape } of inputs) {
    for (const [axis, dim] of shape.dims.entries()) {
      if (typeof dim === "string") lengths.set(dim, [...(lengths.get(dim) ?? []), { input: name, axis }]);
    }
  }
  return [...lengths].map(([name, sources]) => ({ name, sources }));
}

export function split(axis: number, ...lengths: readonly Expr[]): AxisShard {
  const segments = lengths.map((length) => ({ length, origin: String(length) }));
  return { axis, over: "sequence", outer: 1, segments, inner: 1, unit: 1 };
}

export function spec(action: PlanSpec["action"], pointer: string, dim: number): PlanSpec {
  const position = { line: 3, column: 5, offset: 20 };
  const span = { file: "tiny.plan.json", start: position, end: { line: 3, column: 9, offset: 24 } };
  const side = action === "split" ? "input" : "output";
  return {
    action,
    side,
    parameter: side === "input" ? "x" : null,
    index: null,
    count: null,
    dim,
    expectedDims: null,
    value: null,
    origin: { pointer, span, keySpan: null },
  };
}

/** Numbers that differ from each other and repeat only after a long time. */
export function numbers(count: number, seed: number): readonly number[] {
  return Array.from({ length: count }, (_, i) => Math.sin((i + 1) * (seed + 0.37)) * 0.5);
}

export function weight(dims: readonly number[], seed: number): Tensor {
  return tensorFromNumbers(
    "float32",
    dims,
    numbers(
      dims.reduce((a, b) => a * b, 1),
      seed,
    ),
  );
}

export function context(folder: string, hooks: readonly string[] = []): LowerContext {
  return {
    model: {
      file: join(folder, "tiny.onnx"),
      folder,
      irVersion: 10,
      opsets: { "": 18 },
      sha256: "0".repeat(64),
      graph: { name: "", inputs: [], outputs: [], nodes: [], constants: new Map(), types: new Map() },
    },
    data: [],
    options: { rotate_method: "allgather", convert_to_fp32: true },
    hooks,
    notes: [],
  };
}

export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), "lower-test-"));
}

export function lowered(sharded: ShardedGraph, folder: string, hooks: readonly string[] = []): LoweredProgram {
  const result = lower(sharded, context(folder, hooks));
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  return result.value;
}

export async function written(program: LoweredProgram, folder: string): Promise<CompiledProgram> {
  const result = await writeProgram(program, join(folder, "program"));
  if (!result.ok) throw new Error(result.diagnostics.map(({ message }) => message).join("; "));
  return { ...result.value, program: JSON.parse(readFileSync(join(folder, "program/program.json"), "utf8")) };
}
