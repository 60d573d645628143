/**
 * @file NaN and infinities in queries, keys, values and masks: the outputs are NaN and infinite where those of the unsplit model are, under
 * every scheme, in the simulator and on worker threads.
 */
import { expect, test } from "vitest";
import { unsplitValues } from "../../compiler/simulate/unsplit.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { valueOf } from "../support/fixtures.ts";
import { run, sharded, simulated, unsplit, type Prepared } from "./cell.ts";
import { gathering, rotating, ulysses, withMember } from "./exact.ts";
import { allCases, type Case, type Poisoned } from "./nonfinite.ts";
import { schemeName, type Scheme } from "./schemes.ts";

const long = process.env["MODE"] === "long";
/** The last two exchange parts; whole queries against split keys do so under all. One of the first and one of the last in turn, all in the long mode. */
const SCHEMES: readonly Scheme[] = [ulysses(2), gathering(3), rotating(3), rotating(2, 2)];
const MORE: readonly Scheme[] = [ulysses(4), gathering(2, 2), rotating(2), rotating(4)];

const cases = allCases();

function schemesFor({ member }: Case): readonly Scheme[] {
  return [...SCHEMES, ...(long ? MORE : [])].filter((scheme) => scheme.ulysses <= member.heads[1]);
}

/** What is wrong, with the poison of its batch element. */
async function wrongUnder(prepared: Prepared, scheme: Scheme, feed: Poisoned): Promise<readonly string[]> {
  const { wrong } = await simulated(valueOf(sharded(prepared, scheme)), feed.feeds);
  if (wrong === null) return [];
  const poison = feed.poisons[wrong.index?.[0] ?? -1] ?? "?";
  return [`${schemeName(scheme)}, ${feed.never}, ${poison}: ${wrong.diagnostic.message}`];
}

/** The canonical graph of the unsplit model, which the simulator compares with, against the model as it was exported. */
async function wrongCanonically({ member, file, bound }: Prepared, { sizes }: Case, { poisons, feeds }: Poisoned) {
  const { graph } = bound;
  const lengths = { batch: poisons.length, ...sizes };
  const values = await unsplitValues(graph, feeds, lengths, new Set(graph.outputs));
  const own = Object.fromEntries(graph.outputs.map((name) => [name, values.get(name)!]));
  return compareOutputs(own, await unsplit(member, file, feeds))
    .filter(({ ok }) => !ok)
    .map(({ name, worst }) => ({ name, worst, poison: poisons[worst?.index[0] ?? -1] }));
}

test.each(cases)("simulated: $name", async (one) => {
  const index = cases.indexOf(one);
  const schemes = schemesFor(one).filter((_, turn) => long || turn % 2 === index % 2);
  await withMember(one.member, async (prepared) => {
    for (const feed of one.feeds) {
      expect(await wrongCanonically(prepared, one, feed)).toEqual([]);
      for (const scheme of schemes) expect(await wrongUnder(prepared, scheme, feed)).toEqual([]);
    }
  });
});

test.each(cases.filter((_, i) => long || i % 6 === 0))("gathered, simulated: $name", async ({ member, feeds }) => {
  await withMember({ ...member, attention: "gather" }, async (prepared) => {
    for (const feed of feeds) expect(await wrongUnder(prepared, rotating(2, 2), feed)).toEqual([]);
  });
});

/** A rotating ring for every other one, and the schemes in turn. */
test.each(cases)("run: $name", async (one) => {
  const all = schemesFor(one);
  const index = cases.indexOf(one);
  const turn = index % 2 === 0 || one.member.guarded ? rotating(3) : all[((index - 1) / 2) % all.length]!;
  await withMember(one.member, async (prepared) => {
    for (const scheme of long ? all : [turn]) {
      const ran = await run(
        prepared,
        scheme,
        one.feeds.map(({ feeds }) => feeds),
      );
      // A float32 near 10000 has steps of 0.001.
      for (const [i, { difference }] of ran.entries())
        expect(difference, schemeName(scheme)).toBeLessThan(one.feeds[i]!.never === -10000 ? 5e-3 : 1e-4);
    }
  });
});

test("whole queries against split keys merge parts under every scheme", async () => {
  for (const { name, member } of cases.filter((one) => one.name.includes("whole queries"))) {
    await withMember(member, async (prepared) => {
      for (const scheme of SCHEMES) {
        const { steps } = valueOf(sharded(prepared, scheme));
        expect([name, steps.some((step) => step.kind === "collective" && step.purpose === "merge")]).toEqual([
          name,
          true,
        ]);
      }
    });
  }
});

test("the table reaches NaN, both infinities and finite results", async () => {
  const seen = new Set<number>();
  for (const { member, feeds } of cases.slice(0, 4)) {
    await withMember(member, async ({ file }) => {
      for (const feed of feeds) {
        const { sample } = await unsplit(member, file, feed.feeds);
        for (const x of sample!.data) seen.add(Number.isFinite(x) ? 0 : Number(x));
      }
    });
  }
  expect(seen).toEqual(new Set([0, NaN, Infinity, -Infinity]));
});
