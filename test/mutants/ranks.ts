/**
 * @file Runs a mutant on worker threads, compares its outputs with those of the unsplit model in onnxruntime, and returns the outcome.
 * Shares only the compiler with the simulator.
 */
import { canonicalOutputs, unsplitSession } from "../../cli/run/unsplit.ts";
import { compilePlan } from "../../compiler/compile.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { ContextParallelPlan, MeshConfig } from "../../compiler/plan/types.ts";
import { OrtError } from "../../ort/session.ts";
import type { OrtSession, OrtTensors } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import type { Session } from "../../runtime/caller/session.ts";
import { outputsOf, wrongOutputs } from "../support/compiled.ts";
import { fixture } from "../support/fixtures.ts";
import { RAN, refused, timed, type Verdict } from "./judge.ts";

/** After that long a run hangs: a good one takes under a second. */
const DEADLINE_MS = 30_000;
const DEADLINE = "CP6508";
/** From here on, codes say that something failed on a rank. */
const FIRST_FAULT = "CP6500";

export interface OnRanks {
  /** What becomes of a plan on whole `feeds`. */
  judge(plan: ContextParallelPlan, mesh: MeshConfig, feeds: OrtTensors): Promise<Verdict>;
  /** What becomes of feeds under a plan that is good; the session stays for the next feeds of the same mesh. */
  judgeFeeds(plan: ContextParallelPlan, mesh: MeshConfig, feeds: OrtTensors): Promise<Verdict>;
  release(): Promise<void>;
}

/** For one export; `file` is relative to the fixtures. */
export function ranksFor(file: string): OnRanks {
  let unsplit: Promise<OrtSession> | null = null;
  let kept: { readonly mesh: MeshConfig; readonly session: Session } | null = null;
  const expect: Expect = async (feeds) => {
    unsplit ??= unsplitSession(fixture(file), 1);
    return (await unsplit).run(feeds).catch((error: unknown) => {
      // Models that onnxruntime refuses as they stand are compared in their canonical form, as `--verify` does.
      if (error instanceof OrtError) return canonicalOutputs(fixture(file), feeds);
      throw error;
    });
  };
  const end = async (): Promise<void> => {
    await kept?.session.release();
    kept = null;
  };
  return {
    judge: (plan, mesh, feeds) =>
      timed(async () => {
        const opened = await open(file, plan, mesh);
        if (!opened.ok) return opened.verdict;
        const verdict = await run(opened.session, feeds, expect);
        await opened.session.release();
        return verdict;
      }),
    judgeFeeds: (plan, mesh, feeds) =>
      timed(async () => {
        if (kept?.mesh !== mesh) {
          await end();
          const opened = await open(file, plan, mesh);
          if (!opened.ok) return opened.verdict;
          kept = { mesh, session: opened.session };
        }
        return run(kept.session, feeds, expect);
      }),
    release: async () => {
      await end();
      await (await unsplit)?.release();
    },
  };
}

type Opened = { readonly ok: true; readonly session: Session } | { readonly ok: false; readonly verdict: Verdict };

async function open(file: string, plan: ContextParallelPlan, parallel: MeshConfig): Promise<Opened> {
  const compiled = await compilePlan({ model: fixture(file), plan, parallel });
  if (!compiled.ok) return { ok: false, verdict: refused(compiled.diagnostics) };
  return { ok: true, session: await attach(compiled.program, { deadlineMs: DEADLINE_MS }) };
}

type Expect = (feeds: OrtTensors) => Promise<OrtTensors | null>;

/** `expect` gives null where the unsplit model does not take the feeds. */
async function run(session: Session, feeds: OrtTensors, expect: Expect): Promise<Verdict> {
  try {
    const outputs = await outputsOf(session, feeds);
    const expected = await expect(feeds);
    if (expected === null) return { outcome: "wrong", why: "the unsplit model does not run" };
    const wrong = wrongOutputs(outputs, expected);
    return wrong.length === 0 ? RAN : { outcome: "wrong", why: `on ranks ${wrong.join("; ")}` };
  } catch (error) {
    if (!(error instanceof ContextParallelError)) throw error;
    if (error.code === DEADLINE) return { outcome: "hung", why: error.message };
    const isFault = error.code >= FIRST_FAULT && (await expect(feeds)) !== null;
    return isFault ? { outcome: "crashed", why: error.message } : refused(error.diagnostics);
  }
}
