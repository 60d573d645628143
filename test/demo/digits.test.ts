/**
 * @file The demo as a whole: digits appear, and every step agrees with the unsplit model.
 */
import { fileURLToPath } from "node:url";
import { decode } from "fast-png";
import { expect, test } from "vitest";
import { drawDigits } from "../../demo/digits.ts";
import { capture } from "../cli/capture.ts";

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const files = {
  model: path("demo/model/digits.onnx"),
  plan: path("plans/flux.plan.json"),
  conditioning: path("demo/model/conditioning.npz"),
};

test("draws a 0 and a 1 on two devices, each step as on one", async () => {
  const io = capture();
  const { pictures, ok, largestDifference, png } = await drawDigits(files, io, { digits: [0, 1], steps: 20 });
  expect(ok).toBe(true);
  expect(largestDifference).toBeLessThan(1e-4);
  const [zero = [], one = []] = pictures;
  const middle = [7, 8].flatMap((row) => [7, 8].map((column) => row * 16 + column));
  expect(Math.max(...middle.map((i) => zero[i] ?? 0))).toBeLessThan(-0.5);
  expect(Math.min(...middle.map((i) => one[i] ?? 0))).toBeGreaterThan(0.5);
  expect(decode(png)).toMatchObject({ channels: 1, depth: 8 });
  expect(io.stdout()).toMatch(/steps that agree with the unsplit model +20 of 20/);
  expect(io.stdout()).toMatch(/bytes sent between devices per step +[\d,]+ +0/);
  expect(io.stderr()).toContain("sampling 20/20");
});
