/**
 * @file Bytes and messages that a run sends from host to host, computed from the program. Knows no job.
 */
import { toFeeds } from "../../../cli/run/tensors.ts";
import type { OrtTensors } from "../../../ort/types.ts";
import { equalCut } from "../../../program/shares.ts";
import type { Program } from "../../../program/types.ts";
import { bytesBetween } from "../../../runtime/attach/placement.ts";
import { checkInputs } from "../../../runtime/caller/check-inputs.ts";
import { placer } from "../../../runtime/collectives/placement.ts";
import { passesTo } from "../../../runtime/world/mpi/hosts.ts";
import { valueOf } from "../../support/fixtures.ts";

export interface Traffic {
  /** Of the exchanges, without any header. */
  readonly exchanged: number;
  /** Of the feeds, which rank 0 sends to every other host once. */
  readonly feeds: number;
  readonly messages: number;
}

/** What crosses in one run; `hosts` by rank. */
export function trafficOf(program: Program, tensors: OrtTensors, hosts: readonly string[]): Traffic {
  const { lengths } = valueOf(checkInputs(program, toFeeds(tensors)));
  const place = placer(program.mesh, lengths, equalCut);
  const crossing = program.steps
    .flatMap((step) => (step.kind === "collective" ? hosts.map((_, rank) => ({ step, rank })) : []))
    .flatMap(({ step, rank }) =>
      place(step, rank).sends.flatMap(({ to, bytes }) =>
        to.filter((other) => bytes > 0 && hosts[other] !== hosts[rank]),
      ),
    );
  const targets = passesTo(hosts, 0).filter((to) => hosts[to] !== hosts[0]).length;
  const bytes = program.inputs.reduce((sum, { name }) => sum + (tensors[name]?.data.byteLength ?? 0), 0);
  return {
    exchanged: bytesBetween(program, lengths, equalCut, hosts),
    feeds: targets * bytes,
    messages: crossing.length + targets,
  };
}
