/**
 * @file The cores of a process, read from made-up files of the system.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { ownCores, usableCores } from "../../runtime/cores.ts";
import { temporaryFolder } from "../support/files.ts";

/** A root folder with these files. */
async function system(files: Readonly<Record<string, string>>): Promise<string> {
  const root = await temporaryFolder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), text);
  }
  return root;
}

const status = (list: string): string => `Name:\tnode\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\n`;
const eight = { "proc/self/status": status("0-7") };

test.each([
  ["0", [0]],
  ["0-3,8", [0, 1, 2, 3, 8]],
  ["2,5-6", [2, 5, 6]],
])("a process bound to %s", async (list, cores) => {
  const root = await system({ "proc/self/status": status(list) });
  expect(ownCores(root)).toEqual({ cores, quota: Infinity });
});

test.each([
  ["none", { "sys/fs/cgroup/job/step/cpu.max": "max 100000\n" }, Infinity],
  ["of its own group", { "sys/fs/cgroup/job/step/cpu.max": "250000 100000\n" }, 2.5],
  [
    "of a group above",
    { "sys/fs/cgroup/job/step/cpu.max": "max 100000\n", "sys/fs/cgroup/job/cpu.max": "400000 100000\n" },
    4,
  ],
  [
    "the smaller of two",
    { "sys/fs/cgroup/job/step/cpu.max": "150000 50000\n", "sys/fs/cgroup/job/cpu.max": "200000 100000\n" },
    2,
  ],
  ["in a container, which sees its group as the root", { "sys/fs/cgroup/cpu.max": "300000 100000\n" }, 3],
  ["above the number of cores", { "sys/fs/cgroup/job/step/cpu.max": "1600000 100000\n" }, 16],
])("a quota in version 2 of control groups: %s", async (_, files, quota) => {
  const root = await system({ ...eight, "proc/self/cgroup": "0::/job/step\n", ...files });
  expect(ownCores(root).quota).toBe(quota);
});

test.each([
  ["150000", 1.5],
  ["-1", Infinity],
])("a quota of %s in version 1", async (microseconds, quota) => {
  const root = await system({
    ...eight,
    "proc/self/cgroup": "5:cpu,cpuacct:/slurm/job\n2:memory:/slurm\n",
    "sys/fs/cgroup/cpu/slurm/job/cpu.cfs_quota_us": `${microseconds}\n`,
    "sys/fs/cgroup/cpu/slurm/job/cpu.cfs_period_us": "100000\n",
  });
  expect(ownCores(root).quota).toBe(quota);
});

test.each(["", "Cpus_allowed_list:\tnonsense\n"])("where the system does not say it, all cores count", async (text) => {
  const root = await system({ "proc/self/status": text });
  expect(ownCores(root).cores).toHaveLength(availableParallelism());
});

test("at least one core is usable", () => {
  expect(usableCores()).toBeGreaterThanOrEqual(1);
  expect(usableCores()).toBeLessThanOrEqual(availableParallelism());
});
