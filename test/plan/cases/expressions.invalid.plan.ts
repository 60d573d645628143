import { definePlan } from "onnx-context-parallel";
import { readFileSync } from "node:fs";
import fetched from "some-package";
const names = ["a", "b"];
const steps = () => {
  const x = 1;
  return x;
};
export default definePlan({
  a: { gather_dim: Math.floor(1.5) },
  b: { gather_dim: names.push("c") },
  c: { gather_dim: parseInt("1") },
  d: { gather_dim: new Date().getTime() },
  e: { gather_dim: JSON.parse(readFileSync("x.json", "utf8")).dim },
  f: { gather_dim: fetched },
  g: { gather_dim: process.env.DIM },
  h: { gather_dim: (names = []) },
  i: { gather_dim: names++ },
  j: { gather_dim: 1n },
  k: { gather_dim: 1 == 1 },
  l: { gather_dim: this.dim },
  m: { gather_dim: names.lenght },
  n: { gather_dim: names[5] },
  o: { gather_dim: -"x" },
  p: { gather_dim: typeof 1 },
  q: { get gather_dim() { return 1; } },
  r() { return 1; },
  s: { gather_dim: tag`x` },
  t: { gather_dim: import.meta.dim },
  u: { gather_dim: await names },
  v: { gather_dim: [1, , 2] },
  w: { ...names },
  x: [...{}],
  y: { gather_dim: steps() },
  z: { [names]: { split_dim: 1 } },
  A: { gather_dim: dim },
  B: { gather_dim: name },
  C: { gather_dim: names() },
  D: { gather_dim: names.map() },
  E: { gather_dim: `${names}` },
  F: { gather_dim: 1 + names },
  G: { gather_dim: names.constructor("return 1")() },
  H: { gather_dim: Object.constructor("return 1")() },
  I: { gather_dim: eval("1") },
  J: { gather_dim: import("./lib/more.ts") },
  K: { __proto__: { gather_dim: 1 } },
  L: { gather_dim: names.map((a) => a.b.c) },
  M: { gather_dim: ((a) => a)(undefined).x },
  N: { gather_dim: /x/ },
  O: { gather_dim: ~1 },
  P: { gather_dim: Object.fromEntries(names) },
  Q: { gather_dim: Array.from({ length: -1 }) },
  R: { gather_dim: Array.from({ length: 1e9 }) },
});
