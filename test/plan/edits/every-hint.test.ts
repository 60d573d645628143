/**
 * @file A hint that says what to write carries it as an edit: over all examples of the catalogue that an editor can show.
 */
import { readdir, readFile, realpath } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Diagnostic } from "../../../compiler/diagnostics/types.ts";
import { check } from "../../../lsp/checker/check.ts";
import { createModels } from "../../../lsp/checker/models.ts";
import type { CheckReply } from "../../../lsp/checker/protocol.ts";
import { type Example, runExample } from "../../errors/example.ts";
import { examples } from "../../errors/examples/index.ts";
import { mistakes } from "../../errors/mistakes.ts";
import { fixed } from "./apply.ts";

/** What a hint says to do with the text of the plan. */
const SAYS = /\b(?:write|did you mean|add|remove|drop|state)\b/i;

/** Codes whose hint names something to write, but no certain text of the plan. */
const EXCEPTIONS: Readonly<Record<string, string>> = {
  CP1006: "the name of the file is wrong, not its text",
  CP1008: "the plan is no file",
  CP1101: "the text is no JSON: where the author meant the missing sign is not certain",
  CP1210: "the author knows the result that was meant",
  CP1523: "an example of a plan; its names depend on the model",
  CP1531: "which of the modules has the value depends on the model",
  CP1534: "what the long key means is not known",
  CP3008: "which of the modules are meant is not known",
  CP4031: "an example: the batch is no input of this export",
  CP4033: "which axis has the batch is not known",
};

/** Their fixes are applied in other tests. */
const mended = new Set(mistakes.flatMap(({ codes }) => codes));

const models = createModels();

/** What an editor shows for the plan of an example, with the options of its command as settings. */
async function shown(example: Example): Promise<{ text: string; found: readonly Diagnostic[] }> {
  const { command } = example;
  const file = /\bcheck (\S+\.plan\.(?:jsonc?|ts))/.exec(command)?.[1];
  if (file === undefined) return { text: "", found: [] };
  // The readers of the command name folders and devices; an editor has the text.
  const text = await readFile(file, "utf8").catch(() => null);
  if (text === null || text.length > 500_000) return { text: "", found: [] };
  const number = (option: string): number => Number(new RegExp(`--${option} (\\d+)`).exec(command)?.[1] ?? 1);
  const model = /--model (\S+)/.exec(command)?.[1];
  const parallel = {
    batch_degree: number("batch-degree"),
    context_parallel_config: {
      ring_degree: number("ring-degree"),
      ulysses_degree: /--\w+-degree/.test(command) ? number("ulysses-degree") : 2,
    },
  };
  const settings = {
    model: model === undefined ? null : await realpath(model).catch(() => model),
    parallel,
    strict: command.includes("--strict"),
  };
  const replies: CheckReply[] = [];
  await check({ kind: "check", id: 1, file, text, buffers: new Map(), settings }, models, {
    reply: (reply) => void replies.push(reply),
    isStale: async () => false,
  });
  return { text, found: replies.at(-1)?.diagnostics ?? [] };
}

const folder = new URL("../../../compiler/diagnostics/catalog/", import.meta.url);

/** Codes of plans and of their proof, whose hints may say what to write. */
async function tellingCodes(): Promise<ReadonlySet<string>> {
  const codes = new Set<string>();
  const visit = (value: unknown): void => {
    if (typeof value !== "object" || value === null) return;
    if ("code" in value && "hint" in value && /^CP[134]/.test(String(value.code))) {
      // A hint that a caller gives is not known before it is made.
      const hint = String(value.hint);
      if (SAYS.test(hint) || /advice|expected|instead|what/.test(hint)) codes.add(String(value.code));
    } else if (!("code" in value)) Object.values(value).forEach(visit);
  };
  for (const name of await readdir(folder, { recursive: true })) {
    if (name.endsWith(".ts")) Object.values((await import(new URL(name, folder).href)) as object).forEach(visit);
  }
  return codes;
}

test("every hint that says what to write has an edit that changes the plan", async () => {
  const telling = await tellingCodes();
  const without = new Set<string>();
  const seen = new Set<string>();
  for (const [code, example] of Object.entries(examples)) {
    if (!telling.has(code) || mended.has(code)) continue;
    await runExample(example, async () => {
      const { text, found } = await shown(example);
      for (const diagnostic of found.filter((each) => each.code === code)) {
        seen.add(code);
        const next = fixed(text, diagnostic);
        if (next === text) throw new Error(`the fix of ${code} changes nothing`);
        if (next === null && SAYS.test(diagnostic.hint ?? "")) without.add(code);
      }
    });
  }
  expect([...without].toSorted()).toEqual(
    Object.keys(EXCEPTIONS)
      .filter((code) => seen.has(code))
      .toSorted(),
  );
  // All but those of files that are no text, and of configs.
  expect(seen.size).toBeGreaterThan(50);
});
