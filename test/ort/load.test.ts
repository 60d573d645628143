/**
 * @file A process in which onnxruntime-node does not load: the compiler and the ranks report it by one diagnostic.
 */
import { expect, test } from "vitest";
import { gatherProgram } from "../runtime/support/programs.ts";
import { fixture } from "../support/fixtures.ts";
import { CONFLICT, withoutLibrary } from "../support/library.ts";

const folded = JSON.stringify(fixture("flux/flux.torchscript18-static.onnx"));
const said =
  "CP6523: onnxruntime-node cannot be loaded, because this process has already loaded another version of it: " +
  "/app/node_modules/other/node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime.so.1";

const messages = (body: string, reason = CONFLICT): readonly string[] =>
  withoutLibrary(reason, body).map(({ code, message }) => `${code}: ${message}`);

test.each([
  ["inspectModel", `return (await api.inspectModel(${folded})).diagnostics;`],
  ["compilePlan", `return (await api.compilePlan({ model: ${folded}, plan: "plans/flux.plan.json" })).diagnostics;`],
])("%s gives another version of the library as a diagnostic", (_, body) => {
  expect(messages(body)).toContain(said);
});

test("attach throws it", () => {
  const { folder } = gatherProgram({ batch_degree: 1, ring_degree: 1, ulysses_degree: 2 });
  const body = `const loaded = await api.loadProgram(${JSON.stringify(folder)}); await api.attach(loaded.value);`;
  expect(messages(body)).toEqual([said]);
});

test("another reason is given as it is, in one line", () => {
  const body = `return (await api.inspectModel(${folded})).diagnostics;`;
  expect(messages(body, "libstdc++.so.6: cannot open\n  shared object file")).toEqual([
    "CP6523: onnxruntime-node cannot be loaded: libstdc++.so.6: cannot open shared object file",
  ]);
});
