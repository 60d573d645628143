/**
 * @file Diagnostics of products that are split by their heads although no attention was recognised.
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
