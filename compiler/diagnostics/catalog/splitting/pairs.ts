/**
 * @file Diagnostics of values of all pairs of tokens, such as masks. Codes CP4040-4044.
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
