/**
 * @file Diagnostics of products that are split by their heads or by their queries, although no attention was recognised.
 */
import type { Message } from "../../diagnose.ts";

export const splitByHeads: Message<{
  module: string;
  first: string;
  node: string;
  value: string;
  layout: string;
  ranks: number;
}> = {
  code: "CP4045",
  severity: "note",
  title: "Products split by heads",
  message: (p) =>
    `${p.module === "" ? "the root module" : `"${p.module}"`} has two products with something between them that is not recognised as attention ` +
    `(nodes ${p.first} to ${p.node}); each of ${p.ranks} ranks computes all rows for its heads (${p.value}: ${p.layout})`,
};

export const splitByQueries: Message<{
  module: string;
  first: string;
  node: string;
  values: readonly string[];
  ranks: number;
}> = {
  code: "CP4053",
  severity: "note",
  title: "Products split by queries",
  message: (p) =>
    `${p.module === "" ? "the root module" : `"${p.module}"`} has two products with something between them that is not recognised as attention ` +
    `(nodes ${p.first} to ${p.node}); each of ${p.ranks} ranks computes its rows of the result, for which ${p.values.join(", ")} ` +
    `${p.values.length === 1 ? "is" : "are"} gathered`,
};
