/**
 * @file Random small models under random plans: each is refused, or every value of every rank equals the unsplit one. `npm test` takes a
 * fixed few, `npm run table` many.
 */
import { expect, test } from "vitest";
import { survey } from "./survey.ts";

const long = process.env["MODE"] === "long";
const SHORT = 250;
const LONG = Number(process.env["MODELS"] ?? 20_000);
/** Where the long run stops, however many models that are. */
const LIMIT_MS = Number(process.env["SECONDS"] ?? Infinity) * 1000;
const SEED = Number(process.env["SEED"] ?? 1);

test("random models are refused or exact on every value", { timeout: 7_200_000 }, async () => {
  const found = await survey(long ? LONG : SHORT, SEED, Date.now() + LIMIT_MS);
  const { models, ran, refused, invalid, faults, codes } = found;
  process.stdout.write(`${models} models of seed ${SEED}: ${ran} ran, ${refused} refused, ${invalid} not models\n`);
  process.stdout.write(`refusals: ${[...codes].map(([code, n]) => `${code} ${n}`).join(", ")}\n`);
  expect(faults).toEqual([]);
  // Refusing everything is no way to pass.
  expect(ran).toBeGreaterThan((models - invalid) * 0.4);
  expect(invalid).toBeLessThan(models * 0.05);
});
