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
  alike: ({ layout }) => layout,
};

export const gatheredForProducts: Message<{
  module: string;
  first: string;
  node: string;
  value: string;
  gathered: string;
}> = {
  code: "CP4056",
  severity: "note",
  title: "Operands of products gathered",
  message: (p) =>
    `${p.module === "" ? "the root module" : `"${p.module}"`} has two products with something between them that is not recognised as attention ` +
    `(nodes ${p.first} to ${p.node}); each rank computes the rows that it has of ${p.value}, with all rows of ${p.gathered}`,
  alike: () => "",
};

export const productsWhole: Message<{ module: string; first: string; node: string; gathered: string }> = {
  code: "CP4057",
  severity: "note",
  title: "Products computed by every rank",
  message: (p) =>
    `${p.module === "" ? "the root module" : `"${p.module}"`} has two products with something between them that is not recognised as attention ` +
    `and mixes rows (nodes ${p.first} to ${p.node}); each rank computes all of it, from all rows of ${p.gathered}, and keeps its own rows`,
  alike: () => "",
};
