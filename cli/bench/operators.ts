/**
 * @file The time of each operator, from the profiles that onnxruntime writes. Knows the format of a profile, no session.
 */

type Dims = readonly number[];

/** Extents of the operands of a node. */
export interface Shapes {
  readonly inputs: readonly Dims[];
  readonly outputs: readonly Dims[];
}

/** What a profile says of all nodes of one operator. */
export interface OperatorTime {
  readonly operator: string;
  /** Of one run. */
  readonly milliseconds: number;
  /** Nodes that one run executes. */
  readonly calls: number;
  /** Nodes with the same shapes, the most expensive first; a session that packs weights does not list them as inputs. */
  readonly shapes: readonly (Shapes & { readonly milliseconds: number; readonly calls: number })[];
}

/** An event of the Chrome trace format: times in microseconds. */
interface TraceEvent {
  readonly cat: string;
  readonly name: string;
  readonly ts: number;
  readonly dur: number;
  readonly args?: {
    readonly op_name?: string;
    readonly input_type_shape?: TypedShapes;
    readonly output_type_shape?: TypedShapes;
  };
}

/** Their time is that of the nodes inside, which a profile lists too. */
const CONTAINERS: ReadonlySet<string> = new Set(["If", "Loop", "Scan"]);

/** The extents by element type, one record for each operand. */
type TypedShapes = readonly Readonly<Record<string, Dims>>[];

interface Node extends Shapes {
  readonly operator: string;
  readonly milliseconds: number;
}

/**
 * Adds up the kernels of several sessions, each profile as the text of its file, with the largest first. Every session ran the model
 * `repeats` times in all; only the last of these counts, since the first takes its memory.
 */
export function operatorTimes(profiles: readonly string[], repeats: number): readonly OperatorTime[] {
  const nodes = profiles.flatMap((text) => nodesOf(JSON.parse(text) as readonly TraceEvent[], repeats));
  const times = [...grouped(nodes, ({ operator }) => operator)].map(([operator, all]): OperatorTime => {
    const alike = grouped(all, ({ inputs, outputs }) => JSON.stringify([inputs, outputs]));
    const shapes = [...alike.values()].map((same) => ({
      inputs: same[0]!.inputs,
      outputs: same[0]!.outputs,
      ...total(same),
    }));
    return { operator, ...total(all), shapes: shapes.sort(bySize) };
  });
  return times.sort(bySize);
}

/** Milliseconds of every kernel of a profile, in the order of their execution. */
export function kernelTimes(profile: string): readonly number[] {
  return nodesOf(JSON.parse(profile) as readonly TraceEvent[], 1).map(({ milliseconds }) => milliseconds);
}

function nodesOf(events: readonly TraceEvent[], repeats: number): readonly Node[] {
  const runs = events.filter(({ cat, name }) => cat === "Session" && name === "model_run");
  const starts = runs.map(({ ts }) => ts).sort((a, b) => a - b);
  const from = starts[starts.length - starts.length / repeats] ?? Infinity;
  return events.flatMap(({ cat, name, ts, dur, args }): readonly Node[] => {
    if (cat !== "Node" || !name.endsWith("_kernel_time") || ts < from) return [];
    if (CONTAINERS.has(args?.op_name ?? "")) return [];
    const { op_name: operator = name, input_type_shape: inputs, output_type_shape: outputs } = args ?? {};
    return [{ operator, inputs: dimsOf(inputs), outputs: dimsOf(outputs), milliseconds: dur / 1000 }];
  });
}

function dimsOf(operands: TypedShapes = []): readonly Dims[] {
  return operands.flatMap((operand) => Object.values(operand));
}

function grouped<T>(all: readonly T[], keyOf: (one: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const one of all) {
    const group = groups.get(keyOf(one));
    if (group === undefined) groups.set(keyOf(one), [one]);
    else group.push(one);
  }
  return groups;
}

function total(nodes: readonly Node[]): { readonly milliseconds: number; readonly calls: number } {
  return { milliseconds: nodes.reduce((sum, { milliseconds }) => sum + milliseconds, 0), calls: nodes.length };
}

function bySize(a: { readonly milliseconds: number }, b: { readonly milliseconds: number }): number {
  return b.milliseconds - a.milliseconds;
}
