/**
 * @file The program that each kind of project runs: a Flux on two ranks, and the largest difference of its output from that of the unsplit model.
 * In its folder are `flux.onnx` and the installed package.
 */

export const modules = `import { InferenceSession, Tensor } from "onnxruntime-node";
import { attach, compilePlan, formatDiagnostics } from "onnx-context-parallel";
`;

export const commonjs = `const { InferenceSession, Tensor } = require("onnxruntime-node");
const { attach, compilePlan, formatDiagnostics } = require("onnx-context-parallel");
`;

/** JavaScript, and TypeScript that is strict. */
export const comparison = `const shapes = {
  hidden_states: [1, 7, 16],
  encoder_hidden_states: [1, 5, 24],
  pooled_projections: [1, 20],
  timestep: [1],
  img_ids: [7, 3],
  txt_ids: [5, 3],
};

async function difference() {
  const feeds = Object.fromEntries(
    Object.entries(shapes).map(([name, dims], i) => {
      const size = dims.reduce((a, b) => a * b, 1);
      return [name, new Tensor("float32", Float32Array.from({ length: size }, (_, k) => Math.sin(k + i)), dims)];
    }),
  );
  const plan = "node_modules/onnx-context-parallel/plans/flux.plan.json";
  const compiled = await compilePlan({ model: "flux.onnx", plan, parallel: { ulysses_degree: 2 } });
  if (!compiled.ok) throw new Error(formatDiagnostics(compiled.diagnostics));
  const session = await attach(compiled.program, { devices: ["cpu", "cpu"] });
  const outputs = await session.run(feeds);
  await session.release();
  const whole = await InferenceSession.create("flux.onnx");
  const expected = await whole.run(feeds);
  await whole.release();
  const [found, wanted] = [outputs["sample"]?.data, expected["sample"]?.data];
  if (!(found instanceof Float32Array && wanted instanceof Float32Array)) throw new Error("no output");
  return Math.max(...wanted.map((x, i) => Math.abs(x - (found[i] ?? NaN))));
}
`;
