/**
 * @file Models whose structure is above the limits, or grows without bound: refused in time, and before they fill the memory.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compileStages } from "../../compiler/compile.ts";
import { inputMessages } from "../../compiler/diagnostics/catalog/inputs.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { uniqueNames } from "../../compiler/graph/node-names.ts";
import { readModel } from "../../compiler/graph/read.ts";
import { resolveScopes } from "../../compiler/graph/scopes/scopes.ts";
import type { Graph, Node } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { limits } from "../../compiler/limits/limits.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts } from "../support/fixtures.ts";
import { graph, node, value } from "../support/graphs.ts";

/** A model of x [n, 4] with these nodes; the last result is the output. */
function model(nodes: readonly Node[], x = value("x", "float32", ["n", 4])): Graph {
  const [last] = nodes.at(-1)!.outputs;
  return graph({ inputs: [x], outputs: [value(last!, "float32", null)], nodes });
}

async function written(bytes: Uint8Array): Promise<string> {
  const file = join(await temporaryFolder(), "m.onnx");
  await writeFile(file, bytes);
  return file;
}

const saved = (of: Graph): Promise<string> => written(writeModel(of, { opsets: { "": 18 } }));
const many = (count: number, name: string): readonly string[] => Array.from({ length: count }, () => name);
const long = "n".repeat(limits.nameLength.most + 1);

test.each([
  [
    "operands",
    model([node("Concat", many(4097, "x"), ["y"])]),
    "4097 inputs or outputs of one node; the limit is 4096",
  ],
  ["letters of a value", model([node("Relu", ["x"], [long])]), "16385 characters of a name"],
  ["letters of an operator", model([node(long, ["x"], ["y"])]), "16385 characters of a name"],
  ["letters of an attribute", model([node("Relu", ["x"], ["y"], { [long]: { kind: "int", value: 1 } })]), "16385"],
  ["letters of a length", model([node("Relu", ["x"], ["y"])], value("x", "float32", [long])), "16385 characters"],
  [
    "axes",
    model([node("Relu", ["x"], ["y"])], value("x", "float32", Array.from(many(65, "n")))),
    "65 axes of a tensor",
  ],
])("too many %s", async (_, of, expected) => {
  const { diagnostics } = await readModel(await saved(of));
  expect(texts(diagnostics)).toEqual([expect.stringMatching(/^CP2015 .* exceeds a limit: /)]);
  expect(diagnostics[0]?.message).toContain(expected);
});

test("limits hold inside a branch", async () => {
  const branch = graph({ outputs: [value("b", "float32", null)], nodes: [node("Concat", many(4097, "x"), ["b"])] });
  const then = { kind: "graph", value: branch } as const;
  const of = model([node("If", ["x"], ["y"], { then_branch: then, else_branch: then })]);
  expect(texts((await readModel(await saved(of))).diagnostics)[0]).toMatch(/^CP2015/);
});

test("fields are counted before a message is made of each", async () => {
  // A graph, field 7, that consists of 5,000,000 empty nodes of 2 bytes.
  const nodes = Buffer.alloc(10_000_000, Buffer.from([0x0a, 0]));
  const length = Buffer.from([0, 7, 14, 21].map((shift) => ((nodes.length >> shift) & 127) | (shift < 21 ? 128 : 0)));
  const before = process.memoryUsage().rss;
  const found = await readModel(await written(Buffer.concat([Buffer.from([0x08, 9, 0x3a]), length, nodes])));
  expect(texts(found.diagnostics)).toEqual([
    expect.stringContaining("CP2015 the model exceeds a limit: 4000001 fields of a model's messages"),
  ]);
  expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
});

test("an axis that doubles at every node is refused", async () => {
  const names = ["x", ...Array.from({ length: 70 }, (_, i) => `v${i}`)];
  const concat = names.slice(1).map((name, i) => ({
    ...node("Concat", many(2, names[i]!), [name], { axis: { kind: "int", value: 0 } }),
  }));
  const plan = { "": { x: { split_dim: 0 } } };
  const { diagnostics } = await compileStages({ model: await saved(model(concat)), plan });
  expect(texts(diagnostics)).toEqual([expect.stringMatching(/^CP2502 /)]);
});

test("thousands of nodes of one name are told apart in time", () => {
  const names = uniqueNames(many(100_000, "a"), () => "");
  expect([names[0], names[1], names[99_999]]).toEqual(["a", "a_2", "a_100000"]);
  expect(new Set(names).size).toBe(100_000);
});

test("a path of thousands of modules is no trace of a module", () => {
  const scopes = (name: string, metadata: Readonly<Record<string, string>> = {}): readonly string[] => {
    const all = [{ ...node("Relu", ["x"], ["y"]), name, metadata }];
    return [...resolveScopes(graph({ outputs: [value("y", "float32", null)], nodes: all })).modules.keys()];
  };
  const listed = (path: string): Readonly<Record<string, string>> => ({
    "pkg.torch.onnx.name_scopes": `['', '${path}', 'op']`,
  });
  expect(scopes("/a/Relu")).toEqual(["", "a"]);
  expect(scopes(`/${many(100_000, "a").join("/")}/Relu`)).toEqual([""]);
  expect(scopes("y", listed("a.b"))).toEqual(["", "a.b"]);
  expect(scopes("y", listed(many(100_000, "a").join(".")))).toEqual([""]);
  expect(scopes("y", { "pkg.torch.onnx.name_scopes": `['', ${many(100_000, "'a'").join(", ")}]` })).toEqual([""]);
});

test("a message with a long name is cut", () => {
  const { message, hint } = diagnose(inputMessages.unknown, {
    name: long.repeat(100),
    nearest: null,
    known: [long, long],
  });
  expect(message).toHaveLength(limits.messageLength.most + "... (1638539 characters)".length);
  expect(message).toMatch(/^the model has no input .*n\.\.\. \(\d+ characters\)$/);
  expect(hint?.length).toBeLessThan(limits.messageLength.most + 30);
});
