/**
 * @file One collective of one rank: takes the values to send, has the world move their bytes, and names what arrived.
 * A block that stays on its rank is the same value under another name. Knows no transport.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { CollectiveStep } from "../../program/types.ts";
import { bytesOf } from "../../ort/tensors.ts";
import type { OrtValue, Values } from "../../ort/values.ts";
import { StepFault } from "../rank/fault.ts";
import type { ValueTable } from "../rank/table.ts";
import { sameDims, showTensor, tensorOf } from "../tensor.ts";
import type { World } from "../world/world.ts";
import type { Placement } from "./placement.ts";

export interface ExchangeValues {
  readonly table: ValueTable;
  readonly hold: Values["hold"];
  /** Whether a value that arrives needs memory of its own; others may lie in that of the exchange until the next one. */
  readonly keep: (name: string) => boolean;
}

/** Reads `send` values from and writes `receive` values to the table. Throws `StepFault`, `RunAborted`. */
export async function exchange(
  world: World,
  step: CollectiveStep,
  { sends, receives }: Placement,
  { table, hold, keep }: ExchangeValues,
): Promise<void> {
  const blocks = sends.map((send) => {
    const { elem, send: names } = step.transfers[send.transfer]!;
    return { ...send, value: expectValue(table, names[send.slot]!, elem, send.dims) };
  });
  const named = receives.map((receive) => {
    const transfer = step.transfers[receive.transfer]!;
    return { ...receive, transfer, name: transfer.receive[receive.slot]! };
  });
  const arriving = named.filter(({ from }) => from !== world.rank);
  const leaving = blocks.filter(({ to, bytes }) => to.length > 0 && bytes > 0);
  const arrived = await world.exchange({
    sends: leaving.map(({ to, offset, value }) => ({ to, offset, data: bytesOf(value.tensor().data) })),
    receives: arriving.map(({ from, offset, bytes, name }) => ({ from, offset, bytes, keep: keep(name) })),
  });
  for (const { transfer, sendSlot, from, name } of named) {
    if (from === world.rank) table.set(name, table.get(transfer.send[sendSlot]!));
  }
  arriving.forEach(({ transfer, dims, name }, i) => {
    table.set(name, hold(tensorOf(transfer.elem, dims, arrived[i]!)));
  });
}

function expectValue(table: ValueTable, name: string, elem: string, dims: readonly number[]): OrtValue {
  const value = table.find(name);
  const expected = showTensor(elem, dims);
  if (value !== undefined && value.elem === elem && sameDims(value.dims, dims)) return value;
  const actual = value === undefined ? "missing" : showTensor(value.elem, value.dims);
  throw new StepFault((place, where) =>
    diagnose(runtimeMessages.extents, { place, value: name, expected, actual }, where),
  );
}
