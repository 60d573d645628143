/**
 * @file Model files cut short or with bytes changed, through the whole pipeline.
 */
import { join } from "node:path";
import * as fc from "fast-check";
import { test } from "vitest";
import { temporaryFolder } from "../../support/files.ts";
import { fuzz, TIMEOUT } from "../budget.ts";
import { bases, bytesOf } from "./bases.ts";
import { judge, mesh } from "./judge.ts";

/** Weights are most of a file; bytes that are text or lengths are more telling, so half of the changes go near a name. */
const change = fc.record({ at: fc.nat(), byte: fc.nat(255), nearText: fc.boolean() });
const cut = fc.option(fc.nat(), { freq: 3 });

function changed(
  whole: Uint8Array,
  changes: readonly { at: number; byte: number; nearText: boolean }[],
  end: number | null,
): Uint8Array {
  const bytes = Uint8Array.from(whole.subarray(0, end === null ? whole.length : end % whole.length));
  for (const { at, byte, nearText } of changes) {
    const place = at % Math.max(bytes.length, 1);
    if (bytes.length > 0) bytes[nearText ? textNear(bytes, place) : place] = byte;
  }
  return bytes;
}

/** The first place from `at` on where four letters follow each other. */
function textNear(bytes: Uint8Array, at: number): number {
  for (let i = at; i + 4 < bytes.length; i++) {
    if ([0, 1, 2, 3].every((k) => bytes[i + k]! >= 0x5f && bytes[i + k]! <= 0x7a)) return i;
  }
  return at;
}

test.each(bases)("$name, cut or with other bytes, is answered", { timeout: TIMEOUT }, async (base) => {
  const file = join(await temporaryFolder(), "m.onnx");
  const inputs = fc.tuple(fc.array(change, { minLength: 1, maxLength: 12 }), cut, mesh);
  await fuzz(`damaged files of ${base.name}`, inputs, { short: 10, long: 1500 }, ([changes, end, parallel]) =>
    judge(file, changed(bytesOf(base), changes, end), base, parallel),
  );
});
