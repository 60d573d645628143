/**
 * @file The page `docs/faults.md` from the results of a long run. Knows no process.
 */
import type { Fault } from "../../bench/faults/order.ts";
import type { ExpectedCell } from "./cells.ts";

export interface Row {
  readonly cell: ExpectedCell;
  readonly world: string;
  readonly runs: number;
  /** The longest time from the fault to the end of the call, or of the process. */
  readonly worstMs: number;
}

const names: Readonly<Record<Fault, string>> = {
  throw: "a handler throws",
  rejection: "a handler's promise rejects",
  exit: "`process.exit` in a handler",
  "no answer": "a handler's promise never resolves; deadline 400 ms",
  "endless loop": "a handler loops forever; deadline 400 ms",
  "full heap": "a handler fills the heap of its thread",
  "exchange memory": "an exchange needs more memory than there is",
  "piece memory": "a piece needs more memory than there is",
  abort: "AbortSignal",
  deadline: "deadline",
  release: "`release()`",
  "blocked caller": "the caller's thread is blocked for 300 ms",
  "exit of the caller": "`process.exit` of the caller",
  "error of the caller": "an error that the caller does not catch",
  SIGKILL: "SIGKILL",
  SIGTERM: "SIGTERM",
  SIGINT: "SIGINT",
  "SIGSTOP, SIGCONT": "SIGSTOP, SIGCONT after 300 ms",
};

const head = (worlds: readonly string[]): string => `# Faults

\`npm run faults\` brings about each fault at each place in every world, 20 times or \`FAULTS_RUNS\` times, and writes this page. A fault of a
handler happens on rank 1 of two. The places: *attach* is a random moment of the start; at *registration* the fault is in the handler's module while it
loads; in *piece* rank 0, for faults of the caller also rank 1, is inside ONNX Runtime; in *collective* rank 0 waits for rank 1; *between runs* the
session is idle, or, for a signal or a deadline, the run waits for its turn. Results of a run that was interrupted are missing (\`-\`).

After each fault that the process survives, the session runs again and the result is compared to the last bit; or it says that it cannot run (\`ended\`:
CP6511, \`released\`: CP6510), and another one is attached. A process whose session is released must end by itself, with no more threads than
before, no process, no file in the temporary folder or in \`/dev/shm\`. A process that a signal ends may leave its temporary folder to the next process
that makes one. Times are from the fault to the end of the call or of the process; for handlers they contain 60 ms before the fault. The error of a
fault in a call of a handler names the rank, the hook and the plan entry.

| fault | place | outcome | session | ${worlds.map((world) => `worst ms, ${world}`).join(" | ")} |
|---|---|---|---|${worlds.map(() => "---").join("|")}|
`;

export function pageOf(rows: readonly Row[]): string {
  const worlds = [...new Set(rows.map(({ world }) => world))];
  const cells = [...new Set(rows.map(({ cell }) => cell))];
  const lines = cells.map((cell) => {
    const times = worlds.map((world) => rows.find((row) => row.cell === cell && row.world === world)?.worstMs ?? "-");
    return `| ${[names[cell.fault], cell.place, outcomeOf(cell), afterOf(cell), ...times].join(" | ")} |`;
  });
  const total = rows.reduce((sum, row) => sum + row.runs, 0);
  const each = worlds.map((world) => `${world}: ${runsIn(rows, world)}`).join("; ");
  const tail = `\n${total} runs, of each cell ${each}. No hang, no crash, no process left, no wrong result.\n`;
  return `${head(worlds)}${lines.join("\n")}\n${tail}`;
}

/** `20`, or `5 to 20` where the page is from several runs. */
function runsIn(rows: readonly Row[], world: string): string {
  const runs = rows.filter((row) => row.world === world).map(({ runs }) => runs);
  const [least, most] = [Math.min(...runs), Math.max(...runs)];
  return least === most ? String(least) : `${least} to ${most}`;
}

function outcomeOf({ codes, process }: ExpectedCell): string {
  if (process !== undefined) return process.signal ?? `exit code ${process.code}`;
  return codes.map((code) => code ?? "the right result").join(", or ");
}

function afterOf({ after, process }: ExpectedCell): string {
  return process === undefined ? after.join(", or ") : "-";
}
