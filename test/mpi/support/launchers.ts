/**
 * @file Launches jobs of MPI and waits for their end: Open MPI or MPICH, on this machine, or Open MPI on two hosts. A job that does not end is
 * killed with all its processes. Knows no program.
 */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Network } from "./network.ts";
import { killAll, MARK, processesOf } from "./processes.ts";

export type Library = "Open MPI" | "MPICH";

export interface Job {
  readonly ranks: number;
  /** What every rank executes, after `node`. */
  readonly argv: readonly string[];
  readonly library?: Library;
  /** Without one, all ranks are on this machine. */
  readonly network?: Network;
  /** Words before the launcher. */
  readonly before?: readonly string[];
  /** Further options of the launcher, before the command. */
  readonly options?: readonly string[];
  /** Variables of all ranks, besides those of this process. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** Called with the process of the launcher, and the mark of the job's processes. */
  readonly started?: (launcher: number, mark: string) => void;
}

export interface Ended {
  /** Of the launcher; `null` where a signal or the time limit ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly milliseconds: number;
}

/** Names of launchers where several libraries are installed, and where one is. */
const COMMANDS: Readonly<Record<Library, readonly string[]>> = {
  "Open MPI": ["mpirun.openmpi", "mpirun"],
  MPICH: ["mpirun.mpich", "mpirun"],
};
const BANNERS: Readonly<Record<Library, RegExp>> = { "Open MPI": /Open ?(MPI|RTE)/, MPICH: /HYDRA|MPICH/ };

/** Two processes set the same group of a third; the launcher has no memory to show a text of its own. Neither touches the job. */
const HARMLESS = /^.*(?:plm:rsh: Warning: setpgid|ORTE_ERROR_LOG: .* in file \S*show_help\.c ).*\n/gm;

const commands = new Map<Library, string | null>();

/** The launcher of a library, `null` where it is not installed. */
function commandOf(library: Library): string | null {
  const known = commands.get(library);
  if (known !== undefined) return known;
  const found = COMMANDS[library].find((command) => {
    const { stdout, status } = spawnSync(command, ["--version"], { encoding: "utf8", timeout: 20_000 });
    return status === 0 && BANNERS[library].test(stdout);
  });
  commands.set(library, found ?? null);
  return found ?? null;
}

/** Why jobs of a library cannot run here; `null` where they can. */
export function missing(library: Library): string | null {
  try {
    import.meta.resolve("koffi");
  } catch {
    return "the package koffi is not installed";
  }
  if (commandOf(library) === null) return `no launcher of ${library}`;
  return availableParallelism() < 2 ? "one core" : null;
}

let jobs = 0;

/** Runs a job to its end. */
export function launch({ argv, started, timeoutMs = 100_000, env = {}, ...job }: Job): Promise<Ended> {
  const begun = performance.now();
  const mark = `${process.pid}-${(jobs += 1)}`;
  // All launchers of a host else share a folder, which one that ends removes while another one makes its own in it.
  const own = env["TMPDIR"] === undefined ? mkdtempSync(join(tmpdir(), "onnx-cp-test-")) : null;
  const line = commandLine(job, { ...env, [MARK]: mark }, own ?? env["TMPDIR"] ?? "");
  const [command = "", ...parameters] = [...line, process.execPath, ...argv];
  const root = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1" };
  const child = spawn(command, parameters, {
    cwd: fileURLToPath(new URL("../../..", import.meta.url)),
    env: { ...process.env, ...root, ...env, [MARK]: mark },
  });
  const said = { stdout: "", stderr: "" };
  child.stdout.on("data", (data: Buffer) => (said.stdout += String(data)));
  child.stderr.on("data", (data: Buffer) => (said.stderr += String(data)));
  started?.(child.pid ?? 0, mark);
  const timer = setTimeout(() => {
    child.kill("SIGKILL");
    killAll([...processesOf(mark), ...(job.network?.processes() ?? [])]);
  }, timeoutMs);
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      clearTimeout(timer);
      if (own !== null) rmSync(own, { recursive: true, force: true });
      const stderr = said.stderr.replaceAll(HARMLESS, "");
      resolve({ code, stdout: said.stdout, stderr, milliseconds: performance.now() - begun });
    });
  });
}

/** The launcher with its options. */
function commandLine(
  { library = "Open MPI", ranks, network, before = [], options = [] }: Omit<Job, "argv">,
  env: Readonly<Record<string, string>>,
  session: string,
): readonly string[] {
  const command = commandOf(library) ?? "mpirun";
  if (library === "MPICH") return [...before, command, "-n", String(ranks), ...options];
  const names = Object.keys(env).flatMap((name) => ["-x", name]);
  const places = network === undefined ? [] : network.launcherOptions(ranks);
  const transport = ["--mca", "pml", "ob1", "--mca", "btl", "vader,tcp,self"];
  const binding = options.some((option) => /^--(bind-to|map-by)$/.test(option)) ? [] : ["--bind-to", "none"];
  const folder = ["--mca", "orte_tmpdir_base", session];
  const all = [
    "-n",
    String(ranks),
    "--oversubscribe",
    ...binding,
    ...transport,
    ...places,
    ...names,
    ...folder,
    ...options,
  ];
  return [...before, ...(network?.enter ?? []), command, ...all];
}
