/**
 * @file Archives of tensors: what numpy wrote, what we write, and what is no archive.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { writeNpy } from "../../ort/npy.ts";
import { encodeNpz, readNpz, writeNpz } from "../../ort/npz.ts";
import { dataOf, ortTensor } from "../../ort/tensors.ts";
import type { OrtElem, OrtTensors } from "../../ort/types.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixtureTensors, texts, valueOf } from "../support/fixtures.ts";

test("an archive that numpy wrote is read", async () => {
  const tensors = await fixtureTensors("flux/flux.img96-txt40.inputs.npz");
  expect(Object.entries(tensors).map(([name, { elem, dims }]) => [name, elem, dims])).toContainEqual([
    "hidden_states",
    "float32",
    [1, 96, 16],
  ]);
});

const elems: readonly OrtElem[] = [
  "float32",
  "float64",
  "float16",
  "int64",
  "int32",
  "uint32",
  "uint64",
  "int16",
  "uint16",
  "int8",
  "uint8",
  "bool",
];

test("what is written is read back, bit for bit", async () => {
  const file = join(await temporaryFolder(), "t.npz");
  const tensor = fc.tuple(fc.constantFrom(...elems), fc.array(fc.nat(4), { maxLength: 3 }));
  await fc.assert(
    fc.asyncProperty(fc.dictionary(fc.stringMatching(/^[a-z_.0-9]{1,12}$/), tensor, { maxKeys: 4 }), async (specs) => {
      const tensors: OrtTensors = Object.fromEntries(
        Object.entries(specs).map(([name, [elem, dims]]) => {
          const size = dims.reduce((a, b) => a * b, 1);
          return [
            name,
            ortTensor(
              elem,
              dims,
              Array.from({ length: size }, (_, i) => (elem === "bool" ? i % 2 : i % 100)),
            ),
          ];
        }),
      );
      await writeNpz(file, tensors);
      expect(valueOf(await readNpz(file))).toEqual(tensors);
    }),
    { numRuns: 40 },
  );
});

test("equal tensors give equal files, aligned as numpy aligns them", () => {
  const tensors = { a: ortTensor("float32", [2], [1, 2]) };
  expect(encodeNpz(tensors)).toEqual(encodeNpz(tensors));
  const bytes = writeNpy(tensors.a);
  expect(bytes.length).toBe(128 + 8);
  expect(Buffer.from(bytes.subarray(10, 128)).toString()).toMatch(
    /^\{'descr': '<f4', 'fortran_order': False, 'shape': \(2,\), \} *\n$/,
  );
});

function npy(header: string, data: Uint8Array): Uint8Array {
  const length = header.length;
  return Buffer.concat([
    Uint8Array.of(0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, length & 255, length >> 8),
    Buffer.from(header),
    data,
  ]);
}

const header = (descr: string, fortran: string, shape: string): string =>
  `{'descr': ${descr}, 'fortran_order': ${fortran}, 'shape': ${shape}, }\n`;

test("every array that cannot be used is told, with what to do", async () => {
  const file = join(await temporaryFolder(), "t.npz");
  const entries = {
    "big.npy": npy(header("'>f4'", "False", "(1,)"), new Uint8Array(4)),
    "object.npy": npy(header("'|O'", "False", "(1,)"), new Uint8Array(4)),
    "record.npy": npy(header("[('a', '<f4')]", "False", "(1,)"), new Uint8Array(4)),
    "columns.npy": npy(header("'<f4'", "True", "(2, 2)"), new Uint8Array(16)),
    "short.npy": npy(header("'<f4'", "False", "(2, 2)"), new Uint8Array(15)),
    "none.npy": new Uint8Array(3),
    "column.npy": npy(header("'<f4'", "True", "(1, 2)"), new Uint8Array(8)),
  };
  await writeFile(file, zipSync(entries));
  const result = await readNpz(file);
  expect(texts(result.diagnostics)).toEqual([
    'CP7505 the array "big" has the numpy type >f4, which is not supported',
    'CP7505 the array "object" has the numpy type |O, which is not supported',
    'CP7505 the array "record" has the numpy type [(a, <f4)], which is not supported',
    'CP7506 the array "columns" is stored column by column',
    'CP7507 the array "short" has the shape [2, 2], which needs 16 bytes; the file holds 15',
    'CP7504 the entry "none" is not a numpy array: it has no numpy header',
  ]);
});

test("what is no archive is told from one", async () => {
  const folder = await temporaryFolder();
  expect(texts((await readNpz(join(folder, "no.npz"))).diagnostics)[0]).toMatch(/^CP7501/);
  expect(texts((await readNpz(folder)).diagnostics)[0]).toMatch(/^CP7502/);
  await writeFile(join(folder, "t.npz"), "text");
  expect(texts((await readNpz(join(folder, "t.npz"))).diagnostics)[0]).toMatch(/^CP7503/);
});

test("damaged archives give diagnostics, never an exception", async () => {
  const file = join(await temporaryFolder(), "t.npz");
  const whole = encodeNpz({ a: ortTensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]), b: ortTensor("int64", [], [1]) });
  await fc.assert(
    fc.asyncProperty(fc.nat(whole.length - 1), fc.nat(255), fc.nat(whole.length), async (at, byte, end) => {
      const bytes = whole.slice(0, Math.max(end, 1));
      if (at < bytes.length) bytes[at] = byte;
      await writeFile(file, bytes);
      const result = await readNpz(file);
      expect(result.ok || result.diagnostics.length > 0).toBe(true);
    }),
    { numRuns: 200 },
  );
});

test("bytes that are not on an element's boundary are copied to one", () => {
  const bytes = new Uint8Array(9);
  bytes[1] = 1;
  expect(dataOf("int64", bytes.subarray(1))).toEqual(BigInt64Array.of(1n));
});
