/**
 * @file The command under a Node that is too old: one line, no stack trace.
 */
import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";

function versionUnder(node: string): {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
} {
  const versions = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "${node}" } });`;
  const args = ["--import", `data:text/javascript,${encodeURIComponent(versions)}`, "bin/onnx-cp.js", "--version"];
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", timeout: 30_000 });
  return { status, stdout, stderr };
}

test("a Node below engines is refused in one line", () => {
  const stderr = "onnx-cp needs Node 20 or later, and this is Node 18.19.1\n";
  expect(versionUnder("18.19.1")).toEqual({ status: 2, stdout: "", stderr });
});

test.each(["20.0.0", "24.1.0"])("Node %s is taken", (node) => {
  expect(versionUnder(node)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    stderr: "",
  });
});
