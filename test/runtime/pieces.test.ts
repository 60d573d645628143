/**
 * @file The pieces of one rank: a rank that is about to be ended loads no library, since it would take the process down.
 */
import { expect, test } from "vitest";
import { newLedger } from "../../ort/native/ledger.ts";
import { loadPieces } from "../../runtime/rank/pieces.ts";
import { createControl } from "../../runtime/world/threads/control.ts";
import { condemn, guardOf, isInside } from "../../runtime/world/threads/guard.ts";
import { RunAborted } from "../../runtime/world/world.ts";

const settings = {
  backend: "native",
  sessions: {},
  rank: { options: 0n, memory: 0n, ledger: newLedger() },
} as const;

test("a rank loads the native backend inside its guard", async () => {
  const control = createControl(1);
  const loading = loadPieces([], settings, 0, guardOf(control, 0), () => undefined);
  expect([isInside(control, 0), condemn(control, 0)]).toEqual([true, false]);
  await loading;
  expect(isInside(control, 0)).toBe(false);
});

test("a condemned rank does not load it", async () => {
  const control = createControl(1);
  condemn(control, 0);
  const loading = loadPieces([], settings, 0, guardOf(control, 0), () => undefined);
  await expect(loading).rejects.toThrow(RunAborted);
});
