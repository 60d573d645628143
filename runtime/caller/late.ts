/**
 * @file What is said when a deadline passes or a rank is lost: which ranks had not finished, and what each was at. Knows no thread.
 */
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Program } from "../../program/types.ts";
import { moduleName, originOf, stepPlace } from "../rank/place.ts";
import type { Registration } from "../rank/handlers.ts";
import type { LateRank, RankLost } from "../world/crew.ts";

/** Of a run; `late` is `null` while it waits for its turn. It points to the plan entry that the slowest rank works for. */
export function lateRun(program: Program, milliseconds: number, late: readonly LateRank[] | null): Diagnostic {
  if (late === null)
    return diagnose(runtimeMessages.deadline, { milliseconds, late: "it was still waiting for its turn" });
  const where = (index: number | null): string =>
    index === null ? "before the first step" : `in ${stepPlace(program, index)}`;
  // Beyond all steps, and so without a plan entry, where no rank has begun one.
  const slowest = Math.min(...late.map(({ index }) => index ?? Infinity));
  return diagnose(runtimeMessages.deadline, { milliseconds, late: places(late, where) }, originOf(program, slowest));
}

/** Of the start. */
export function lateStart({ pieces }: Program, milliseconds: number, late: readonly LateRank[]): Diagnostic {
  const where = (index: number | null): string =>
    index === null
      ? "before the first piece"
      : `loading the piece ${pieces[index]?.id} (${index + 1} of ${pieces.length})`;
  return diagnose(runtimeMessages.startDeadline, { milliseconds, late: places(late, where) });
}

/** Of a registration; `late` is `null` while it waits for its turn. */
export function lateHandler(
  { module, phase, url }: Registration,
  milliseconds: number,
  late: readonly LateRank[] | null,
): Diagnostic {
  const ranks = late === null ? "the ranks, still busy with earlier calls," : namesOf(late);
  const params = { ranks, url, module: moduleName(module), phase, milliseconds };
  return diagnose(runtimeMessages.handlerDeadline, params);
}

/** Of a run; it points to the plan entry that the lost rank worked for. */
export function lostRun(program: Program, { late: { rank, index }, reason }: RankLost): Diagnostic {
  const doing = index === null ? "" : ` in ${stepPlace(program, index)}`;
  return diagnose(runtimeMessages.exited, { rank, doing, reason }, index === null ? {} : originOf(program, index));
}

/** Of a registration. */
export function lostHandler({ module, phase, url }: Registration, { late: { rank }, reason }: RankLost): Diagnostic {
  const doing = ` while it loaded the handler ${url} for ${moduleName(module)}, ${phase}`;
  return diagnose(runtimeMessages.exited, { rank, doing, reason });
}

/** The slowest first: the others may only be waiting for it. Ranks at one place are named together. */
function places(late: readonly LateRank[], where: (index: number | null) => string): string {
  const ordered = late.toSorted((a, b) => (a.index ?? -1) - (b.index ?? -1) || a.rank - b.rank);
  const indices = [...new Set(ordered.map(({ index }) => index))];
  const said = indices.map((index) => `${wereOf(ordered.filter((rank) => rank.index === index))} ${where(index)}`);
  return said.length === 0 ? "every rank ended at that moment" : said.join("; ");
}

/** `rank 1 was`, `ranks 0, 2 were` */
function wereOf(late: readonly LateRank[]): string {
  return `${namesOf(late)} ${late.length === 1 ? "was" : "were"}`;
}

/** `rank 1`, `ranks 0, 2` */
function namesOf(late: readonly LateRank[]): string {
  return `rank${late.length === 1 ? "" : "s"} ${late.map(({ rank }) => rank).join(", ")}`;
}
