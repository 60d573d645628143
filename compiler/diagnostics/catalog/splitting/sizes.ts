/**
 * @file Errors of sizes that ranks would need and cannot compute. Codes CP4603-4609.
 */
import type { Catalog } from "../catalog.ts";

export const sizeMessages: Catalog<{
  dependsOnData: {
    op: string;
    node: string | null;
    module: string;
    sizes: string;
    /** What is unknown, and the node that decides it, with what it looks at. */
    unknown: readonly { extent: string; op: string; node: string; operand: string }[];
  };
}> = {
  dependsOnData: {
    code: "CP4603",
    severity: "error",
    title: "Size that depends on data",
    message: ({ op, node, module, sizes, unknown }) => {
      const place = module === "" ? "the root module" : `"${module}"`;
      const what = node === null ? `${op} that a plan entry makes in ${place}` : `${op} in ${place} (node ${node})`;
      const reasons = unknown.map(({ extent, op: by, node: at, operand }) =>
        by === "NonZero"
          ? `${extent} is how many elements of ${operand} are true (node ${at}), which no input gives by itself`
          : `${extent} is decided by ${by} (node ${at}), whose result size depends on data or is unknown`,
      );
      const why = reasons.length > 0 ? reasons.join("; ") : "an extent that begins with ? depends on data";
      return `${what} has the sizes or bounds ${sizes}: ${why}, so no rank can compute it before a run`;
    },
    hint: () =>
      "split only values whose extents come from the shapes of the inputs, or from masks that an input gives by itself (through reshapes, rows, " +
      "casts and comparisons with a number), or gather before this node; if the extent is a length of an input after all, export the model " +
      "with the shapes of its values",
  },
};
