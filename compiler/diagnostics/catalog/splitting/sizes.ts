/**
 * @file Errors of sizes that ranks would need and cannot compute. Codes CP4603-4609.
 */
import type { Catalog } from "../catalog.ts";

export const sizeMessages: Catalog<{
  dependsOnData: { op: string; node: string | null; module: string; sizes: string };
}> = {
  dependsOnData: {
    code: "CP4603",
    severity: "error",
    title: "Size that depends on data",
    message: ({ op, node, module, sizes }) => {
      const place = module === "" ? "the root module" : `"${module}"`;
      const what = node === null ? `${op} that a plan entry makes in ${place}` : `${op} in ${place} (node ${node})`;
      return `${what} has the sizes or bounds ${sizes}: an extent that begins with ? depends on data, or on an operator whose result size is unknown, so no rank can compute it before a run`;
    },
    hint: () =>
      "split only values whose extents come from the shapes of the inputs, or from masks that an input gives by itself (through reshapes, rows, " +
      "casts and comparisons with a number), or gather before this node; if the extent is a length of an input after all, export the model " +
      "with the shapes of its values",
  },
};
