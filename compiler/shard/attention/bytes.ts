/**
 * @file The bytes that collectives move, from the extents of their blocks alone: of one step, and of each attention site under its scheme.
 * Knows no runtime, which has to send the same.
 */
import { evaluate, PEER, RANK, type Cut, type Expr } from "../../expr/expr.ts";
import { elemBytes } from "../../graph/elements.ts";
import type { ElemType } from "../../graph/types.ts";
import type { Lengths } from "../../../program/lengths.ts";
import { groupOf, ranksOf, type Group, type Mesh } from "../../../program/mesh.ts";
import { cutOf, type Shares } from "../../../program/shares.ts";
import type { AttentionSite, CollectiveKind, ShardedGraph } from "../types.ts";

/** A collective of a sharded graph or of a program. */
export interface Moving {
  readonly collective: CollectiveKind;
  readonly group: Group;
  readonly transfers: readonly { readonly dims: readonly Expr[]; readonly elem: string }[];
}

/**
 * Bytes that leave one rank in a step: to every other rank of the group its own block (all-to-all), the same block (all-gather), or one
 * block to the next (shift).
 */
export function stepBytes(mesh: Mesh, step: Moving, rank: number, lengths: Lengths, cut: Cut): number {
  const members = groupOf(step.group, rank, mesh);
  const others = members.filter((member) => member !== rank);
  const next = members[(members.indexOf(rank) + 1) % members.length]!;
  const peers = {
    "all-to-all": others,
    "all-gather": others.map(() => rank),
    shift: others.length === 0 ? [] : [next],
  }[step.collective];
  return sum(
    step.transfers.flatMap(({ dims, elem }) =>
      peers.map((peer) => {
        const names = { ...lengths, [RANK]: rank, [PEER]: peer };
        return dims.reduce<number>((size, dim) => size * evaluate(dim, names, cut), elemBytes(elem as ElemType));
      }),
    ),
  );
}

/** An attention site, and what its collectives move. */
export interface SiteBytes extends Pick<AttentionSite, "node" | "module" | "scheme"> {
  /** Bytes that leave each rank in one run, by flat rank. */
  readonly sent: readonly number[];
}

/**
 * The bytes of every attention site, in order. `lengths` has a number for each length of the graph. A mask that several sites read is
 * gathered once, for the first of them.
 */
export function siteBytes(sharded: ShardedGraph, lengths: Lengths, shares: Shares = null): readonly SiteBytes[] {
  const { mesh, steps, attention } = sharded;
  const cut = cutOf(mesh, shares);
  const collectives = steps.filter((step) => step.kind === "collective");
  return attention.map(({ node, module, scheme }) => {
    const own = collectives.filter(({ origin }) => origin.node === node);
    const sent = Array.from({ length: ranksOf(mesh) }, (_, rank) =>
      sum(own.map((step) => stepBytes(mesh, step, rank, lengths, cut))),
    );
    return { node, module, scheme, sent };
  });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
