/**
 * @file Text for values and shapes: what a candidate is, which module makes it, which nodes read it, and the line to paste.
 */
import { pathInside } from "../ir/module-paths.ts";
import type { ValueShape } from "../ir/types.ts";
import { addEntry, setField } from "../diagnostics/fixes.ts";
import type { Fix, Related } from "../diagnostics/types.ts";
import { show } from "../expr/expr.ts";
import type { Boundary } from "./boundaries/boundaries.ts";
import type { Place } from "./context.ts";
import type { Reader } from "../ir/graph-index.ts";

/** `float32 (1, img, 32)`; a long extent is truncated. */
export function showShape({ elem, dims }: ValueShape): string {
  const texts = dims.map(show).map((text) => (text.length > 48 ? `${text.slice(0, 45)}...` : text));
  return `${elem} (${texts.join(", ")})`;
}

/** One candidate: `add_12 float32 (1, img, 32), made by blocks.0 (Add), read by norm1 (LayerNormalization), Add`. */
export function describe(boundary: Boundary, module: string): Related {
  const { value, shape, producer, isGraphOutput } = boundary;
  const maker =
    producer === null ? "an input of the model" : `made by ${producer.scope || "the model"} (${producer.op})`;
  const readers = [...readersOf(boundary, module), ...(isGraphOutput ? ["the model's output"] : [])];
  const reading = readers.length === 0 ? "not read" : `read by ${cut(readers)}`;
  return {
    message: `${value}: ${showShape(shape)}, ${maker}, ${reading}`,
    module,
    ...(producer === null ? {} : { node: producer.name }),
  };
}

/** Which inputs of the model the value comes from. */
export function sayOrigin({ owner, ancestors, producer }: Boundary): string {
  if (producer === null) return "given by the caller";
  if (owner !== null && ancestors.size > 1) return `a state of the input "${owner}"`;
  const names = [...ancestors].sort().map((name) => `"${name}"`);
  return names.length === 0 ? "made from no input" : `made from ${cut(names)}`;
}

/** Its readers, each once, in order: `norm1 (LayerNormalization)`; inside paths are relative to the module. */
export function readersOf({ readers }: Boundary, module: string): readonly string[] {
  return [...new Set(readers.map((reader) => readerName(reader, module)))];
}

/** The plan entry that names `value`, for pasting: also right where the entry came from a pattern with `*`. */
export function pasteLine({ module, side, parameter, spec }: Place, value: string): string {
  const rank = spec.expectedDims === null ? "" : `"expected_dims": ${spec.expectedDims}, `;
  const named = `"value": ${JSON.stringify(value)}`;
  const path = JSON.stringify(module);
  // A list member is named at its position.
  if (spec.count !== null) return `{ "${spec.action}_dim": ${spec.dim}, ${rank}${named} }`;
  if (spec.action === "gather") return `${path}: { "gather_dim": ${spec.dim}, ${rank}${named} }`;
  const output = side === "output" ? `"split_output": true, ` : "";
  const key = side === "output" ? String(spec.index ?? 0) : parameter;
  return `${path}: { ${JSON.stringify(key)}: { "split_dim": ${spec.dim}, ${rank}${output}${named} } }`;
}

/** The same as changes of the plan, one for each value: in the entry itself, or beside a pattern, which cannot name values. */
export function pasteFixes(place: Place, values: readonly string[]): readonly Fix[] {
  const { module, side, parameter, spec } = place;
  const isPattern = spec.origin.pointer.includes("*");
  if (!isPattern) return values.map((value) => setField("value", value));
  if (spec.count !== null) return [];
  return values.map((value) => {
    const rank = spec.expectedDims === null ? {} : { expected_dims: spec.expectedDims };
    if (spec.action === "gather") return addEntry(module, { gather_dim: spec.dim, ...rank, value });
    const output = side === "output" ? { split_output: true } : {};
    const key = side === "output" ? String(spec.index ?? 0) : (parameter ?? "");
    return addEntry(module, { [key]: { split_dim: spec.dim, ...rank, ...output, value } });
  });
}

function readerName({ node }: Reader, module: string): string {
  const path = pathInside(node.scope, module);
  return path === "" ? node.op : `${path} (${node.op})`;
}

function cut(names: readonly string[]): string {
  return names.length > 5 ? `${names.slice(0, 4).join(", ")} and ${names.length - 4} more` : names.join(", ");
}
