/**
 * @file Checks that the model can have the input sizes that a caller fixes: names, ranks, fixed extents and symbols.
 */
import { shapeMessages as messages } from "../../diagnostics/catalog/canonical.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import { suggest } from "../../diagnostics/suggest.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import type { GraphValue } from "../../graph/types.ts";
import type { FixedShapes } from "../../ir/lengths.ts";

/** All errors; of one input only the first. */
export function checkShapes(inputs: readonly GraphValue[], fixed: FixedShapes): readonly Diagnostic[] {
  const known = new Map(inputs.map((input) => [input.name, input]));
  /** Where each symbol got its size. */
  const sizes: Sizes = new Map();
  return Object.entries(fixed).flatMap(([name, dims]) => {
    const input = known.get(name);
    if (input === undefined) {
      const names = [...known.keys()];
      return [diagnose(messages.unknownInput, { input: name, suggestion: suggest(name, names), known: names })];
    }
    const wrong = wrongSizes(name, dims) ?? contradiction(input, dims, sizes);
    return wrong === undefined ? [] : [wrong];
  });
}

type Sizes = Map<string, { readonly size: number; readonly at: string }>;

function wrongSizes(input: string, dims: readonly number[]): Diagnostic | undefined {
  // A caller of the API may pass anything.
  const isList = Array.isArray(dims) && dims.every((size) => Number.isSafeInteger(size) && size >= 0);
  return isList ? undefined : diagnose(messages.noSizes, { input, found: JSON.stringify(dims) ?? String(dims) });
}

function contradiction({ name, type }: GraphValue, dims: readonly number[], sizes: Sizes): Diagnostic | undefined {
  if (type.dims === null) return undefined;
  const shape = `(${type.dims.map((dim) => dim ?? "?").join(", ")})`;
  if (dims.length !== type.dims.length) {
    return diagnose(messages.rank, { input: name, given: dims.length, rank: type.dims.length, shape });
  }
  for (const [axis, dim] of type.dims.entries()) {
    const size = dims[axis] ?? 0;
    const at = `axis ${axis} of ${name}`;
    if (typeof dim === "number" && dim !== size) {
      return diagnose(messages.size, { at, given: size, expected: dim, shape });
    }
    if (typeof dim !== "string") continue;
    const earlier = sizes.get(dim);
    if (earlier !== undefined && earlier.size !== size) {
      return diagnose(messages.symbol, { symbol: dim, at, given: size, earlier: earlier.size, earlierAt: earlier.at });
    }
    sizes.set(dim, { size, at });
  }
  return undefined;
}
