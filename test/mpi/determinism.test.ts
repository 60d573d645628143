/**
 * @file Every rank of every world gives the same bits, run after run: threads, processes of one host, processes of two hosts. A choice of
 * families and schemes in `npm test`; all of them in `npm run mpi`. All programs of a world run in one job.
 */
import { describe, expect, test, vi } from "vitest";
import { trafficOf } from "./support/bytes.ts";
import { missing } from "./support/launchers.ts";
import type { Library } from "./support/launchers.ts";
import { because, twoHosts } from "./support/hosts.ts";
import { perform } from "./support/orders.ts";
import { families, hashesOfThreads, nameOf, ordered, programOf, ranksOf } from "./support/programs.ts";
import type { Case } from "./support/programs.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import type { MeshName } from "../support/meshes.ts";

const long = process.env["MODE"] === "long";
vi.setConfig({ testTimeout: long ? 1_800_000 : 120_000 });

const schemes: readonly MeshName[] = [
  "ulysses 2",
  "ring 2",
  "rotating ring 2",
  "batch 2",
  "unified 2 x 2",
  "rotating unified 2 x 2",
  "batch 2 x ulysses 2",
  "batch 2 x rotating ring 2",
];
const quick: readonly (readonly [family: string, mesh: MeshName])[] = [
  ["flux", "ulysses 2"],
  ["wan", "rotating ring 2"],
  ["ltx2", "ring 2"],
  ["wan", "rotating unified 2 x 2"],
  ["ltx", "batch 2 x ulysses 2"],
];
const cases: readonly Case[] = families.flatMap((family) =>
  schemes
    .filter((mesh) => long || quick.some(([name, scheme]) => name === family.family && scheme === mesh))
    .map((mesh) => ({ ...family, mesh, samples: long ? family.samples : family.samples.slice(0, 1) })),
);

interface Run {
  readonly hash: string;
  /** Bytes on the link of the rank's host, both ways. */
  readonly link: number;
  readonly milliseconds: number;
}

interface Found {
  readonly runs: readonly Run[];
  /** Of the notes of the session. */
  readonly codes: readonly string[];
}

const { network, reason: noHosts } = twoHosts();

const worlds: readonly (readonly [
  name: string,
  library: Library,
  hosts: number,
  ranks: number,
  skip: string | null,
])[] = [
  ["Open MPI, one host, 2 ranks", "Open MPI", 1, 2, missing("Open MPI")],
  ["Open MPI, one host, 4 ranks", "Open MPI", 1, 4, missing("Open MPI")],
  ["Open MPI, two hosts, 2 ranks", "Open MPI", 2, 2, noHosts],
  ["Open MPI, two hosts, 4 ranks", "Open MPI", 2, 4, noHosts],
  ["MPICH, one host, 2 ranks", "MPICH", 1, 2, missing("MPICH")],
];

const expected = new Map<Case, Promise<readonly string[]>>();

function bitsOf(given: Case): Promise<readonly string[]> {
  const known = expected.get(given) ?? hashesOfThreads(given);
  expected.set(given, known);
  return known;
}

describe.each(worlds.map(([name, ...rest]) => [`${name}${because(rest[3])}`, ...rest] as const))(
  "%s",
  (_, library, hosts, ranks, skip) => {
    const own = cases.filter(({ mesh }) => ranksOf(mesh) === ranks);
    const job = async (): ReturnType<typeof perform<readonly Found[]>> => {
      const order = { cases: await Promise.all(own.map(ordered)) };
      const place = hosts === 2 && network !== null ? { network } : {};
      return perform("hashes", order, { library, ranks, timeoutMs: long ? 900_000 : 100_000, ...place });
    };
    let running: ReturnType<typeof job> | undefined;

    test.skipIf(skip !== null)("the bits of threads on every rank", async () => {
      // Anew each time: this test may be repeated.
      const { code, stderr, found } = await (running = job());
      expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
      const bits = await Promise.all(own.map(bitsOf));
      for (const ofRank of found) {
        const hashes = ofRank?.map(({ runs }) => runs.map(({ hash }) => hash));
        // Each sample runs twice.
        expect(hashes).toEqual(bits.map((samples) => samples.flatMap((hash) => [hash, hash])));
      }
    });

    test.runIf(hosts === 2 && skip === null)("the computed bytes cross the link", async () => {
      const { found } = await (running ??= job());
      const names = Array.from({ length: ranks }, (_, rank) => (rank < ranks / 2 ? "a" : "b"));
      for (const [i, given] of own.entries()) {
        const { program } = await programOf(given);
        for (const [j, sample] of given.samples.entries()) {
          const feeds = await fixtureTensors(`${given.family}/${sample}.inputs.npz`);
          const traffic = trafficOf(program, feeds, names);
          for (const { link, milliseconds } of found[0]?.[i]?.runs.slice(2 * j, 2 * j + 2) ?? []) {
            const least = traffic.exchanged + traffic.feeds;
            expect(link, nameOf(given)).toBeGreaterThan(least);
            expect(link, nameOf(given)).toBeLessThan(
              least + overhead(least, traffic.messages, ranks / 2, milliseconds),
            );
          }
        }
      }
    });
  },
);

/**
 * Bytes that may be added to those of a run: headers of TCP/IP (66 of at least 1448, and acknowledgements), of MPI's messages and its
 * agreement on long ones, the letters of a run, and one heartbeat each way in 200 ms, for each rank of the other host.
 */
function overhead(bytes: number, messages: number, remote: number, milliseconds: number): number {
  return 0.1 * bytes + 256 * messages + remote * (4096 + 4 * milliseconds);
}
