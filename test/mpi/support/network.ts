/**
 * @file Two hosts on one machine: two network namespaces that a pair of virtual interfaces joins, each with a host name, and a stand-in for
 * rsh that starts a process on a host. Needs the rights of root. Knows no job.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { killAll } from "./processes.ts";

export interface Network {
  /** Host names, which are the names of the namespaces too. */
  readonly hosts: readonly [string, string];
  /** Words before a command that is to run on the first host. */
  readonly enter: readonly string[];
  /** Options of Open MPI's launcher for so many ranks, half of them on each host. */
  readonly launcherOptions: (ranks: number) => readonly string[];
  /** Processes on both hosts. */
  readonly processes: () => readonly number[];
  /** Bytes that crossed the link since its start, both ways, with all headers. */
  readonly bytes: () => number;
  /** The link goes down on both ends. */
  readonly cut: () => void;
  /** From now on so many percent of the packets that arrive are lost, on both hosts. */
  readonly lose: (percent: number) => void;
  /** Kills what runs on the hosts, and removes them. */
  readonly down: () => void;
}

const ADDRESSES = ["10.77.0.1", "10.77.0.2"] as const;
const SUBNET = "10.77.0.0/24";

/** As the page of several hosts recommends. */
const RETRIES = 5;

let pairs = 0;

/** Two hosts, which know nothing of other pairs. Throws an `Error` with the reason where the machine does not allow it. */
export function bringUp(): Network {
  removeAbandoned();
  const pair = `onnx-cp-${process.pid}-${(pairs += 1)}`;
  const hosts = [`${pair}-a`, `${pair}-b`] as const;
  const links = ["cpa0", "cpb0"] as const;
  const folder = mkdtempSync(join(tmpdir(), "onnx-cp-test-"));
  const down = (): void => {
    hosts.forEach(remove);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    for (const host of hosts) ip(["netns", "add", host]);
    ip(["link", "add", links[0], "netns", hosts[0], "type", "veth", "peer", "name", links[1], "netns", hosts[1]]);
    hosts.forEach((host, i) => {
      ip(["-n", host, "addr", "add", `${ADDRESSES[i]}/24`, "dev", links[i]!]);
      for (const name of ["lo", links[i]!]) ip(["-n", host, "link", "set", name, "up"]);
      ip(["netns", "exec", host, "sh", "-c", `echo ${RETRIES} > /proc/sys/net/ipv4/tcp_retries2`]);
    });
    const [first] = hosts;
    // Each host has a name of its own, by which MPI sees that there are two.
    const enter = ["ip", "netns", "exec", first, "unshare", "--uts", "sh", "-c", 'hostname "$0"; exec "$@"', first];
    ip(["netns", "exec", first, "unshare", "--uts", "true"]);
    const rsh = writeRsh(folder, hosts);
    const launcherOptions = (ranks: number): readonly string[] => optionsFor(ranks, rsh);
    const processes = (): readonly number[] => hosts.flatMap(processesIn);
    return {
      hosts,
      enter,
      launcherOptions,
      processes,
      bytes: () => crossed(first, links[0]),
      cut: () => void ip(["-n", first, "link", "set", links[0], "down"]),
      lose: (percent) => hosts.forEach((host, i) => loseOn(host, links[i]!, percent)),
      down,
    };
  } catch (error) {
    down();
    throw error;
  }
}

function optionsFor(ranks: number, rsh: string): readonly string[] {
  const slots = ranks / ADDRESSES.length;
  const host = ADDRESSES.map((address) => `${address}:${slots}`).join(",");
  const networks = ["btl_tcp_if_include", "oob_tcp_if_include"].flatMap((name) => ["--mca", name, SUBNET]);
  return ["--host", host, "--mca", "plm_rsh_agent", rsh, ...networks];
}

/** A script with the parameters of rsh: a host, and the words of a command. */
function writeRsh(folder: string, hosts: readonly string[]): string {
  const cases = ADDRESSES.map((address, i) => `${address}) name=${hosts[i]};;`).join(" ");
  const file = join(folder, "rsh");
  const enter = `exec ip netns exec "$name" unshare --uts sh -c 'hostname "$0"; exec sh -c "$*"' "$name" "$@"`;
  writeFileSync(file, `#!/bin/sh\nhost=$1; shift\ncase $host in ${cases} *) exit 9;; esac\n${enter}\n`);
  chmodSync(file, 0o755);
  return file;
}

function ip(parameters: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync("ip", parameters, { encoding: "utf8", timeout: 20_000 });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`ip ${parameters.join(" ")}: ${stderr.trim()}`);
  return stdout;
}

/** Why packets cannot be lost here; `null` if they can. */
export function missingLoss(): string | null {
  return spawnSync("nft", ["--version"]).status === 0 ? null : "no nft, which drops packets";
}

function loseOn(host: string, link: string, percent: number): void {
  const some = percent === 100 ? "" : `numgen random mod 100 < ${percent}`;
  const rule = `iifname "${link}" ${some} drop`;
  ip(["netns", "exec", host, "nft", `table inet loss { chain in { type filter hook input priority 0; ${rule}; }; }`]);
}

function crossed(host: string, link: string): number {
  const [of] = JSON.parse(ip(["-n", host, "-s", "-j", "link", "show", link])) as readonly {
    readonly stats64: { readonly rx: { readonly bytes: number }; readonly tx: { readonly bytes: number } };
  }[];
  return of!.stats64.rx.bytes + of!.stats64.tx.bytes;
}

function processesIn(host: string): readonly number[] {
  const { status, stdout } = spawnSync("ip", ["netns", "pids", host], { encoding: "utf8" });
  return status === 0 ? stdout.split("\n").filter(Boolean).map(Number) : [];
}

function remove(host: string): void {
  killAll(processesIn(host));
  spawnSync("ip", ["netns", "del", host]);
}

/** Hosts of a test process that was killed. */
function removeAbandoned(): void {
  const { stdout } = spawnSync("ip", ["netns", "list"], { encoding: "utf8" });
  for (const [host, pid] of (stdout ?? "").matchAll(/^onnx-cp-(\d+)-\d+-[ab]/gm)) {
    try {
      process.kill(Number(pid), 0);
    } catch {
      remove(host);
    }
  }
}
