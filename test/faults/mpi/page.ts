/**
 * @file The part of `docs/faults.md` about jobs of MPI, from the results of the cells, which `results.json` keeps from run to run: a run may be of
 * some cells only. Knows no process.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { JobFault } from "../../../bench/faults/mpi/order.ts";
import { root } from "../../structure/sources.ts";
import { cells } from "./cells.ts";
import type { ExpectedJob, ExpectedSight, WorldName } from "./cells.ts";
import { kindsTable, runsText } from "./kinds.ts";
import type { Result } from "./kinds.ts";

/** By the title of a cell in a world. */
type Results = Readonly<Record<string, Result>>;

const HEAD = "## Jobs of MPI";
const file = join(root, "test/faults/mpi/results.json");
const page = join(root, "docs/faults.md");

const names: Readonly<Record<JobFault, string>> = {
  "error of the script": "an error that the script does not catch",
  "rejection in the script": "a rejection that the script does not catch",
  "exit 0 of the script": "`process.exit(0)`",
  "exit 3 of the script": "`process.exit(3)`",
  "endless loop of the script": "the script loops forever",
  "full heap of the script": "the script fills the heap of its main thread",
  SIGKILL: "SIGKILL",
  SIGSTOP: "SIGSTOP",
  "SIGSTOP, SIGCONT": "SIGSTOP, SIGCONT after 700 ms",
  throw: "a handler throws",
  exit: "`process.exit` in a handler",
  "full heap": "a handler fills the heap of its thread",
  "no answer": "a handler's promise never resolves",
  "endless loop": "a handler loops forever",
  "exchange memory": "an exchange needs more memory than there is",
  "piece memory": "a piece needs more memory than there is",
  "late end": "the rank ends 7 s later than the other",
  "launcher stopped": "SIGSTOP of the launcher until all ranks have ended",
  "launcher killed": "SIGKILL of the launcher",
  "link down": "the link between the hosts goes down",
  "packets lost": "all packets between the hosts are lost",
  "few packets lost": "5 % of the packets between the hosts are lost",
};

const intro = `${HEAD}

Two ranks. The fault happens on the rank of the row, while it attaches (at a random moment), is in a piece, waits for the other rank in a collective, or
is between two runs. Rank 0 and rank 1 are both tried, with and without a deadline, with Open MPI on one host and on two (network namespaces, TCP, the
keepalive and the retries of [multi-host.md](multi-host.md)), and with MPICH. \`killed\`: the launcher may end the rank before it can say anything. After each job no
process is left on any host, no file in the temporary folders or in \`/dev/shm\`; only the files of a launcher that was killed stay, and 8 KiB of MPICH if a job ends while it starts. *worst s* is
from the fault to the end of the launcher and of all processes, and contains the 30 seconds of silence, the deadline, the grace and the farewell of
[multi-host.md](multi-host.md#limits-and-failures). Survivors name the rank that is gone or silent and its host; under a deadline the late
rank; for a fault of a handler the rank, the hook and the plan entry.

The first table takes the rows of each kind of fault together, over both ranks, with and without a deadline, and over both libraries; the second has
each row. *exit* is any way to leave the process or its thread with a code, *hang* a script, a handler or a promise without an end.
`;

export function titleOf({ fault, place, rank, deadlineMs }: ExpectedJob, world: WorldName): string {
  const deadline = deadlineMs === null ? "no deadline" : `deadline ${deadlineMs} ms`;
  return `${fault}, ${place}, rank ${rank}, ${deadline}, ${world}`;
}

function readResults(): Results {
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as Results) : {};
}

/** How often a cell has run in all. */
export function runsOf(title: string): number {
  return readResults()[title]?.runs ?? 0;
}

/** Adds a run to those of before, and writes the page anew. */
export function addRun(title: string, run: { readonly milliseconds: number; readonly right: boolean }): void {
  const results = readResults();
  const before = results[title] ?? { runs: 0, worstMs: 0, wrong: 0 };
  const worstMs = Math.max(before.worstMs, run.milliseconds);
  const result: Result = { runs: before.runs + 1, worstMs, wrong: before.wrong + (run.right ? 0 : 1) };
  const sorted = Object.entries({ ...results, [title]: result }).toSorted(([a], [b]) => (a < b ? -1 : 1));
  writeFileSync(file, `${JSON.stringify(Object.fromEntries(sorted), null, 2)}\n`);
  const head = existsSync(page) ? readFileSync(page, "utf8").split(HEAD)[0]! : "# Faults\n\n";
  writeFileSync(page, `${head}${jobsPart()}`);
}

/** Nothing before the first results. */
export function jobsPart(): string {
  const results = readResults();
  const worlds = [...new Set(cells.flatMap(({ worlds: own }) => own))];
  const lines = cells.flatMap((cell) => {
    const measured = worlds.map((world) => results[titleOf(cell, world)]);
    if (measured.every((one) => one === undefined)) return [];
    const times = measured.map((one) =>
      one === undefined ? "-" : `${(one.worstMs / 1000).toFixed(1)} (${runsText([one])})`,
    );
    const { fault, place, rank, deadlineMs, other, own } = cell;
    const words = [
      names[fault],
      place,
      String(rank),
      deadlineMs ?? "-",
      sightText(other),
      own === null ? "-" : sightText(own),
    ];
    return [`| ${[...words, ...times].join(" | ")} |`];
  });
  if (lines.length === 0) return "";
  const columns = ["fault", "place", "rank", "deadline, ms", "the other rank sees", "the rank sees"];
  const timed = worlds.map((world) => `worst s (runs), ${world}`);
  const head = `| ${[...columns, ...timed].join(" | ")} |\n|${[...columns, ...timed].map(() => "---").join("|")}|`;
  const kinds = kindsTable(cells, (cell, world) => results[titleOf(cell, world)]);
  return `${intro}\n${kinds}\n\n${head}\n${lines.join("\n")}\n\n${tailOf(Object.values(results))}`;
}

function tailOf(results: readonly Result[]): string {
  const [jobs, wrong] = [runsText(results), results.some((result) => result.wrong > 0)];
  const judged = wrong ? "" : " No hang, no process left, no wrong output, each with the outcome of its row.";
  return `${jobs} jobs.${judged} Rows whose runs showed a defect began anew when it was mended. A cell without a row, or a column without a number, was not measured.\n`;
}

function sightText({ codes, after, mayDie }: ExpectedSight): string {
  const seen = codes.map((code) => code ?? "the right result").join(", ");
  const killed = mayDie ? ["killed"] : [];
  return [...(seen === "" ? [] : [`${seen}; ${after.join(", ")}`]), ...killed].join(", or ");
}
