/**
 * @file Collectives between simulated ranks, each a map of values: tensors are passed by reference, nothing is copied.
 */
import { verifyMessages as messages } from "../diagnostics/catalog/verify.ts";
import { invariant } from "../diagnostics/diagnose.ts";
import { PEER, RANK, evaluate, type Cut } from "../expr/expr.ts";
import type { OrtTensor } from "../../ort/types.ts";
import type { CollectiveStep, Transfer } from "../shard/types.ts";
import { wrongValue } from "./compare.ts";
import { crossingElem } from "../graph/elements.ts";
import type { Lengths } from "./positions.ts";
import { groupsOf, type Mesh } from "../../program/mesh.ts";
import type { WrongValue } from "./types.ts";

/** Values of one rank by name. */
export type RankValues = Map<string, OrtTensor>;

/** Moves the blocks of one collective. Returns the first block that differs from its announced shape; then none has moved. */
export function runCollective(
  step: CollectiveStep,
  ranks: readonly RankValues[],
  mesh: Mesh,
  lengths: Lengths,
  cut: Cut,
): WrongValue | null {
  for (const group of groupsOf(step.group, mesh)) {
    for (const transfer of step.transfers) {
      const moves = movesOf(step, transfer, group);
      for (const move of moves) {
        const wrong = checkBlock(step, transfer, move, ranks, lengths, cut);
        if (wrong !== null) return wrong;
      }
      for (const { from, to, send, receive } of moves) ranks[to]!.set(receive, ranks[from]!.get(send)!);
    }
  }
  return null;
}

interface Move {
  readonly from: number;
  readonly to: number;
  readonly send: string;
  readonly receive: string;
}

function movesOf(
  { collective, name }: CollectiveStep,
  { send, receive }: Transfer,
  group: readonly number[],
): readonly Move[] {
  const size = group.length;
  const fits = (names: readonly string[], each: boolean): boolean => names.length === (each ? size : 1);
  invariant(
    fits(send, collective === "all-to-all") && fits(receive, collective !== "shift"),
    `${name} sends ${send.length} and receives ${receive.length} values in a group of ${size}`,
  );
  if (collective === "shift") {
    return group.map((from, i) => ({ from, to: group[(i + 1) % size]!, send: send[0]!, receive: receive[0]! }));
  }
  return group.flatMap((from, i) =>
    group.map((to, j) => ({ from, to, send: send[collective === "all-to-all" ? j : 0]!, receive: receive[i]! })),
  );
}

function checkBlock(
  step: CollectiveStep,
  { elem, dims }: Transfer,
  { from, to, send }: Move,
  ranks: readonly RankValues[],
  lengths: Lengths,
  cut: Cut,
): WrongValue | null {
  const block = ranks[from]!.get(send);
  invariant(block !== undefined, `${step.name} sends ${send}, which rank ${from} does not have`);
  const announced = dims.map((dim) => evaluate(dim, { ...lengths, [RANK]: from, [PEER]: to }, cut));
  const expected = `${crossingElem(elem)} [${announced.join(", ")}]`;
  const actual = `${block.elem} [${block.dims.join(", ")}]`;
  if (expected === actual) return null;
  const label = { value: send, node: step.name, module: step.origin.module };
  return wrongValue(label, from, messages.block, { ...label, rank: from, peer: to, expected, actual });
}
