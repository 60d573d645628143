/**
 * @file A U-Net whose rows are split over the processes of a job gives the bits of threads: rows of neighbours, moments and heads by messages.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { toFeeds } from "../../cli/run/tensors.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { writeNpz } from "../../ort/files/npz.ts";
import { unet } from "../shard/places/models.ts";
import { sessionOf } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";
import { meshes } from "../support/meshes.ts";
import { missing } from "./support/launchers.ts";
import { perform } from "./support/orders.ts";
import { hashOf } from "./support/programs.ts";

interface Found {
  readonly runs: readonly { readonly hash: string }[];
}

test.skipIf(missing("Open MPI") !== null)("the bits of threads on every rank", { timeout: 120_000 }, async () => {
  const folder = await temporaryFolder();
  const [model, program] = [`${folder}/m.onnx`, `${folder}/program`];
  writeFileSync(model, writeModel(unet(), { opsets: { "": 18 } }));
  const plan = { "": [{ sample: { split_dim: 2 } }, { gather_dim: 2 }] } as const;
  const compiled = await compilePlan({ model, plan, parallel: meshes["unified 2 x 2"], out: program });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const feeds = { sample: random(3, [2, 3, 14, 6]) };
  const session = await sessionOf(compiled.program);
  const hash = hashOf(await session.run(toFeeds(feeds)));
  const sample = `${folder}/sample.npz`;
  await writeNpz(sample, feeds);
  const order = { cases: [{ program, samples: [sample] }] };
  const job = await perform<readonly Found[]>("hashes", order, { library: "Open MPI", ranks: 4, timeoutMs: 100_000 });
  expect({ code: job.code, stderr: job.stderr }).toEqual({ code: 0, stderr: "" });
  for (const ofRank of job.found) {
    expect(ofRank?.map(({ runs }) => runs.map((run) => run.hash))).toEqual([[hash, hash]]);
  }
});
