/**
 * @file Archives of tensors: those of numpy, ours, and invalid ones.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as fc from "fast-check";
import { zipSync } from "fflate";
import { expect, test } from "vitest";
import { crc32 } from "../../ort/files/crc32.ts";
import { writeNpy } from "../../ort/files/npy.ts";
import { encodeNpz, readNpz, writeNpz } from "../../ort/files/npz.ts";
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
    'CP7506 the array "columns" is stored in column-major (Fortran) order; row-major order is required',
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

const numbers = { a: ortTensor("float32", [2, 3], [1, 2, 3, 4, 5, 6]), b: ortTensor("int64", [], [1]) };

async function readBytes(bytes: Uint8Array): Promise<readonly string[]> {
  const folder = await temporaryFolder();
  await writeFile(join(folder, "t.npz"), bytes);
  return texts((await readNpz(join(folder, "t.npz"))).diagnostics).map((text) => text.replaceAll(folder, "ROOT"));
}

test("the CRC-32 is that of zip, for any length", () => {
  expect(crc32(Buffer.from("123456789"))).toBe(0xcbf43926);
  expect(crc32(new Uint8Array(0))).toBe(0);
  const member = (length: number): Uint8Array => Uint8Array.from({ length }, (_, i) => (i * 31) & 255);
  for (let length = 0; length < 40; length++) {
    const zip = zipSync({ x: member(length) }, { level: 0 });
    expect(crc32(member(length))).toBe(new DataView(zip.buffer, zip.byteOffset).getUint32(14, true));
  }
});

test("a changed byte of a member is found, stored and compressed, and the others are still checked", async () => {
  const stored = encodeNpz(numbers);
  const at = Buffer.from(stored).indexOf(Buffer.from(Float32Array.of(4, 5).buffer));
  stored[at + 1]! ^= 1;
  expect(await readBytes(stored)).toEqual([
    expect.stringMatching(
      /^CP7509 the member "a.npy" of ROOT\/t.npz is damaged: the CRC-32 of its content is 0x[0-9a-f]{8}, but the archive states 0x[0-9a-f]{8}$/,
    ),
  ]);
  const packed = zipSync({ "a.npy": writeNpy(numbers.a), "b.npy": new Uint8Array(3) });
  const view = new DataView(packed.buffer, packed.byteOffset);
  // The CRC of the first member, in its header and in the directory.
  const directory = Buffer.from(packed).indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  for (const place of [14, directory + 16]) view.setUint32(place, 0xabcdef, true);
  expect(await readBytes(packed)).toEqual([
    expect.stringMatching(/^CP7509 .* content is 0x[0-9a-f]{8}, but the archive states 0x00abcdef$/),
    'CP7504 the entry "b" is not a numpy array: it has no numpy header',
  ]);
});

test.each([
  ["name", 30, 'the directory and the header of "a.npy" disagree: name is a.npy and `.npy'],
  ["method", 8, 'the directory and the header of "a.npy" disagree: method is 0 and 1'],
  ["flags", 6, 'the directory and the header of "a.npy" disagree: flags is 0 and 1'],
  ["crc", 14, 'the directory and the header of "a.npy" disagree: crc is '],
  ["packed size", 18, 'the directory and the header of "a.npy" disagree: packedSize is 152 and 153'],
  ["size", 22, 'the directory and the header of "a.npy" disagree: size is 152 and 153'],
  ["signature", 0, 'the header of "a.npy" is damaged'],
])("a local header with another %s than the directory is refused", async (_, at, reason) => {
  const bytes = encodeNpz(numbers);
  bytes[at]! ^= 1;
  expect(await readBytes(bytes)).toEqual([
    expect.stringContaining(`CP7503 ROOT/t.npz is not an .npz archive: ${reason}`),
  ]);
});

test("content that does not unpack to the stated size is refused", async () => {
  const bytes = zipSync({ "a.npy": writeNpy(numbers.a) });
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const directory = Buffer.from(bytes).indexOf(Buffer.from([0x50, 0x4b, 1, 2]));
  for (const size of [10, 10_000]) {
    for (const place of [22, directory + 24]) view.setUint32(place, size, true);
    expect(await readBytes(bytes)).toEqual([
      expect.stringMatching(/a\.npy.*(does not unpack to 10 bytes|states 10000)$/),
    ]);
  }
});

test("a header of any text is read in one pass; keys may stand in any order, and descriptions may hold brackets", async () => {
  const odd = `{'shape': (2,), 'other': "it's", 'x,y': [1, {'descr': '|O'}], 'fortran_order': False, 'descr': '<f4'}\n`;
  const nested = `{'a': ('shape', [(1, 2)]), 'descr': '<i4', 'fortran_order':False,'shape':( 2 , ) }\n`;
  const file = join(await temporaryFolder(), "t.npz");
  await writeFile(file, zipSync({ "n.npy": npy(nested, new Uint8Array(8)) }));
  expect(valueOf(await readNpz(file))).toEqual({ n: ortTensor("int32", [2], [0, 0]) });
  expect((await readBytes(zipSync({ "o.npy": npy(odd, new Uint8Array(8)) })))[0]).toMatch(/^CP7504/);
});

test("a long header costs no time, and a longer one is refused", async () => {
  const wide = (text: string): Uint8Array => {
    const head = Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, 0, 0, 0, 0]);
    head.writeUInt32LE(text.length, 8);
    return Buffer.concat([head, Buffer.from(text)]);
  };
  for (const [text, code] of [
    ["'descr':".repeat(8000), "CP7504"],
    [`{${"'descr':[".repeat(7000)}`, "CP7504"],
    [`{'shape': (${"1,".repeat(30_000)}), 'fortran_order': False, 'descr': '<f4'}`, "CP7507"],
    ["'descr': [".repeat(400_000), "CP7510"],
  ] as const) {
    const bytes = zipSync({ "a.npy": wide(text) });
    const started = process.cpuUsage();
    expect((await readBytes(bytes))[0]).toMatch(`${code} `);
    expect(process.cpuUsage(started).user / 1000).toBeLessThan(1000);
  }
});
