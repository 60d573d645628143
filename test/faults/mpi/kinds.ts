/**
 * @file How often faults of each kind have happened at each place: rows of one kind, of both ranks, with and without a deadline, taken together.
 * Knows no job.
 */
import type { JobFault, JobPlace } from "../../../bench/faults/mpi/order.ts";
import type { ExpectedJob, WorldName } from "./cells.ts";

export interface Result {
  readonly runs: number;
  readonly worstMs: number;
  /** Runs that did not come to what their row says. */
  readonly wrong: number;
}

const kinds: Readonly<Record<string, readonly JobFault[]>> = {
  throw: ["error of the script", "rejection in the script", "throw"],
  exit: ["exit 0 of the script", "exit 3 of the script", "exit"],
  "kill -9": ["SIGKILL"],
  hang: ["endless loop of the script", "no answer", "endless loop"],
  SIGSTOP: ["SIGSTOP", "SIGSTOP, SIGCONT"],
  "link cut": ["link down", "packets lost"],
  "out of memory": ["full heap of the script", "full heap", "exchange memory", "piece memory"],
};
const places: readonly JobPlace[] = ["piece", "collective", "between runs"];
const hosts: Readonly<Record<string, readonly WorldName[]>> = {
  "one host": ["Open MPI", "MPICH"],
  "two hosts": ["Open MPI, two hosts"],
};

/** As Markdown. */
export function kindsTable(
  cells: readonly ExpectedJob[],
  resultOf: (cell: ExpectedJob, world: WorldName) => Result | undefined,
): string {
  const lines = Object.entries(kinds).flatMap(([kind, faults]) =>
    places.map((place) => {
      const own = cells.filter((cell) => faults.includes(cell.fault) && cell.place === place);
      const words = Object.values(hosts).map((worlds) => {
        const possible = own.flatMap((cell) =>
          worlds.flatMap((world) => (cell.worlds.includes(world) ? [resultOf(cell, world)] : [])),
        );
        return possible.length === 0 ? "- | -" : textOf(possible.filter((result) => result !== undefined));
      });
      return `| ${[kind, place, ...words].join(" | ")} |`;
    }),
  );
  const columns = Object.keys(hosts).flatMap((host) => [`runs, ${host}`, `worst s, ${host}`]);
  return [
    `| fault | place | ${columns.join(" | ")} |`,
    `|---|---|${columns.map(() => "---|").join("")}`,
    ...lines,
  ].join("\n");
}

function textOf(results: readonly Result[]): string {
  const worst = Math.max(0, ...results.map(({ worstMs }) => worstMs));
  return `${runsText(results)} | ${(worst / 1000).toFixed(1)}`;
}

/** `20`, or `20, 1 wrong` */
export function runsText(results: readonly Result[]): string {
  const total = (of: (result: Result) => number): number => results.reduce((sum, result) => sum + of(result), 0);
  const wrong = total((result) => result.wrong);
  return `${total(({ runs }) => runs)}${wrong === 0 ? "" : `, ${wrong} wrong`}`;
}
