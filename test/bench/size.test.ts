/**
 * @file Models of real size: the graph that a few exported blocks grow to, and that compiling it reads no weights and takes little memory.
 */
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { fromBinary } from "@bufbuild/protobuf";
import { ModelProtoSchema } from "onnx-buf";
import type { GraphProto } from "onnx-buf";
import { afterAll, expect, test } from "vitest";
import { grow } from "../../bench/size/grow.ts";
import { measure } from "../../bench/size/measure.ts";
import { models, writeSized } from "../../bench/size/models.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { resolveScopes } from "../../compiler/graph/scopes/scopes.ts";

const folder = mkdtempSync(join(tmpdir(), "size-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function exported(file: string): GraphProto {
  const graph = fromBinary(ModelProtoSchema, gunzipSync(readFileSync(`bench/size/exports/${file}`))).graph;
  if (graph === undefined) throw new Error(`${file} has no graph`);
  return graph;
}

const counts = ({ node, initializer, valueInfo }: GraphProto): readonly number[] => [
  node.length,
  initializer.length,
  valueInfo.length,
];

test.each(Object.values(models))("each block of $name adds the same, under new names", ({ file, lists }) => {
  for (const list of Object.keys(lists)) {
    const graphs = [4, 5, 7].map((blocks) => {
      const graph = exported(file);
      grow(graph, list, blocks);
      return graph;
    });
    const [own, one, three] = graphs.map(counts);
    expect(one!.every((count, i) => count > own![i]!)).toBe(true);
    expect(three).toEqual(own!.map((count, i) => count + 3 * (one![i]! - count)));
    const { node, initializer, input } = graphs[2]!;
    const made = [
      ...node.flatMap(({ output }) => output.filter((name) => name !== "")),
      ...initializer.map((t) => t.name),
    ];
    expect(new Set(made).size).toBe(made.length);
    expect(new Set(node.map(({ name }) => name)).size).toBe(node.length);
    // In topological order: everything that is read exists.
    const known = new Set([...initializer, ...input].map(({ name }) => name));
    for (const { input, output } of node) {
      expect(input.filter((name) => name !== "" && !known.has(name))).toEqual([]);
      for (const name of output) known.add(name);
    }
    expect(graphs[2]!.output.every(({ name }) => known.has(name))).toBe(true);
  }
});

test("a list is not made shorter, and a short list is no pattern", () => {
  const { file } = models.flux;
  expect(() => grow(exported(file), "transformer_blocks", 3)).toThrow("transformer_blocks has 4 blocks: cannot make 3");
  expect(() => grow(exported(file), "transformer", 9)).toThrow("transformer has 0 blocks");
});

test("a grown model has the modules of the real one", async () => {
  const { model } = writeSized(models.flux, 1, join(folder, "modules"));
  const read = await readModel(model);
  if (!read.ok) throw new Error(JSON.stringify(read.diagnostics));
  const { modules } = resolveScopes(read.value.graph);
  const blocks = [...modules.keys()].filter((path) => /^(?:single_)?transformer_blocks\.\d+$/.test(path));
  expect(blocks).toEqual([
    ...Array.from({ length: 19 }, (_, i) => `transformer_blocks.${i}`),
    ...Array.from({ length: 38 }, (_, i) => `single_transformer_blocks.${i}`),
  ]);
});

/** Generous bounds, against 24 and 29 GB of weights: the graph is read, and all else that Node loads. */
const MOST_READ = 40;
const MOST_MEMORY = 1024;

test.each(Object.entries(models))("compiling %s of real size reads no weights", (key, sized) => {
  const { model, plan, weightBytes, graphBytes } = writeSized(sized, 1, join(folder, key));
  expect(weightBytes).toBeGreaterThan(20e9);
  const out = join(folder, `${key}-program`);
  const { read, memory } = measure(["compile", plan, "--model", model, "--ulysses-degree", "2", "--out", out]);
  if (read !== null) expect(read).toBeLessThan(MOST_READ);
  expect(memory).toBeLessThan(MOST_MEMORY);
  // Nothing was copied either: the pieces together are about as large as the graph.
  expect(existsSync(join(out, "weights.bin"))).toBe(false);
  const files = readdirSync(out, { recursive: true, encoding: "utf8" }).map((file) => statSync(join(out, file)));
  const written = files.filter((file) => file.isFile()).reduce((sum, { size }) => sum + size, 0);
  expect(written).toBeLessThan(2 * graphBytes);
});
