/**
 * @file Every element of every operator rule matters: the checks of its samples detect any change to it. `npm test` takes some mutants of
 * some rules, `npm run table` all, and writes docs/operator-mutants.md.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CASES, tableOf, type Case } from "./check.ts";
import { KNOWN_EQUIVALENT } from "./equivalents.ts";
import { tryMutants, type Tried } from "./mutation.ts";
import { mutantTable, operatorTable } from "./report.ts";

const long = process.env["MODE"] === "long";
const PAGE = "docs/operator-mutants.md";

/** Which mutants of a case: all, or of a hundred one. */
const takes = (at: number) => (index: number) => long || (index + at * 7) % 100 === 0;

/** Cases whose rule and sample another operator has too: only the operator's row and types are its own. */
function repeated(): (test: Case) => boolean {
  const seen = new Map<unknown, Set<unknown>>();
  return ({ domain, op, sample }) => {
    const rule = tableOf(domain)[op];
    const samples = seen.get(rule) ?? new Set();
    seen.set(rule, samples);
    if (samples.has(sample)) return true;
    samples.add(sample);
    return false;
  };
}

test("a mutant of a rule is found", { timeout: 7_200_000 }, async () => {
  const tried: Tried[] = [];
  const isRepeated = repeated();
  for (const [at, sample] of CASES.entries()) {
    const take = isRepeated(sample) ? (index: number) => long && index < 2 : takes(at);
    tried.push(...(await tryMutants(sample, take, long)));
    if (long) process.stdout.write(`${sample.name}: ${tried.length} mutants\n`);
  }
  const nameOf = (t: Tried): string => `${t.test.name}: ${t.way}: ${t.what}`;
  const say = (list: readonly Tried[]): string[] => list.map(nameOf);
  const survived = new Set(say(tried.filter((t) => t.fate === "survived")));
  const left = [...survived].filter((name) => !KNOWN_EQUIVALENT.has(name));
  const counted = tried.map((t): Tried =>
    t.fate === "survived" && KNOWN_EQUIVALENT.has(nameOf(t)) ? { ...t, fate: "equivalent" } : t,
  );
  if (long) writeFileSync(PAGE, mutantTable(counted));
  if (long)
    process.stdout.write(["followed needlessly refused:", ...say(tried.filter((t) => t.needless)), ""].join("\n"));
  expect(left).toEqual([]);
  if (long) expect([...KNOWN_EQUIVALENT].filter((name) => !survived.has(name))).toEqual([]);
  expect(tried.length).toBeGreaterThan(long ? 5000 : 60);
});

test("the page of operators is that of the table", async () => {
  await expect(operatorTable()).toMatchFileSnapshot("../../docs/operators.md");
});
