/**
 * @file What each rank sends and receives in each collective of a program, inside its host and between hosts. The numbers are those of the
 * runtime, since they come from the same placements. Knows no time.
 */
import { ranksOf } from "../program/mesh.ts";
import type { CollectiveStep, Program } from "../program/types.ts";
import type { PlacementOf } from "./ranks.ts";

/** Bytes of one rank in one collective. */
export interface Traffic {
  readonly sentInside: number;
  readonly receivedInside: number;
  readonly sentBetween: number;
  readonly receivedBetween: number;
}

/** By rank. Ranks are numbered host by host; `devicesPerHost` is `null` if there is one host. */
export function trafficOf(
  { mesh }: Program,
  step: CollectiveStep,
  placementOf: PlacementOf,
  devicesPerHost: number | null,
): readonly Traffic[] {
  const hostOf = (rank: number): number => (devicesPerHost === null ? 0 : Math.floor(rank / devicesPerHost));
  return Array.from({ length: ranksOf(mesh) }, (_, rank) => {
    const { sends, receives } = placementOf(step, rank);
    const isHere = (other: number): boolean => hostOf(other) === hostOf(rank);
    const sent = sends.flatMap(({ to, bytes }) => to.map((other) => ({ other, bytes })));
    const received = receives.flatMap(({ from, bytes }) => (from === rank ? [] : [{ other: from, bytes }]));
    return {
      sentInside: sum(sent.filter(({ other }) => isHere(other))),
      receivedInside: sum(received.filter(({ other }) => isHere(other))),
      sentBetween: sum(sent.filter(({ other }) => !isHere(other))),
      receivedBetween: sum(received.filter(({ other }) => !isHere(other))),
    };
  });
}

function sum(blocks: readonly { readonly bytes: number }[]): number {
  return blocks.reduce((total, { bytes }) => total + bytes, 0);
}
