/**
 * @file Errors of rows that an operator takes in units, as windows. Codes CP4063-4066.
 */
import type { Catalog } from "../catalog.ts";

export const unitMessages: Catalog<{
  fewUnits: {
    op: string;
    node: string;
    module: string;
    value: string;
    axis: number;
    rows: string;
    units: number;
    ranks: number;
    from: string;
  };
}> = {
  fewUnits: {
    code: "CP4063",
    severity: "error",
    title: "Fewer units of rows than ranks",
    message: (p) =>
      `${p.op} in ${p.module === "" ? "the root module" : `"${p.module}"`} (node ${p.node}) takes axis ${p.axis} of ${p.value} in units of ${p.rows}: ` +
      `these are ${p.units} units for ${p.ranks} ranks, and a rank cannot hold a part of one; the axis is split by ${p.from}`,
    hint: (p) =>
      `gather ${p.value} before this node, or give a sequence to at most ${p.units} ranks: the product of ring_degree and ulysses_degree`,
  },
};
