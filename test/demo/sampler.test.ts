/**
 * @file The demo's arithmetic: noise levels, guidance, steps, and the picture.
 */
import { decode } from "fast-png";
import { expect, test } from "vitest";
import { eulerStep, guided, noise, sigmas } from "../../demo/sampler.ts";
import { contactSheet } from "../../demo/sheet.ts";

test("noise levels fall from 1 to 0, shifted towards noise", () => {
  const levels = sigmas(4, 2);
  expect(levels.map((s) => Number(s.toFixed(6)))).toEqual([1, 0.857143, 0.666667, 0.4, 0]);
  expect(sigmas(20, 1)[1]).toBeCloseTo(0.95);
  expect(sigmas(1, 2)).toEqual([1, 0]);
});

test("noise is normal and the same for the same seed", () => {
  const values = noise(20_000, 7);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.03);
  expect(Math.abs(variance - 1)).toBeLessThan(0.05);
  expect(noise(5, 7)).toEqual(values.slice(0, 5));
  expect(noise(5, 8)).not.toEqual(values.slice(0, 5));
});

test("guidance goes beyond the labelled half", () => {
  expect(guided(Float32Array.of(1, 2, 3, 5), 2)).toEqual(Float32Array.of(5, 8));
});

test("a step follows the velocity down", () => {
  expect(eulerStep(Float32Array.of(1, 2), Float32Array.of(4, -4), 1, 0.5)).toEqual(Float32Array.of(-1, 4));
});

test("the sheet is a grey PNG with every picture in its place", () => {
  const pictures = Array.from({ length: 10 }, (_, i) => new Float32Array(16).fill(i / 5 - 1));
  const { width, height, data, channels } = decode(contactSheet(pictures, 4));
  expect([width, height, channels]).toEqual([5 * 40 + 8, 2 * 40 + 8, 1]);
  const at = (x: number, y: number): number | undefined => data[y * width + x];
  expect(at(0, 0)).toBe(255);
  expect(at(8 + 16, 8 + 16)).toBe(0);
  expect(at(8 + 40 + 16, 8 + 40 + 16)).toBe(Math.round(1.2 * 127.5));
});
