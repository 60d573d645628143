/**
 * @file Writes the arranged flow as the steps of a program, with the values whose last reader each step is. Knows nothing of the content of
 * a piece.
 */
import { commonModule } from "../../ir/module-paths.ts";
import { invariant } from "../../diagnostics/diagnose.ts";
import { show } from "../../expr/expr.ts";
import type { CollectiveStep, HookStep, PieceStep, ProgramStep } from "../../../program/types.ts";
import { valuesRead, valuesWritten } from "../../../program/values.ts";
import { showLayout } from "../../shard/layout.ts";
import type { Collective, PieceBody, Placed } from "./arrange.ts";
import type { Flow, UserHook } from "../flow.ts";
import type { Pieces } from "../pieces/pieces.ts";
import type { Registrations } from "../registrations.ts";

export function programSteps(
  flow: Flow,
  placed: readonly Placed[],
  runs: Pieces["runs"],
  { hookOf }: Registrations,
): readonly ProgramStep[] {
  const steps = placed.map((p): ProgramStep => {
    if (p.kind === "body") return pieceStep(p, runs);
    return p.kind === "hook" ? hookStep(flow, p, hookOf) : collectiveStep(p, hookOf);
  });
  return withFrees(flow, steps);
}

function pieceStep(body: PieceBody, runs: Pieces["runs"]): PieceStep {
  const run = runs.get(body);
  invariant(run !== undefined, "a piece body was not emitted");
  return { kind: "piece", ...run, module: commonModule(body.steps.map(({ origin }) => origin.module)), frees: [] };
}

function collectiveStep({ steps }: Collective, hookOf: Registrations["hookOf"]): CollectiveStep {
  const [first] = steps;
  invariant(first !== undefined, "a collective without steps");
  return {
    kind: "collective",
    name: first.name,
    collective: first.collective,
    group: first.group,
    transfers: steps.flatMap(({ transfers }) =>
      transfers.map(({ send, receive, elem, dims }) => ({ send, receive, elem, dims })),
    ),
    purpose: first.purpose,
    module: first.origin.module,
    hook: hookOf.get(first) ?? null,
    frees: [],
  };
}

function hookStep(flow: Flow, hook: UserHook, hookOf: Registrations["hookOf"]): HookStep {
  const { module, phase, value, result } = hook;
  const id = hookOf.get(hook);
  invariant(id !== undefined, `the hook at ${value} is not registered`);
  return {
    kind: "hook",
    hook: id,
    module,
    phase,
    value,
    result,
    layout: showLayout(flow.layouts.get(value) ?? [], show),
    frees: [],
  };
}

/** Outputs stay; any other value is freed after its last reader, or at once without a reader. */
function withFrees(flow: Flow, steps: readonly ProgramStep[]): readonly ProgramStep[] {
  const kept = new Set(flow.outputs);
  const values = new Set([...flow.inputs, ...steps.flatMap(valuesWritten)]);
  const freed: ProgramStep[] = [];
  for (const step of steps.toReversed()) {
    const frees = [...new Set([...valuesRead(step), ...valuesWritten(step)])].filter(
      (name) => values.has(name) && !kept.has(name),
    );
    for (const name of frees) kept.add(name);
    freed.push({ ...step, frees });
  }
  return freed.reverse();
}
