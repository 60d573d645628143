/**
 * @file Which cores this process may use: its affinity, which a launcher sets, and the quota of its control group, which a container or a
 * job has. Knows no rank.
 */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

export interface OwnCores {
  /** Numbers of the cores. */
  readonly cores: readonly number[];
  /** How many cores its control group may use at a time, with all its processes; `Infinity`: as many as there are. */
  readonly quota: number;
}

/** Where the system does not say which cores, all that are available count. */
export function ownCores(root: string = "/"): OwnCores {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read(join(root, "proc/self/status")))?.[1];
  const cores = list === undefined ? [] : parseList(list);
  const known = cores.length > 0 ? cores : Array.from({ length: availableParallelism() }, (_, i) => i);
  return { cores: known, quota: quotaOf(root) };
}

/** Cores that this process may use at a time; at least 1. */
export function usableCores(): number {
  const { cores, quota } = ownCores();
  return Math.max(1, Math.floor(Math.min(cores.length, quota)));
}

/** `0-3,8` */
function parseList(text: string): readonly number[] {
  return text.split(",").flatMap((range) => {
    const [first = NaN, last = first] = range.split("-").map(Number);
    return Number.isInteger(first) && last >= first
      ? Array.from({ length: last - first + 1 }, (_, i) => first + i)
      : [];
  });
}

/** The smallest quota from the process's control group up to the root, of version 2 or 1; `Infinity`: none. */
function quotaOf(root: string): number {
  const groups = read(join(root, "proc/self/cgroup"));
  const unified = /^0::(\/.*)$/m.exec(groups)?.[1];
  const old = /^\d+:(?:[^:]*,)?cpu(?:,[^:]*)?:(\/.*)$/m.exec(groups)?.[1];
  const quotas = [
    ...upwards(unified).map((group) => ratio(read(join(root, "sys/fs/cgroup", group, "cpu.max")).split(/\s+/))),
    ...upwards(old).map((group) => {
      const folder = join(root, "sys/fs/cgroup/cpu", group);
      return ratio([read(join(folder, "cpu.cfs_quota_us")), read(join(folder, "cpu.cfs_period_us"))]);
    }),
  ];
  return Math.min(Infinity, ...quotas);
}

/** `/a/b`, `/a`, `/` */
function upwards(group: string | undefined): readonly string[] {
  if (group === undefined) return [];
  const names = group.split("/").filter((name) => name !== "");
  return Array.from({ length: names.length + 1 }, (_, i) => `/${names.slice(0, names.length - i).join("/")}`);
}

/** Microseconds of work in a period of microseconds; `max` and -1 are no quota. */
function ratio([quota = "", period = ""]: readonly string[]): number {
  const [work, time] = [Number(quota), Number(period)];
  return work > 0 && time > 0 ? work / time : Infinity;
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8").trim();
  } catch {
    return "";
  }
}
