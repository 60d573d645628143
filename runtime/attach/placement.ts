/**
 * @file What the places of ranks on hosts cost: bytes of a run that cross from host to host, against those if adjacent ranks shared a host.
 * Knows no transport.
 */
import { worldMessages as messages } from "../../compiler/diagnostics/catalog/running/world.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { withinLimits, type Cut } from "../../compiler/expr/expr.ts";
import { chooseLengths } from "../../program/choose-lengths.ts";
import type { Lengths } from "../../program/lengths.ts";
import { ranksOf } from "../../program/mesh.ts";
import { equalCut } from "../../program/shares.ts";
import type { Program } from "../../program/types.ts";
import { placer } from "../collectives/placement.ts";
import { adjacent, placementText } from "../world/mpi/hosts.ts";

/** Bytes that ranks of different hosts send each other in one run; `hosts` by rank. */
export function bytesBetween(program: Program, lengths: Lengths, cut: Cut, hosts: readonly string[]): number {
  const place = placer(program.mesh, lengths, cut);
  const collectives = program.steps.filter((step) => step.kind === "collective");
  return Array.from({ length: ranksOf(program.mesh) }, (_, rank) => rank).reduce((sum, rank) => {
    const crossing = collectives.flatMap((step) =>
      place(step, rank).sends.map(({ to, bytes }) => bytes * to.filter((other) => hosts[other] !== hosts[rank]).length),
    );
    return sum + crossing.reduce((a, b) => a + b, 0);
  }, 0);
}

/** A note if another order of the same hosts would send less between them; none at one host. */
export function crossingNote(program: Program, hosts: readonly string[]): readonly Diagnostic[] {
  const better = adjacent(hosts);
  if (better.every((host, rank) => host === hosts[rank])) return [];
  const lengths = withinLimits(() => chooseLengths({ ...program, batch: new Set() }, ranksOf(program.mesh)));
  if (lengths === null) return [];
  const bytes = withinLimits(() => bytesBetween(program, lengths, equalCut, hosts));
  const best = withinLimits(() => bytesBetween(program, lengths, equalCut, better));
  if (bytes === null || best === null || bytes <= best) return [];
  const at = Object.entries(lengths).map(([name, length]) => `${name} = ${length}`);
  const said = at.length === 0 ? "the model's own lengths" : at.join(", ");
  return [diagnose(messages.placement, { hosts: placementText(hosts), bytes, best, lengths: said })];
}
