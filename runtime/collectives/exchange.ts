/**
 * @file One collective of one rank: takes the values to send, has the world move their bytes, and names what arrived.
 * A block that stays on its rank is the same tensor under another name. Knows no transport.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { ExchangeStep } from "../../program/types.ts";
import type { OrtTensor } from "../../ort/session.ts";
import { bytesOf } from "../../ort/tensors.ts";
import { StepFault } from "../rank/fault.ts";
import { freshBytes, sameDims, showTensor, tensorOf } from "../tensor.ts";
import type { World } from "../world/world.ts";
import type { Placement } from "./placement.ts";

/** Reads `send` values from and writes `receive` values to `values`. Throws `StepFault`, `RunAborted`. */
export async function exchange(
  world: World,
  step: ExchangeStep,
  { sends, receives }: Placement,
  values: Map<string, OrtTensor>,
): Promise<void> {
  const blocks = sends.map((send) => {
    const { elem, send: names } = step.transfers[send.transfer]!;
    return { ...send, tensor: expectTensor(values, names[send.slot]!, elem, send.dims) };
  });
  const arriving = receives.map((receive) => {
    const transfer = step.transfers[receive.transfer]!;
    const stays = receive.from === world.rank;
    return { ...receive, stays, transfer, into: freshBytes(stays ? 0 : receive.bytes) };
  });
  await world.exchange({
    sends: blocks.map(({ to, offset, tensor }) => ({ to, offset, data: bytesOf(tensor.data) })),
    receives: arriving.filter(({ stays }) => !stays),
  });
  for (const { transfer, slot, sendSlot, dims, stays, into } of arriving) {
    const own = stays ? values.get(transfer.send[sendSlot]!) : undefined;
    values.set(transfer.receive[slot]!, own ?? tensorOf(transfer.elem, dims, into));
  }
}

function expectTensor(
  values: ReadonlyMap<string, OrtTensor>,
  name: string,
  elem: string,
  dims: readonly number[],
): OrtTensor {
  const tensor = values.get(name);
  const expected = showTensor(elem, dims);
  if (tensor !== undefined && tensor.elem === elem && sameDims(tensor.dims, dims)) return tensor;
  const actual = tensor === undefined ? "missing" : showTensor(tensor.elem, tensor.dims);
  throw new StepFault((place, where) =>
    diagnose(runtimeMessages.extents, { place, value: name, expected, actual }, where),
  );
}
