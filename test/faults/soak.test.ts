/**
 * @file The short form of `npm run soak`: some steps, sessions and compilations leave no handle, thread or temporary file behind.
 */
import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../structure/sources.ts";

/** Far above what a short run needs to warm up; growth in handles, threads and files fails at once. */
const MIB = "200";

test("repeated work leaves nothing behind", () => {
  const argv = [join(root, "dist/bench/soak/main.js"), "20", "4", "2", MIB];
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { encoding: "utf8", timeout: 50_000 });
  expect(stderr).toBe("");
  expect(stdout).not.toContain("GROWN");
  // A head of two lines, and one for each work: steps of four sessions, two backends, compilations.
  expect(stdout.trim().split("\n")).toHaveLength(2 + 4 + 2 + 1);
  expect(status).toBe(0);
});
