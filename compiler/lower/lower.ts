/**
 * @file Lowering: a sharded graph becomes a program: hook registrations, piece models and collectives. Writes no file.
 */
import { basename, join } from "node:path";
import { lengthsTooLarge } from "../diagnostics/catalog/canonical.ts";
import { diagnose, invariant, settle } from "../diagnostics/diagnose.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { RANK, evaluate, symbolsOf, withinLimits } from "../expr/expr.ts";
import type { Expr } from "../expr/expr.ts";
import { elemBytes } from "../graph/elements.ts";
import type { CanonicalGraph } from "../ir/types.ts";
import { equalCut } from "../../program/shares.ts";
import { PROGRAM_FORMAT, PROGRAM_VERSION } from "../../program/types.ts";
import type { Program, ProgramTensor } from "../../program/types.ts";
import { lengthRules } from "../shard/length-rules.ts";
import type { ShardedGraph } from "../shard/types.ts";
import { arrange } from "./schedule/arrange.ts";
import type { PieceBody, Placed } from "./schedule/arrange.ts";
import { flowOf, writesOf } from "./flow.ts";
import type { Flow } from "./flow.ts";
import { foldRanks } from "./schedule/fold.ts";
import { emitPieces } from "./pieces/pieces.ts";
import type { Pieces } from "./pieces/pieces.ts";
import { materialise, prune } from "./schedule/prune.ts";
import { uniteIntegers } from "./schedule/integers.ts";
import { dropRepeats } from "./schedule/repeats.ts";
import { probeOf } from "./probe.ts";
import { trialsOf } from "./trials.ts";
import { rewrite } from "./rewrites/rewrites.ts";
import { register } from "./registrations.ts";
import type { Registrations } from "./registrations.ts";
import { stepsInsideSites } from "./schedule/sites.ts";
import { assignPhases } from "./schedule/phases.ts";
import { programSteps } from "./schedule/steps.ts";
import type { LowerContext, LoweredProgram } from "./types.ts";
import { insertUserHooks } from "./user-hooks.ts";
import { verifyProgram } from "../../program/verify.ts";
import { checkFolders, weightStore } from "./weights/weights.ts";

/** Lowers a proven plan. Errors: a hook pattern without a module. */
export function lower(sharded: ShardedGraph, context: LowerContext): Result<LoweredProgram> {
  const done = withinLimits(() => lowered(sharded, context));
  return done ?? settle<LoweredProgram>(undefined, [diagnose(lengthsTooLarge, { stage: "lowering the plan" })]);
}

function lowered(sharded: ShardedGraph, context: LowerContext): Result<LoweredProgram> {
  const hooked = insertUserHooks(flowOf(sharded), [...sharded.graph.modules.keys()], context.hooks);
  const flow = dropRepeats(prepare(hooked.flow, listedValues(sharded)), namedValues(sharded));
  const { diagnostics } = hooked;
  checkFolders(sharded.graph.constants);
  if (diagnostics.some(({ severity }) => severity === "error")) return settle<LoweredProgram>(undefined, diagnostics);
  const placed = place(flow, sharded);
  const weights = weightStore();
  const bodies = placed.filter((p): p is PieceBody => p.kind === "body");
  const pieces = emitPieces({ flow, opsets: sharded.graph.opsets, weights }, bodies);
  const registrations = register(flow, placed, sharded.attention, sharded.alignments);
  const program = assemble({ sharded, context, flow, placed, pieces, registrations, notes: diagnostics });
  const problems = verifyProgram(program);
  invariant(problems.length === 0, problems.join("; "));
  return settle({ program, models: pieces.models, graphs: pieces.graphs, weights: weights.blocks() }, diagnostics);
}

function prepare(flow: Flow, listed: ReadonlySet<string>): Flow {
  return uniteIntegers(rewrite(prune(materialise(foldRanks(flow))), listed));
}

/** Values that registrations name, whoever reads them. */
function listedValues({ steps, alignments }: ShardedGraph): ReadonlySet<string> {
  const planned = steps.filter(({ origin }) => origin.spec !== null).flatMap(writesOf);
  return new Set([...planned, ...alignments.map(({ aligned }) => aligned)]);
}

/** Values of the unsplit graph, and values with the same content. */
function namedValues({ graph, alignments }: ShardedGraph): ReadonlySet<string> {
  return new Set([...graph.shapes.keys(), ...alignments.map(({ aligned }) => aligned)]);
}

function place(flow: Flow, sharded: ShardedGraph): readonly Placed[] {
  const inside = stepsInsideSites(flow, sharded.attention);
  return arrange(flow, assignPhases({ flow, inside, bytesOf: (name) => usualBytes(flow, name) }), inside);
}

/** Bytes of a value on the first rank, with every length at a typical value: only good for comparing. */
function usualBytes({ localShapes }: Flow, name: string): number {
  const shape = localShapes.get(name);
  invariant(shape !== undefined, `no shape for the value ${name}`);
  const usual = (dim: Expr): number =>
    evaluate(dim, Object.fromEntries(symbolsOf(dim).map((symbol) => [symbol, symbol === RANK ? 0 : 1024])), equalCut);
  return shape.dims.reduce<number>((bytes, dim) => bytes * usual(dim), elemBytes(shape.elem));
}

interface Ingredients {
  readonly sharded: ShardedGraph;
  readonly context: LowerContext;
  readonly flow: Flow;
  readonly placed: readonly Placed[];
  readonly pieces: Pieces;
  readonly registrations: Registrations;
  readonly notes: readonly Diagnostic[];
}

function assemble({ sharded, context, flow, placed, pieces, registrations, notes }: Ingredients): Program {
  const { model, options } = context;
  const { lengths, equations, minimums } = lengthRules(sharded);
  return {
    format: PROGRAM_FORMAT,
    version: PROGRAM_VERSION,
    mesh: {
      batch_degree: sharded.mesh.batch_degree,
      ring_degree: sharded.mesh.ring_degree,
      ulysses_degree: sharded.mesh.ulysses_degree,
    },
    options: { rotate_method: options.rotate_method, convert_to_fp32: options.convert_to_fp32 },
    model: { path: join(model.folder, basename(model.file)), sha256: model.sha256, data: context.data },
    inputs: tensorsOf(sharded.graph, flow.inputs),
    outputs: tensorsOf(sharded.graph, flow.outputs),
    lengths,
    derived: pieces.derived,
    equations,
    minimums,
    hooks: registrations.hooks,
    steps: programSteps(flow, placed, pieces.runs, registrations),
    pieces: pieces.pieces,
    probe: probeOf(flow, placed),
    trials: trialsOf(flow, placed, (body) => pieces.runs.get(body)!.piece),
    notes: [...context.notes, ...notes],
  };
}

function tensorsOf({ shapes }: CanonicalGraph, names: readonly string[]): readonly ProgramTensor[] {
  return names.map((name) => {
    const shape = shapes.get(name);
    invariant(shape !== undefined, `no shape for ${name}`);
    return { name, elem: shape.elem, dims: shape.dims };
  });
}
