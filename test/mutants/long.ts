/**
 * @file The long run: one subset of all mutants, each recorded as soon as it has been judged, and the report at the end.
 */
import { casesOf, subjects } from "./census.ts";
import { judged, type Finding } from "./findings.ts";
import { writeReport } from "./report.ts";
import { openResults } from "./results.ts";
import { isInPart } from "./share.ts";
import { startWatchdog } from "./watchdog.ts";

/** Of all results so far; `part` is `2/25`. */
export async function runLong(part: string): Promise<readonly Finding[]> {
  const [index, parts] = partOf(part);
  const results = openResults();
  const done = new Set(results.read().map(({ name }) => name));
  const dog = startWatchdog(results.file);
  let all = 0;
  for (const source of subjects()) {
    const { cases, ranks } = await casesOf(source);
    all += cases.length;
    const wanted = cases.filter(({ name }) => isInPart(name, index, parts) && !done.has(name));
    for (const one of wanted) {
      const { judge: _, ...about } = one;
      dog.watch(about);
      results.add(await judged(one));
    }
    dog.watch(null);
    await ranks.release();
    process.stdout.write(`${source.file}: ${wanted.length} of ${cases.length}\n`);
  }
  await dog.end();
  const findings = results.read();
  writeReport(results, findings, all);
  return findings;
}

function partOf(part: string): readonly [index: number, parts: number] {
  const match = /^(\d+)\/(\d+)$/.exec(part);
  const [index, parts] = [Number(match?.[1]), Number(match?.[2])];
  if (!(index >= 1 && index <= parts)) throw new Error(`MUTANTS_PART=${part} is not a part such as 2/25`);
  return [index, parts];
}
