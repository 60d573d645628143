/**
 * @file What watch.mjs registers at modules: a handler, loaded by every rank. It sees the rank's own part of the value, and returns nothing, so
 * that the value stays.
 */
import { writeSync } from "node:fs";

export default function watch({ dims, data }, { module, value, rank, layout }) {
  let [low, high, sum] = [Infinity, -Infinity, 0];
  for (const x of data) {
    [low, high] = [Math.min(low, x), Math.max(high, x)];
    sum += x;
  }
  const numbers = [low, high, sum / data.length].map((x) => x.toPrecision(4)).join(" ");
  // Written at once: what console.log of a thread prints comes only when the main thread has time.
  writeSync(1, `rank ${rank} ${module} ${value} [${dims}] ${layout}: min max mean ${numbers}\n`);
}
