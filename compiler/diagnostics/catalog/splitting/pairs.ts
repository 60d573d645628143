/**
 * @file Diagnostics of values of all pairs of tokens, such as masks. Codes CP4040-4044, CP4060.
 */
import type { Message } from "../../diagnose.ts";
import { removeEntry } from "../../fixes.ts";

/** Rows and columns of a table of pairs, both made from a tensor that the plan splits. */
export const splitOfPairs: Message<{
  op: string;
  node: string;
  module: string;
  first: string;
  second: string;
  from: string;
}> = {
  code: "CP4040",
  severity: "error",
  title: "Split of a tensor that meets itself",
  message: (p) =>
    `${p.op} in ${p.module === "" ? "the root module" : `"${p.module}"`} (node ${p.node}) combines every row of a tensor with every other row: ` +
    `${p.first === p.second ? p.first : `${p.first} and ${p.second}`} come from one split, by ${p.from}, and a rank has only some of the rows`,
  hint: () => "remove the entry: left whole, the tensor is sliced where its rows meet split ones",
  fixes: () => [removeEntry],
};

/** Of a table of pairs whose sides come from different splits, or from what the model computes. */
export const gatheredForPairs: Message<{ op: string; node: string; module: string; value: string; from: string }> = {
  code: "CP4060",
  severity: "note",
  title: "Sides of pairs gathered",
  message: (p) =>
    `${p.op} in ${p.module === "" ? "the root module" : `"${p.module}"`} (node ${p.node}) combines rows with other rows, as a mask of pairs of tokens does: ` +
    `${p.value}, split by ${p.from}, is gathered for it`,
  hint: () =>
    "an entry for what only such tables read may go: left whole, it is sliced where its rows meet split ones, and not exchanged",
};
