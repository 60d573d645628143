/**
 * @file Watches activations: each rank prints the range of every block's output, and the result stays the same.
 *
 *     node examples/watch.mjs flux.onnx flux.plan.json "transformer_blocks.*"
 *
 * The plan is compiled with hook points at the modules of the pattern; watch-handler.mjs is what every rank loads.
 */
import { applyContextParallel, ContextParallelError, formatDiagnostics } from "onnx-context-parallel";

const [model, plan, pattern = "transformer_blocks.*"] = process.argv.slice(2);
/** Sizes of axes that the model leaves open. */
const LENGTH = 24;

/** Feeds of the right types and shapes, without meaning. */
function feedsOf({ inputMetadata }) {
  const lengths = new Map();
  const size = (dim) =>
    typeof dim === "number" ? dim : (lengths.get(dim) ?? lengths.set(dim, LENGTH + lengths.size).get(dim));
  return Object.fromEntries(
    inputMetadata.map(({ name, type, shape }) => {
      const dims = shape.map(size);
      const length = dims.reduce((a, b) => a * b, 1);
      const data =
        type === "int64"
          ? BigInt64Array.from({ length }, (_, i) => BigInt(i))
          : Float32Array.from({ length }, (_, i) => Math.sin(i));
      return [name, { type, dims, data }];
    }),
  );
}

try {
  const session = await applyContextParallel(model, { ulysses_degree: 2 }, plan, { hooks: [pattern] });
  const points = session.hooks.list().filter(({ action }) => action === "user");
  const watched = new Set(points.map(({ module }) => module));
  const removers = [];
  for (const module of watched) {
    removers.push(
      await session.hooks.register(module, "post_forward", new URL("./watch-handler.mjs", import.meta.url)),
    );
  }
  await session.run(feedsOf(session));
  for (const remove of removers) await remove();
  await session.release();
} catch (error) {
  if (!(error instanceof ContextParallelError)) throw error;
  console.error(formatDiagnostics(error.diagnostics));
  process.exitCode = 1;
}
