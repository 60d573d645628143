/**
 * @file Well-formed but meaningless plans on real graphs: refused with diagnostics, or right on every value.
 */
import * as fc from "fast-check";
import { test } from "vitest";
import { inspectGraph } from "../../compiler/inspect/inspect.ts";
import type { ContextParallelEntry, ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import { simulate } from "../../compiler/simulate/simulate.ts";
import type { OrtTensors } from "../../ort/types.ts";
import { compile, sourceOf, type Source } from "../mutants/judge.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import { faultsOf } from "./answers.ts";
import { fuzz, TIMEOUT } from "./budget.ts";

const dim = fc.integer({ min: -3, max: 2 });
const parameter = fc.constantFrom("hidden_states", "encoder_hidden_states", "temb", "image_rotary_emb", "img_ids", "x");

/** A module with values at its boundaries, so that `value` often names one that can be split or gathered. */
interface Place {
  readonly module: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

function placesOf({ canonical }: Source): readonly Place[] {
  return inspectGraph(canonical).modules.map(({ path, inputs, outputs }) => ({
    module: path,
    inputs: inputs.map(({ value }) => value),
    outputs: outputs.map(({ value }) => value),
  }));
}

/** Splits of what enters a module and of what leaves it, and gathers of what leaves it. */
function entryOf({ inputs, outputs }: Place): fc.Arbitrary<ContextParallelEntry> {
  const named = (values: readonly string[]): fc.Arbitrary<{ value?: string }> =>
    values.length === 0
      ? fc.constant({})
      : fc.option(fc.constantFrom(...values), { freq: 3 }).map((value) => (value === null ? {} : { value }));
  const split = fc.tuple(named(inputs), dim).map(([value, split_dim]) => ({ split_dim, ...value }));
  const splitOutput = fc
    .tuple(named(outputs), dim)
    .map(([value, split_dim]) => ({ split_dim, split_output: true, ...value }));
  const gather = fc.tuple(named(outputs), dim).map(([value, gather_dim]) => ({ gather_dim, ...value }));
  return fc.oneof(
    { weight: 4, arbitrary: fc.tuple(parameter, split).map(([key, spec]) => ({ [key]: spec })) },
    { weight: 2, arbitrary: fc.tuple(fc.constantFrom("0", "1"), splitOutput).map(([key, spec]) => ({ [key]: spec })) },
    { weight: 2, arbitrary: gather },
    {
      weight: 1,
      arbitrary: fc.tuple(parameter, split, gather).map(([key, spec, out]) => [{ [key]: spec }, out] as const),
    },
  );
}

function plansFor(source: Source): fc.Arbitrary<ContextParallelPlan> {
  const places = placesOf(source).filter(({ inputs, outputs }) => inputs.length + outputs.length > 0);
  const some = fc.uniqueArray(fc.constantFrom(...places), {
    minLength: 1,
    maxLength: 4,
    selector: ({ module }) => module,
  });
  const entries = some.chain((chosen) =>
    fc.tuple(...chosen.map((place) => fc.tuple(fc.constant(place.module), entryOf(place)))),
  );
  // Half of them join the stream at the end, so that many get past the last check.
  return fc.tuple(entries, fc.boolean()).map(([list, joined]) => {
    const plan: ContextParallelPlan = Object.fromEntries(list);
    return joined && !("proj_out" in plan) ? { ...plan, proj_out: { gather_dim: 1 } } : plan;
  });
}

const mesh: fc.Arbitrary<MeshConfig> = fc.record({
  batch_degree: fc.constant(1),
  ring_degree: fc.integer({ min: 1, max: 3 }),
  ulysses_degree: fc.integer({ min: 1, max: 2 }),
  rotate_method: fc.constantFrom("allgather", "alltoall"),
  convert_to_fp32: fc.boolean(),
});

async function answer(
  source: Source,
  plan: ContextParallelPlan,
  mesh: MeshConfig,
  feeds: OrtTensors,
): Promise<readonly string[]> {
  const compiled = await compile(source, plan, mesh);
  if (!compiled.ok) return faultsOf(false, compiled.diagnostics);
  const report = await simulate(compiled.value, feeds);
  if (!report.ok) return faultsOf(false, report.diagnostics);
  return report.value.wrong === null ? [] : [report.value.wrong.diagnostic.message];
}

const models = [
  { file: "ltx/ltx.dynamo23-dynamic.onnx", inputs: "ltx/ltx.img67-txt13.inputs.npz" },
  { file: "qwenimage/qwenimage.dynamo23-dynamic.onnx", inputs: "qwenimage/qwenimage.batch2-txt13.inputs.npz" },
  { file: "flux2/flux2.dynamo23-dynamic.onnx", inputs: "flux2/flux2.batch2-img67-txt13.inputs.npz" },
  { file: "wan/wan.dynamo23-dynamic.onnx", inputs: "wan/wan.batch2-frames5-height6-width14.inputs.npz" },
];

test.each(models)("nonsense for $file is refused or right", { timeout: TIMEOUT }, async ({ file, inputs }) => {
  const [source, feeds] = await Promise.all([sourceOf(file), fixtureTensors(inputs)]);
  await fuzz(`plans for ${file}`, fc.tuple(plansFor(source), mesh), { short: 6, long: 1500 }, ([plan, mesh]) =>
    answer(source, plan, mesh, feeds),
  );
});
