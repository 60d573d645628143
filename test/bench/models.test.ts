/**
 * @file The weights and inputs of the benchmark's models.
 */
import { copyFileSync, readFileSync, renameSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { feedsOf, modelFile } from "../../bench/models.ts";
import { createSession } from "../../ort/session.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/files.ts";

const name = "flux.dynamo18-external";

test("weights are made once, from a seed, and the model computes finite numbers with them", async () => {
  const [graphs, cache, other] = [await temporaryFolder(), await temporaryFolder(), await temporaryFolder()];
  const from = fixture(`flux/${name}.onnx`);
  copyFileSync(from, join(graphs, `${name}.onnx`));
  const file = await modelFile(name, { graphs, cache });
  expect(statSync(`${file}.data`).size).toBe(statSync(`${from}.data`).size);

  const made = statSync(`${file}.data`).mtimeMs;
  expect(await modelFile(name, { graphs, cache })).toBe(file);
  expect(statSync(`${file}.data`).mtimeMs).toBe(made);
  const again = await modelFile(name, { graphs, cache: other });
  expect(readFileSync(`${again}.data`).equals(readFileSync(`${file}.data`))).toBe(true);

  const feeds = await feedsOf(file, { img: 12, txt: 5 });
  expect(feeds["hidden_states"]?.dims).toEqual([1, 12, 16]);
  const session = await createSession(file);
  const { sample } = await session.run(feeds);
  await session.release();
  const numbers = Array.from(sample!.data as Float32Array);
  expect(numbers.every(Number.isFinite)).toBe(true);
  expect(Math.max(...numbers.map(Math.abs))).toBeGreaterThan(0.01);
});

test("a model whose weights were not finished is made anew", async () => {
  const [graphs, cache] = [await temporaryFolder(), await temporaryFolder()];
  copyFileSync(fixture(`flux/${name}.onnx`), join(graphs, `${name}.onnx`));
  const file = await modelFile(name, { graphs, cache });
  // As an interrupt leaves it.
  renameSync(join(cache, name), join(cache, `${name}.new`));
  expect(await modelFile(name, { graphs, cache })).toBe(file);
  expect(statSync(`${file}.data`).size).toBeGreaterThan(0);
});
