/**
 * @file The calls of a session whose ranks are processes: one job makes them all, each test looks at one part.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { toFeeds } from "../../cli/run/tensors.ts";
import { attach } from "../../runtime/attach/attach.ts";
import type { AttachOptions } from "../../runtime/attach/attach.ts";
import { fixtureTensors } from "../support/fixtures.ts";
import { because } from "./support/hosts.ts";
import { missing } from "./support/launchers.ts";
import { perform } from "./support/orders.ts";
import type { Done } from "./support/orders.ts";
import { families, hashOf, hashesOfThreads, ordered, programOf } from "./support/programs.ts";
import type { Case } from "./support/programs.ts";

const long = process.env["MODE"] === "long";
const flux: Case = { ...families.find(({ family }) => family === "flux")!, mesh: "ulysses 2" };
const MODULE = "transformer_blocks.0";
const SHARES = [3, 1];

/** A handler that a test of threads registers too. */
const handlers = {
  doubles: "export default ({ type, dims, data }) => ({ type, dims, data: data.map((x) => 2 * x) });\n",
  waits: "export default () => new Promise((resolve) => setTimeout(resolve, 3000));\n",
};

interface Found {
  readonly whole: { readonly rank: number; readonly hash: string; readonly times: number; readonly bytes: number };
  readonly lengths: readonly string[];
  readonly fetches: { readonly names: readonly string[]; readonly failed: readonly string[] | null };
  readonly refused: { readonly failures: readonly (readonly string[] | null)[]; readonly after: string };
  readonly preallocated: { readonly same: boolean; readonly equal: boolean };
  readonly handlers: { readonly changed: string; readonly after: string };
  readonly "other calls": { readonly failed: readonly string[]; readonly after: string };
  readonly limits: { readonly failures: readonly (readonly string[] | null)[]; readonly after: string };
  readonly shares: {
    readonly given: readonly number[];
    readonly hash: string;
    readonly auto: readonly number[] | null;
    readonly codes: readonly string[];
    readonly equal: boolean;
  };
  readonly backend: { readonly backend: string; readonly hash: string };
  readonly sessions: readonly string[];
  readonly turns: readonly string[];
  readonly released: readonly string[];
}

const libraries = (["Open MPI", "MPICH"] as const).filter((library) => long || library === "Open MPI");
const rows = libraries.map((library) => [`${library}${because(missing(library))}`, library, missing(library)] as const);

describe.each(rows)("%s", (_, library, skipped) => {
  let done: Done<Found>;
  let bits: readonly string[];
  /** What every rank has found; a rank that has found nothing fails the test. */
  const both = <K extends keyof Found>(part: K): readonly (Found[K] | undefined)[] =>
    done.found.map((found) => found?.[part]);

  beforeAll(async () => {
    if (skipped !== null) return;
    const { program, samples } = await ordered(flux);
    bits = await hashesOfThreads(flux);
    // A host has its own files: here each rank does.
    const urls = Object.fromEntries(
      Object.entries(handlers).map(([name, text]) => [name, [0, 1].map((rank) => fileOf(program, name, rank, text))]),
    );
    const order = {
      program,
      samples,
      output: "sample",
      module: MODULE,
      handlers: urls,
      shares: SHARES,
      turns: long ? 50 : 5,
    };
    done = await perform("calls", order, { library, ranks: 2, timeoutMs: 180_000 });
  }, 200_000);

  test.skipIf(skipped !== null)("the job ends well and says nothing", () => {
    expect({ ...done, found: [], milliseconds: 0 }).toEqual({
      code: 0,
      stdout: "",
      stderr: "",
      found: [],
      milliseconds: 0,
    });
  });

  test.skipIf(skipped !== null)("all outputs on every rank; rank 0 has the figures of all ranks", () => {
    const [hash] = bits;
    expect(both("whole")).toEqual([
      { rank: 0, hash, times: 2, bytes: 2 },
      { rank: 1, hash, times: 1, bytes: 1 },
    ]);
  });

  test.skipIf(skipped !== null)("lengths may change from run to run", () => {
    const hashes = [1, 0, 1, 0, 1, 0].map((sample) => bits[sample]);
    expect(both("lengths")).toEqual([hashes, hashes]);
  });

  test.skipIf(skipped !== null)("the outputs that rank 0 wants, and an unknown one", () => {
    const one = { names: ["sample"], failed: [expect.stringMatching(/^CP\d+ .*"?nothing/)] };
    expect(both("fetches")).toEqual([one, one]);
  });

  test.skipIf(skipped !== null)("what one rank refuses fails on all, and the session stays usable", () => {
    const [option, aborted, url] = ["CP6520", "CP6509", "CP6518"].map((code) => expect.stringMatching(`^${code} `));
    const ofOne = [[option], [aborted], [url]];
    const feeds = expect.arrayContaining([expect.stringMatching(/^CP6000 /)]);
    const one = { failures: [...ofOne, ...ofOne, feeds], after: bits[0] };
    expect(both("refused")).toEqual([one, one]);
  });

  test.skipIf(skipped !== null)("preallocated tensors are written on the rank that gives them", () => {
    const one = { same: true, equal: true };
    expect(both("preallocated")).toEqual([one, one]);
  });

  test.skipIf(skipped !== null)("handlers, each from the URL of its rank", async () => {
    const changed = await withThreads({}, fileOf((await programOf(flux)).folder, "doubles", 0, handlers.doubles));
    const one = { changed, after: bits[0] };
    expect(both("handlers")).toEqual([one, one]);
    expect(changed).not.toBe(bits[0]);
  });

  test.skipIf(skipped !== null)("other calls on other ranks fail on all, and the session stays usable", () => {
    const failed = [expect.stringMatching(/^CP6560 rank 1 called hooks.register where rank 0 called run$/)];
    const one = { failed, after: bits[0] };
    expect(both("other calls")).toEqual([one, one]);
  });

  test.skipIf(skipped !== null)(
    "a signal or a deadline of one rank ends the run of all, and the session stays usable",
    () => {
      const [aborted, late] = [[expect.stringMatching(/^CP6509 /)], [expect.stringMatching(/^CP6508 /)]];
      const one = { failures: [aborted, aborted, late, late], after: bits[0] };
      expect(both("limits")).toEqual([one, one]);
    },
  );

  test.skipIf(skipped !== null)("shares, given and measured, are those of all ranks", async () => {
    const hash = await withThreads({ shares: SHARES });
    const one = { given: SHARES, hash, codes: [expect.stringMatching(/^CP653[23]$/)], equal: true };
    expect(both("shares")).toMatchObject([one, one]);
    expect(new Set(both("shares").map((found) => JSON.stringify(found?.auto))).size).toBe(1);
  });

  test.skipIf(skipped !== null)("the other backend", async () => {
    const one = { backend: "binding", hash: await withThreads({ backend: "binding" }) };
    expect(both("backend")).toEqual([one, one]);
  });

  test.skipIf(skipped !== null)("sessions of one job at once, and in turn", () => {
    const [hash] = bits;
    expect(both("sessions")).toEqual([
      [hash, hash, hash, hash],
      [hash, hash, hash, hash],
    ]);
    expect(both("turns")).toEqual([[hash], [hash]]);
  });

  test.skipIf(skipped !== null)("a released session", () => {
    const one = [expect.stringMatching(/^CP6510 /)];
    expect(both("released")).toEqual([one, one]);
  });
});

function fileOf(folder: string, name: string, rank: number, text: string): string {
  const file = join(folder, "..", `${name}${rank}.mjs`);
  writeFileSync(file, text);
  return pathToFileURL(file).href;
}

/** The bits of a run of threads. */
async function withThreads(options: AttachOptions, handler?: string): Promise<string> {
  const session = await attach(await programOf(flux), options);
  try {
    if (handler !== undefined) await session.hooks.register(MODULE, "post_forward", handler);
    return hashOf(await session.run(toFeeds(await fixtureTensors(`flux/${flux.samples[0]}.inputs.npz`))));
  } finally {
    await session.release();
  }
}
