/**
 * @file Outputs are written once: a piece of the native backend writes them where they move from.
 */
import { expect, test, vi } from "vitest";
import { createResults } from "../../runtime/rank/results.ts";
import { createTable } from "../../runtime/rank/table.ts";
import { heapValues } from "../../ort/values.ts";
import { copyOf, tensorOf } from "../../runtime/tensor.ts";

vi.mock("../../runtime/tensor.ts", async (original) => {
  const actual = await original<{ readonly copyOf: typeof copyOf }>();
  return { ...actual, copyOf: vi.fn(actual.copyOf) };
});

const outputs = [
  { name: "y", elem: "float32", dims: ["s", 2] },
  { name: "z", elem: "float32", dims: ["s", 2] },
];
const other = tensorOf("float32", [3, 2], new Uint8Array(24));

test("an output that was made in its place is not copied, another value and another name are", () => {
  const results = createResults({ outputs }, ["y", "z"], { s: 3 });
  const place = results.placeOf("y")!;
  expect(place).toMatchObject({ elem: "float32", dims: [3, 2] });
  const table = createTable();
  table.set("y", heapValues.hold(place));
  table.set("z", table.get("y"));
  const [y, z] = results.take(table);
  expect(y!.data).toBe(place.data);
  expect(z!.data.buffer).not.toBe(place.data.buffer);
  expect(copyOf).toHaveBeenCalledTimes(1);
});

test("a piece that wrote elsewhere has its output copied, since that memory is the backend's", () => {
  const results = createResults({ outputs }, ["y"], { s: 3 });
  results.placeOf("y");
  const table = createTable();
  table.set("y", heapValues.hold(other));
  expect(results.take(table)[0]!.data.buffer).not.toBe(other.data.buffer);
});

test("only outputs that the rank returns have a place", () => {
  expect(createResults({ outputs }, [], { s: 3 }).placeOf("y")).toBeNull();
  expect(createResults({ outputs }, ["y"], { s: 3 }).placeOf("x")).toBeNull();
});
