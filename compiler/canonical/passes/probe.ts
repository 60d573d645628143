/**
 * @file Shapes that neither a rule nor the file gives, inferred by onnxruntime: exact where all inputs have fixed sizes, otherwise at least
 * types and ranks.
 */
import { OrtError } from "../../../ort/session.ts";
import { probeShapes } from "../../../ort/probe.ts";
import type { Graph } from "../../graph/types.ts";
import { declaredShape } from "../../ir/lengths.ts";
import type { ValueShape } from "../../ir/types.ts";

/** Shapes of values by name, as far as onnxruntime infers them; nothing if it cannot read the graph. */
export async function probed(
  graph: Graph,
  opsets: Readonly<Record<string, number>>,
  inputs: readonly { readonly name: string; readonly shape: ValueShape }[],
): Promise<(value: string) => ValueShape | null> {
  const sizes = Object.fromEntries(
    inputs.flatMap(({ name, shape }) => {
      const numbers = shape.dims.filter((d) => typeof d === "number");
      return numbers.length === shape.dims.length ? [[name, numbers] as const] : [];
    }),
  );
  try {
    const types = await probeShapes({ graph, opsets }, sizes);
    return (value) => {
      const type = types.get(value);
      return type === undefined ? null : declaredShape(value, type, new Map(inputs.flatMap((i) => symbols(i.shape))));
    };
  } catch (error) {
    if (error instanceof OrtError) return () => null;
    throw error;
  }
}

/** onnxruntime returns symbols of inputs unchanged. */
function symbols({ dims }: ValueShape): readonly (readonly [string, string])[] {
  return dims.filter((d) => typeof d === "string").map((d) => [d, d]);
}
