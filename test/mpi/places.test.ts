/**
 * @file Where a launcher puts ranks: bound to cores, on one core, on hosts in turn. The bits stay the same, and notes say what it costs.
 */
import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { expect, test, vi } from "vitest";
import { withinLimits } from "../../compiler/expr/expr.ts";
import { chooseLengths } from "../../program/choose-lengths.ts";
import { equalCut } from "../../program/shares.ts";
import { bytesBetween, crossingNote } from "../../runtime/attach/placement.ts";
import { because, twoHosts } from "./support/hosts.ts";
import { missing } from "./support/launchers.ts";
import type { Job } from "./support/launchers.ts";
import { perform } from "./support/orders.ts";
import { families, hashesOfThreads, ordered, programOf, ranksOf } from "./support/programs.ts";
import type { Case } from "./support/programs.ts";
import type { MeshName } from "../support/meshes.ts";

vi.setConfig({ testTimeout: 120_000 });

const reason = missing("Open MPI");
const { network, reason: noHosts } = twoHosts();
const oneCore = reason ?? (spawnSync("taskset", ["--version"]).status === 0 ? null : "no taskset");

interface Found {
  readonly cores: readonly number[];
  readonly hash: string;
  readonly notes: readonly string[];
}

const flux = (mesh: MeshName): Case => {
  const { samples, ...family } = families.find(({ family }) => family === "flux")!;
  return { ...family, mesh, samples: samples.slice(0, 1) };
};

/** What the ranks of a job have found; their bits are those of threads. */
async function placed(given: Case, job: Omit<Partial<Job>, "ranks">): Promise<readonly Found[]> {
  const { code, stderr, found } = await perform<Found>("places", await ordered(given), {
    ranks: ranksOf(given.mesh),
    ...job,
  });
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  const bits = await hashesOfThreads(given);
  return found.map((one) => {
    expect(one?.hash).toBe(bits[0]);
    return one!;
  });
}

test.skipIf(reason !== null)(`each rank bound to a core${because(reason)}`, async () => {
  const found = await placed(flux("ulysses 2"), { options: ["--bind-to", "core"] });
  expect(found.map(({ cores }) => cores.length)).toEqual([1, 1]);
  expect(found[0]!.cores).not.toEqual(found[1]!.cores);
  expect(found.flatMap(({ notes }) => notes)).toEqual([]);
});

test.skipIf(reason !== null)(`one rank bound to two cores${because(reason)}`, async () => {
  const [found] = await placed(flux("one rank"), { options: ["--bind-to", "core", "--map-by", "slot:PE=2"] });
  expect({ cores: found!.cores.length, notes: found!.notes }).toEqual({ cores: 2, notes: [] });
});

test.skipIf(oneCore !== null)(`two ranks on one core${because(oneCore)}`, async () => {
  const found = await placed(flux("ulysses 2"), { before: ["taskset", "-c", "0"] });
  const note = `CP6564 2 ranks share 1 cores of ${hostname()}`;
  expect(found).toMatchObject([0, 1].map(() => ({ cores: [0], notes: [note] })));
});

test.skipIf(noHosts !== null)(
  `ranks dealt to two hosts in turn, where pairs exchange most${because(noHosts)}`,
  async () => {
    const given = flux("batch 2 x ulysses 2");
    const found = await placed(given, { network: network!, options: ["--map-by", "node"] });
    const { program } = await programOf(given);
    const lengths = withinLimits(() => chooseLengths({ ...program, batch: new Set() }, 4))!;
    const [a, b] = network!.hosts;
    const between = (hosts: readonly string[]): number => bytesBetween(program, lengths, equalCut, hosts);
    const [bytes, best] = [between([a, b, a, b]), between([a, a, b, b])];
    expect(bytes).toBeGreaterThan(best);
    const text = `(${a}: 0, 2; ${b}: 1, 3) that a run sends ${bytes} bytes between hosts; with adjacent ranks on one host it would be ${best} `;
    const expected = [expect.stringContaining(text)];
    expect(found.map(({ notes }) => notes.filter((note) => note.startsWith("CP6563")))).toEqual(
      found.map(() => expected),
    );
  },
);

test("a note only where another order of the ranks crosses less", async () => {
  // On a mesh of 2 x 2 as many bytes cross between the rings as within the Ulysses groups.
  const { program } = await programOf(flux("unified 2 x 2"));
  expect(crossingNote(program, ["a", "b", "a", "b"])).toEqual([]);
  expect(crossingNote(program, ["a", "a", "a", "a"])).toEqual([]);
  expect(crossingNote((await programOf(flux("batch 2 x ulysses 2"))).program, ["a", "b", "b", "a"])).toHaveLength(1);
});
