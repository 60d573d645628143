/**
 * @file Lengths for the simulation of a sharded graph, where the caller gives none. Runs nothing.
 */
import { symbolsOf } from "../expr/expr.ts";
import { chooseLengths } from "../../program/choose-lengths.ts";
import type { ShardedGraph } from "../shard/types.ts";
import type { Lengths } from "./positions.ts";

/** See `chooseLengths`. */
export function lengthsFor({ graph, equations, mesh, layouts }: Chosen, start?: Lengths): Lengths {
  const shards = [...layouts.values()].flat().filter(({ over }) => over === "batch");
  const batch = new Set(shards.flatMap(({ segments }) => segments.flatMap(({ length }) => symbolsOf(length))));
  return chooseLengths({ lengths: graph.lengths, equations, mesh, batch, ...(start === undefined ? {} : { start }) });
}

type Chosen = Pick<ShardedGraph, "graph" | "equations" | "mesh" | "layouts">;
