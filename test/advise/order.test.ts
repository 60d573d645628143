/**
 * @file The predicted times against the benchmark of this project (docs/performance.json), for every case: the committed predictions are those of
 * the code, they have the measured order of schemes, and none is far off.
 */
import { expect, test } from "vitest";
import { orderOf } from "../../bench/page/predicted.ts";
import { predictCases } from "../../bench/predict/predict.ts";
import { cases } from "../../bench/cases.ts";
import { readResults } from "../../bench/results.ts";
import { root } from "../structure/sources.ts";
import { temporaryFolder } from "../support/files.ts";

const results = readResults("docs/performance.json");

/** A few seconds on a machine without other load: eleven meshes of models of real width are compiled and verified. */
const TIMEOUT = 300_000;

test("the predictions of docs/performance.json are those of the cost model", { timeout: TIMEOUT }, async () => {
  const predicted = await predictCases(results, { repository: root, folder: await temporaryFolder() });
  expect(Object.keys(predicted)).toEqual(cases.map(({ name }) => name));
  for (const [name, milliseconds] of Object.entries(predicted)) {
    // The file keeps four digits. If this fails, `npm run bench -- --out docs/performance` writes the new predictions.
    expect(milliseconds / results.predictions![name]!, name).toBeCloseTo(1, 3);
  }
});

test("schemes that the benchmark distinguishes are predicted in its order, and no time is far off", () => {
  const { pairs, wrong } = orderOf(results);
  expect(pairs).toBeGreaterThan(25);
  // Four ranks on two cores wait for cores, which the model does not know; it predicts equal times.
  expect(wrong).toEqual(["flux-1024 ulysses2 before flux-1024 ulysses4"]);
  for (const { name } of cases) {
    const ratio = results.predictions![name]! / results.cases[name]!.sides["native"]!.milliseconds.median;
    expect(ratio, name).toBeGreaterThan(0.9);
    expect(ratio, name).toBeLessThan(1.25);
  }
});
