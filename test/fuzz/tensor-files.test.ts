/**
 * @file Archives of tensors that are truncated, damaged, of other types and orders, or unpack to far more than their size.
 */
import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { zipSync } from "fflate";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { readNpz } from "../../ort/files/npz.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture } from "../support/fixtures.ts";
import { faultsOf } from "./answers.ts";
import { fuzz, TIMEOUT } from "./budget.ts";
import { word } from "./words.ts";

async function answer(file: string, bytes: Uint8Array): Promise<readonly string[]> {
  await writeFile(file, bytes);
  const { ok, diagnostics } = await readNpz(file);
  return faultsOf(ok, diagnostics, "CP75");
}

const whole = readFileSync(fixture("flux/flux.img67-txt13.inputs.npz"));
/** The directory stands at the end, and headers at the beginning of each entry. */
const place = fc.oneof(
  fc.nat(whole.length - 1),
  fc.integer({ min: whole.length - 700, max: whole.length - 1 }),
  fc.nat(300),
);
const changes = fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 8 });

test("a damaged archive is answered", { timeout: TIMEOUT }, async () => {
  const file = join(await temporaryFolder(), "x.npz");
  const inputs = fc.tuple(changes, fc.option(fc.nat(whole.length), { freq: 3 }));
  await fuzz("damaged archives", inputs, { short: 300, long: 30_000 }, ([list, end]) => {
    const bytes = Uint8Array.from(whole.subarray(0, end ?? whole.length));
    for (const [at, byte] of list) if (at < bytes.length) bytes[at] = byte;
    return answer(file, bytes);
  });
});

const descr = fc.constantFrom(
  "'<f4'",
  "'<f8'",
  "'>f4'",
  "'|O'",
  "'<c8'",
  "'<U3'",
  "'|b1'",
  "[('a', '<f4')]",
  "'<f2'",
  "3",
  "'|V4'",
);
const order = fc.constantFrom("True", "False", "None", "1");
const shape = fc.constantFrom(
  "()",
  "(2,)",
  "(2, 3)",
  "(0, 5)",
  "(-1,)",
  "(9999999999999999999999, 0)",
  "(2, 3",
  "('a',)",
  `(${"1, ".repeat(3000)})`,
  `(${"9".repeat(400)},)`,
);
const header = fc
  .tuple(descr, order, shape, fc.constantFrom(0, 1, 2, 3, 255), fc.constantFrom(0, 1, 0x7fff, 0xffff), word)
  .map(([type, fortran, dims, version, more, extra]) => {
    const text = new TextEncoder().encode(
      `{'descr': ${type}, 'fortran_order': ${fortran}, 'shape': ${dims}, '${extra}': 1}\n`,
    );
    const length = (text.length + more) & 0xffff;
    return Uint8Array.of(0x93, ...new TextEncoder().encode("NUMPY"), version, 0, length & 0xff, length >> 8, ...text);
  });

test("any header of an array is answered", { timeout: TIMEOUT }, async () => {
  const file = join(await temporaryFolder(), "x.npz");
  const inputs = fc.tuple(word, header, fc.uint8Array({ maxLength: 40 }));
  await fuzz("array headers", inputs, { short: 300, long: 30_000 }, ([name, head, data]) =>
    answer(file, zipSync({ [name === "__proto__" ? "__proto__.npy" : name]: Uint8Array.of(...head, ...data) })),
  );
});

test("an archive that unpacks to far more than it holds is refused, unread", async () => {
  const file = join(await temporaryFolder(), "x.npz");
  const bomb = zipSync({ "x.npy": new Uint8Array(2 ** 28) });
  expect(bomb.length).toBeLessThan(2 ** 20);
  const before = process.resourceUsage().maxRSS;
  await writeFile(file, bomb);
  expect((await readNpz(file)).diagnostics).toMatchObject([{ code: "CP7508" }]);
  expect((process.resourceUsage().maxRSS - before) / 1024).toBeLessThan(64);
});

test("an archive with one name twice is refused", async () => {
  const file = join(await temporaryFolder(), "x.npz");
  const twice = Buffer.from(zipSync({ "a.npy": new Uint8Array(3), "b.npy": new Uint8Array(3) })).toString("latin1");
  await writeFile(file, twice.replaceAll("b.npy", "a.npy"), "latin1");
  expect((await readNpz(file)).diagnostics).toMatchObject([
    { code: "CP7503", message: expect.stringContaining("twice") },
  ]);
});
