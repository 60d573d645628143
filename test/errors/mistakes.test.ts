/**
 * @file Common mistakes are fixed by following the hints, and docs/mistakes.md shows how. `npm run errors` writes the page.
 */
import { writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { encodeNpz } from "../../ort/files/npz.ts";
import { diagnosticsOf, printed, runExample } from "./example.ts";
import { fluxFeeds } from "./flux.ts";
import { applyHint, textOf, type Attempt } from "./hints.ts";
import { type Mistake, mistakes } from "./mistakes.ts";

const INTRODUCTION = `# Common mistakes

Each mistake is fixed by following its hint. This page is generated (\`npm run errors\`): the commands printed the diagnostics, and a test
followed the hints literally to produce the plans under "Fixed". \`--simulate\` confirms that these are exact. In an editor, the first quick
fix of each problem does the same ([editors.md](editors.md)).
[errors.md](errors.md) lists every diagnostic.
`;

const sections: string[] = [];

const commandOf = ({ model, feeds }: Mistake, { options }: Attempt): string =>
  feeds === undefined
    ? `onnx-cp check a.plan.json --model ${model}.onnx ${options}`
    : `onnx-cp run a.plan.json --model ${model}.onnx ${options} --inputs inputs.npz`;

async function errorsOf(mistake: Mistake, attempt: Attempt, more = ""): Promise<readonly Diagnostic[]> {
  writeFileSync("a.plan.json", attempt.plan);
  if (attempt.feeds !== null) writeFileSync("inputs.npz", encodeNpz(attempt.feeds));
  return (await diagnosticsOf(commandOf(mistake, attempt) + more)).filter(({ severity }) => severity === "error");
}

/** Does what hints say, one after the other, until there is none. */
async function mend(
  mistake: Mistake,
  first: Attempt,
  words = "",
): Promise<{ mended: Attempt; told: readonly string[]; codes: readonly string[] }> {
  const [told, codes]: [string[], string[]] = [[], []];
  let attempt = first;
  for (let step = 0; step < 5; step += 1) {
    const [error] = await errorsOf(mistake, attempt);
    if (error === undefined) return { mended: attempt, told, codes };
    told.push(printed(error));
    codes.push(error.code);
    attempt = applyHint(attempt, error, words);
  }
  throw new Error(`not fixed: ${told.at(-1)}`);
}

test.each(mistakes)("$title", async (mistake) => {
  const { model, plan, options = "--ulysses-degree 2", feeds } = mistake;
  const first: Attempt = { plan: textOf(plan), options, feeds: feeds === undefined ? null : feeds(await fluxFeeds()) };
  const example = { means: "", command: `${model}.onnx`, call: async () => [] };
  const section = await runExample(example, async () => {
    const { mended, told, codes } = await mend(mistake, first);
    expect(codes).toEqual(mistake.codes);
    expect(await errorsOf(mistake, mended, feeds === undefined ? " --simulate" : " --verify")).toEqual([]);
    return sectionOf(mistake, first, mended, told);
  });
  sections.push(section);
});

test("a degree above the number of heads is also fixed by the line that the hint has for the plan", async () => {
  const mistake = mistakes.find(({ codes }) => codes.includes("CP4013"))!;
  const first: Attempt = { plan: textOf(mistake.plan), options: mistake.options ?? "", feeds: null };
  await runExample({ means: "", command: `${mistake.model}.onnx`, call: async () => [] }, async () => {
    const { mended, codes } = await mend(mistake, first, "$attention");
    // One line for each of the two kinds of blocks.
    expect(codes).toEqual(["CP4013", "CP4013"]);
    expect(mended.options).toBe(first.options);
    expect(await errorsOf(mistake, mended, " --simulate")).toEqual([]);
  });
});

function sectionOf(mistake: Mistake, first: Attempt, mended: Attempt, told: readonly string[]): string {
  const { title, about, given, feeds } = mistake;
  const fence = (language: string, text: string): string => `\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\n`;
  const command = commandOf(mistake, first);
  const after = [
    ...(mended.plan === first.plan ? [] : [fence("json", mended.plan)]),
    ...(mended.options === first.options ? [] : [fence("sh", commandOf(mistake, mended))]),
    ...(feeds === undefined ? [] : ["With equal numbers of rows in the inputs, the run succeeds.\n"]),
  ];
  const call = [...(given === undefined ? [] : [`With ${given}:\n`]), fence("sh", command)];
  return [
    `## ${sections.length + 1}. ${title}\n`,
    `${about}\n`,
    fence("json", first.plan),
    ...call,
    ...told.map((t) => fence("text", t)),
    "Fixed:\n",
    ...after,
  ].join("\n");
}

test("docs/mistakes.md is current", async () => {
  expect(sections).toHaveLength(mistakes.length);
  await expect(`${INTRODUCTION}\n${sections.join("\n")}`).toMatchFileSnapshot("../../docs/mistakes.md");
});
