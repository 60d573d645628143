/**
 * @file Sums of operators over profiles.
 */
import { expect, test } from "vitest";
import { kernelTimes, operatorTimes } from "../../../cli/bench/operators.ts";

const run = (ts: number): object => ({ cat: "Session", name: "model_run", ts, dur: 100 });
const node = (op: string, ts: number, dur: number, shape: readonly number[] = [1]): object => ({
  cat: "Node",
  name: `/a/${op}_kernel_time`,
  ts,
  dur,
  args: { op_name: op, input_type_shape: [{ float: shape }], output_type_shape: [{ float: [7] }] },
});
const other = { cat: "Node", name: "x_fence_before", ts: 250, dur: 9, args: { op_name: "MatMul" } };

test("only the last run counts, of every session", () => {
  const one = [run(0), node("MatMul", 10, 5000), run(200), node("MatMul", 210, 1000), node("Add", 220, 250), other];
  // A piece that a program runs twice, so four times in two runs.
  const two = [0, 1, 2, 3].flatMap((i) => [run(100 * i), node("MatMul", 100 * i + 1, 1000 * (i + 1))]);
  const times = operatorTimes([JSON.stringify(one), JSON.stringify(two)], 2);
  expect(times.map(({ operator, milliseconds, calls }) => [operator, milliseconds, calls])).toEqual([
    ["MatMul", 1 + 3 + 4, 3],
    ["Add", 0.25, 1],
  ]);
});

test("nodes are grouped by their shapes", () => {
  const events = [
    run(0),
    node("MatMul", 1, 1000, [2, 3]),
    node("MatMul", 2, 2000, [4, 5]),
    node("MatMul", 3, 500, [2, 3]),
  ];
  const [time] = operatorTimes([JSON.stringify(events)], 1);
  expect(time?.shapes).toEqual([
    { inputs: [[4, 5]], outputs: [[7]], milliseconds: 2, calls: 1 },
    { inputs: [[2, 3]], outputs: [[7]], milliseconds: 1.5, calls: 2 },
  ]);
});

test("the time of a subgraph is not counted twice", () => {
  const events = [run(0), node("If", 1, 3000), node("MatMul", 2, 2000)];
  expect(operatorTimes([JSON.stringify(events)], 1).map(({ operator }) => operator)).toEqual(["MatMul"]);
  expect(kernelTimes(JSON.stringify(events))).toEqual([2]);
});

test("no profile, no operators", () => {
  expect(operatorTimes([], 2)).toEqual([]);
  expect(operatorTimes(["[]"], 2)).toEqual([]);
});
