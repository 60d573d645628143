/**
 * @file Compares what a job showed with what its cell must come to, in words. Starts nothing.
 */
import type { RankOutcome } from "../../../bench/faults/mpi/order.ts";
import type { ExpectedJob, ExpectedSight } from "./cells.ts";
import type { JobSeen } from "./observe.ts";

/** What only the launcher removes, which was killed. */
const OF_THE_LAUNCHER = /^(ompi\.|vader_segment\.)/;

/** 8 KiB that MPICH itself has not yet unlinked when a job ends while the library starts. */
const OF_MPICH = /^mpich_shar_tmp/;

/** What is wrong; nothing for a job as it should be. */
export function judgeJob(cell: ExpectedJob, seen: JobSeen): readonly string[] {
  const { outcomes, code, hung, orphans, files, endMs } = seen;
  const left = files.filter(
    (file) => !OF_MPICH.test(file) && !(cell.fault === "launcher killed" && OF_THE_LAUNCHER.test(file)),
  );
  const wrong = [
    ...(hung ? ["it hung"] : []),
    ...orphans.map((name) => `it left ${name}`),
    ...left.map((file) => `it left the file ${file}`),
    ...(seen.crash === null || cell.crashes ? [] : [seen.crash]),
    ...(cell.well === null || (code === 0) === cell.well ? [] : [`the launcher ended with ${code}`]),
    ...(endMs <= cell.withinMs ? [] : [`it took ${endMs} ms`]),
    ...judgeRank(1 - cell.rank, cell.other, outcomes[1 - cell.rank] ?? null),
    ...judgeRank(cell.rank, cell.own, outcomes[cell.rank] ?? null),
  ];
  return wrong.length === 0 ? [] : [...wrong, seen.stderr.slice(0, 2_000)];
}

function judgeRank(rank: number, expected: ExpectedSight | null, seen: RankOutcome | null): readonly string[] {
  if (expected === null) return seen === null ? [] : [`rank ${rank} goes on: ${seen.code} ${seen.message}`];
  if (seen === null) return expected.mayDie ? [] : [`rank ${rank} says nothing`];
  const { codes, after, says } = expected;
  const text = `${seen.message} ${seen.details}`;
  return [
    ...(codes.includes(seen.code) ? [] : [`rank ${rank} came to ${seen.code}: ${seen.message}`]),
    ...(after.includes(seen.after) ? [] : [`rank ${rank}: the session is ${seen.after} (${seen.message})`]),
    ...says.filter((part) => !part.test(text)).map((part) => `rank ${rank} does not say ${String(part)}: ${text}`),
  ];
}
