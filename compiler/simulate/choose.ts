/**
 * @file Lengths for the simulation of a sharded graph, where the caller gives none. Runs nothing.
 */
import { symbolsOf, type Expr } from "../expr/expr.ts";
import { chooseLengths } from "../../program/choose-lengths.ts";
import type { ShardedGraph } from "../shard/types.ts";
import type { Lengths } from "./positions.ts";

/** What else lengths must fulfil, and where they begin; see `chooseLengths`. */
export interface Further {
  readonly equations: readonly { readonly left: Expr; readonly right: Expr }[];
  readonly first: number;
}

/** See `chooseLengths`. */
export function lengthsFor({ graph, equations, mesh, layouts }: Chosen, start?: Lengths, further?: Further): Lengths {
  const shards = [...layouts.values()].flat().filter(({ over }) => over === "batch");
  const batch = new Set(shards.flatMap(({ segments }) => segments.flatMap(({ length }) => symbolsOf(length))));
  const all = [...equations, ...(further?.equations ?? [])];
  const wanted = { lengths: graph.lengths, equations: all, mesh, batch, ...(start === undefined ? {} : { start }) };
  return chooseLengths(wanted, further?.first);
}

type Chosen = Pick<ShardedGraph, "graph" | "equations" | "mesh" | "layouts">;
