/**
 * @file `init`: infers a plan for a model, proves it, and writes it with a reason on each line.
 */
import { existsSync } from "node:fs";
import { cliMessages } from "../../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { inferPlan } from "../../infer/infer.ts";
import { writeAside } from "../files.ts";
import type { Io } from "../io.ts";
import { type Outcome, outcome, UsageError } from "../outcome.ts";

export interface InitOptions {
  readonly out?: string;
  readonly shape?: Readonly<Record<string, readonly number[]>>;
}

export async function init(model: string, { out, shape }: InitOptions, io: Io): Promise<Outcome> {
  if (out !== undefined && !out.endsWith(".jsonc")) {
    throw new UsageError(`the plan has comments: write --out NAME.plan.jsonc instead of ${out}`);
  }
  if (out !== undefined && existsSync(out)) return outcome([diagnose(cliMessages.exists, { file: out })]);
  const inferred = await inferPlan({
    model,
    ...(shape === undefined ? {} : { shapes: shape }),
    ...(out === undefined ? {} : { out }),
  });
  if (!inferred.ok) return outcome(inferred.diagnostics);
  const { plan, text, share, lengths, diagnostics } = inferred;
  const result = { file: out ?? null, plan, text, share, lengths };
  if (out === undefined) return outcome(diagnostics, result, text);
  await writeAside(out, text, io.commit);
  return outcome(diagnostics, result, `${out}\n`);
}
