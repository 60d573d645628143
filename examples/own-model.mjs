/**
 * @file A model that has no shipped plan, from the export to a run that is compared with the unsplit model:
 *
 *     python examples/own-model.py own.onnx                              # or an export of yours
 *     npx onnx-cp inspect own.onnx                                       # modules, and the names that a plan can use
 *     npx onnx-cp init own.onnx --out own.plan.jsonc                     # infers a plan and proves it; edit it as you like
 *     npx onnx-cp check own.plan.jsonc --model own.onnx --simulate       # compares every value of the split graph
 *     node examples/own-model.mjs own.onnx own.plan.jsonc                # without the plan: infers one
 */
import { InferenceSession } from "onnxruntime-node";
import { applyContextParallel, ContextParallelError, formatDiagnostics, inferPlan } from "onnx-context-parallel";

const [model, file] = process.argv.slice(2);
/** Sizes of axes that the model leaves open; 37 tokens do not divide by the ranks. */
const LENGTH = 37;

async function planOf() {
  if (file !== undefined) return file;
  const inferred = await inferPlan({ model });
  if (!inferred.ok) throw new ContextParallelError(inferred.diagnostics);
  console.log(inferred.text);
  return inferred.plan;
}

/** Feeds of the right types and shapes, without meaning. */
function feedsOf({ inputMetadata }) {
  return Object.fromEntries(
    inputMetadata.map(({ name, type, shape }) => {
      const dims = shape.map((dim) => (typeof dim === "number" ? dim : LENGTH));
      const length = dims.reduce((a, b) => a * b, 1);
      const data =
        type === "int64"
          ? BigInt64Array.from({ length }, (_, i) => BigInt(i % 7))
          : Float32Array.from({ length }, (_, i) => Math.sin(i));
      return [name, { type, dims, data }];
    }),
  );
}

try {
  const session = await applyContextParallel(model, { ulysses_degree: 2 }, await planOf());
  const feeds = feedsOf(session);
  const outputs = await session.run(feeds);
  const sent = session.lastRun.collectives.flatMap(({ bytes }) => bytes).reduce((a, b) => a + b, 0);
  await session.release();

  const { Tensor } = await import("onnxruntime-node");
  const whole = await InferenceSession.create(model);
  const tensors = Object.entries(feeds).map(([name, { type, dims, data }]) => [name, new Tensor(type, data, dims)]);
  const expected = await whole.run(Object.fromEntries(tensors));
  await whole.release();
  for (const [name, { data }] of Object.entries(expected)) {
    const largest = data.reduce((worst, x, i) => Math.max(worst, Math.abs(x - outputs[name].data[i])), 0);
    console.log(`${name}: differs from the unsplit model by at most ${largest.toExponential(1)}; ${sent} bytes sent`);
    if (!(largest <= 1e-4)) process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ContextParallelError)) throw error;
  console.error(formatDiagnostics(error.diagnostics));
  process.exitCode = 1;
}
