/**
 * @file Equal blocks of an inspection, shown once; lines fitted to a terminal; modules down to a depth.
 */
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { fitted } from "../../cli/print/fit.ts";
import { foldBlocks } from "../../compiler/inspect/fold.ts";
import type { InspectedModule, Inspection } from "../../compiler/inspect/inspect.ts";
import { capture } from "../cli/capture.ts";

const flux = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";

function module(path: string, value: string, width = 8): InspectedModule {
  const boundary = {
    value,
    elem: "float32",
    shape: ["n", String(width)],
    from: null,
    readers: [],
    isShared: false,
    call: null,
  };
  return { path, className: "Block", calls: 1, inputs: [{ ...boundary, name: "x", why: "" }], outputs: [] };
}

function foldedPaths(...paths: readonly (string | readonly [string, number])[]): readonly string[] {
  const modules = paths.map((path, i) =>
    typeof path === "string" ? module(path, `v${i}`) : module(path[0], `v${i}`, path[1]),
  );
  return foldBlocks({ modules, attention: [] }).modules.map(({ path }) => path);
}

test("neighbours in a list that are equal inside are one range", () => {
  expect(
    foldedPaths("", "blocks.0", "blocks.0.attn", "blocks.1", "blocks.1.attn", "blocks.2", "blocks.2.attn", "out"),
  ).toEqual(["", "blocks.0-2", "blocks.0-2.attn", "out"]);
  expect(foldedPaths("blocks.0", "blocks.1", ["blocks.2", 9], "blocks.3", "blocks.4")).toEqual([
    "blocks.0-1",
    "blocks.2",
    "blocks.3-4",
  ]);
  expect(foldedPaths("blocks.0", "blocks.0.ff", "blocks.1", "blocks.1.mlp")).toEqual([
    "blocks.0",
    "blocks.0.ff",
    "blocks.1",
    "blocks.1.mlp",
  ]);
  expect(foldedPaths("blocks.9", "blocks.10", "blocks.11", "blocks.13", "other.14")).toEqual([
    "blocks.9-11",
    "blocks.13",
    "other.14",
  ]);
  // A list inside a block is part of the block.
  expect(
    foldedPaths(
      "a.blocks.0",
      "a.blocks.0.net.0",
      "a.blocks.0.net.1",
      "a.blocks.1",
      "a.blocks.1.net.0",
      "a.blocks.1.net.1",
    ),
  ).toEqual(["a.blocks.0-1", "a.blocks.0-1.net.0", "a.blocks.0-1.net.1"]);
});

test("equal attention sites of a range are counted, each under the blocks that it is in", () => {
  const site = {
    heads: "4",
    keyValueHeads: "4",
    headSize: "8",
    queryLength: "n",
    keyLength: "n",
    mask: false,
    causal: false,
  };
  const inspection: Inspection = {
    modules: ["blocks.0", "blocks.1", "blocks.2", "blocks.3"].map((path) => module(path, path)),
    attention: [
      { ...site, node: "a", module: "blocks.0" },
      { ...site, node: "b", module: "blocks.1" },
      { ...site, node: "c", module: "blocks.2", mask: true },
      { ...site, node: "d", module: "blocks.3" },
    ],
  };
  expect(foldBlocks(inspection).attention).toMatchObject([
    { module: "blocks.0-1,3", node: "a", sites: 3 },
    { module: "blocks.2", node: "c", sites: 1 },
  ]);
});

test("lines are cut to the columns of a terminal, wide characters count two", () => {
  expect(fitted("abcdef\n\nabcd\n", 5)).toBe("ab...\n\nabcd\n");
  expect(fitted("\u4e2d\u4e2d\u4e2d", 5)).toBe("\u4e2d...");
  expect(fitted("abcdef", null)).toBe("abcdef");
});

test("inspect --depth shows the outer modules, folded, and every attention site", async () => {
  const io = { ...capture(), width: 100 };
  expect(await main(["inspect", flux, "--depth", "2"], io)).toBe(0);
  await expect(io.stdout()).toMatchFileSnapshot("golden/inspect-flux-depth.txt");
  expect(
    Math.max(
      ...io
        .stdout()
        .split("\n")
        .map(({ length }) => length),
    ),
  ).toBe(100);
  const json = capture();
  await main(["inspect", flux, "--depth", "2", "--format", "json"], json);
  const { result } = JSON.parse(json.stdout()) as {
    readonly result: { readonly modules: readonly { path: string }[] };
  };
  const paths = result.modules.map(({ path }) => path);
  expect(paths).toContain("single_transformer_blocks.1");
  expect(paths.every((path) => path.split(".").length <= 2)).toBe(true);
});

test("a depth that is no number is wrong usage", async () => {
  const io = capture();
  expect(await main(["inspect", flux, "--depth", "0"], io)).toBe(2);
  expect(io.stderr()).toMatch(/^error CP7001: option '--depth <N>' argument '0' is invalid/);
});
