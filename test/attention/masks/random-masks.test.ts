/**
 * @file Random masks in front of attention, as models make them, under random plans: the canonical graph equals the model, and under every scheme
 * each value of each rank equals the unsplit one. `npm test` takes a few, `npm run masks` many.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readModel } from "../../../compiler/graph/read.ts";
import { readPlanValue } from "../../../compiler/plan/read.ts";
import { simulate } from "../../../compiler/simulate/simulate.ts";
import { unsplitValues } from "../../../compiler/simulate/unsplit.ts";
import { createSession } from "../../../ort/session.ts";
import { compareOutputs } from "../../../runtime/verify.ts";
import { temporaryFolder } from "../../support/files.ts";
import { texts, valueOf } from "../../support/fixtures.ts";
import { bindPlan, canonicalise, shard } from "../../support/stages.ts";
import { gathering, rotating, ulysses } from "../exact.ts";
import { drawOf } from "./grammar.ts";
import { drawn, SIZES, splitOf } from "./model.ts";

const long = process.env["MODE"] === "long";
/** Each has another spelling of what hides. */
const SHORT = [8, 33, 70];
const SEED = Number(process.env["SEED"] ?? 1);
const LONG = Array.from({ length: Number(process.env["MASKS"] ?? 1000) }, (_, i) => SEED + i);
const SCHEMES = [ulysses(2), gathering(3), rotating(3), rotating(2, 2)];

/** What is wrong with the mask of a seed. */
async function faultsOf(seed: number, file: string): Promise<readonly string[]> {
  const { model, feeds, used } = drawn(seed);
  await writeFile(file, model);
  const graph = valueOf(await canonicalise(valueOf(await readModel(file))));
  const session = await createSession(drawn(seed, true).model);
  const values = await unsplitValues(graph, feeds, SIZES, new Set(graph.outputs));
  const compared = compareOutputs({ sample: values.get("sample")! }, await session.run(feeds));
  await session.release();
  const faults = compared.some(({ ok }) => !ok) ? ["the canonical graph is not the model"] : [];
  const plan = valueOf(await readPlanValue({ "": splitOf(drawOf(seed + 2), used), proj_out: { gather_dim: 1 } }));
  const bound = valueOf(bindPlan(graph, plan));
  for (const { ring, ulysses: degree, rotate } of SCHEMES.slice(long ? 0 : 2)) {
    const mesh = { batch_degree: 1, ring_degree: ring, ulysses_degree: degree };
    const sharded = shard(bound, { mesh, rotate_method: rotate, convert_to_fp32: true });
    const report = sharded.ok ? await simulate(sharded.value, feeds) : sharded;
    const wrong = report.ok ? report.value.wrong : null;
    if (!report.ok) faults.push(...texts(report.diagnostics.filter(({ severity }) => severity === "error")));
    if (wrong !== null) faults.push(`ring ${ring} x ulysses ${degree}: ${wrong.diagnostic.message}`);
  }
  return faults.map((fault) => `${seed}: ${fault}`);
}

test("random masks are exact", { timeout: 7_200_000 }, async () => {
  const folder = await temporaryFolder();
  const faults: string[] = [];
  for (const seed of long ? LONG : SHORT) faults.push(...(await faultsOf(seed, join(folder, `${seed}.onnx`))));
  expect(faults).toEqual([]);
});
