/**
 * @file From an exported model to its canonical graph: the steps in order, each with its reason. No logic.
 */
import { settle, diagnose, type Where } from "../diagnostics/diagnose.ts";
import { lengthBaked, lengthsTooLarge, unresolvedShape } from "../diagnostics/catalog/canonical.ts";
import { namesOfWeights } from "../diagnostics/catalog/splitting/names.ts";
import { arrangedForProcessor, notTensor } from "../diagnostics/catalog/splitting/tools.ts";
import type { Diagnostic, Result } from "../diagnostics/types.ts";
import { show, withinLimits, type Expr } from "../expr/expr.ts";
import { resolveScopes } from "../graph/scopes/scopes.ts";
import { valuesReadBy } from "../graph/reads.ts";
import type { Graph, Model, Node } from "../graph/types.ts";
import { bakedLength, type BakedLength } from "./passes/baked-lengths.ts";
import { inlineBranches } from "./passes/branches.ts";
import { checkCounts } from "./passes/check-counts.ts";
import { checkNodes, checkQuotients } from "./passes/check-nodes.ts";
import { checkShapes } from "./passes/check-shapes.ts";
import { removeDead } from "../ir/clean.ts";
import { foldConstants, foldKnown } from "./passes/fold.ts";
import { infer } from "../operators/infer.ts";
import { BLOCKED } from "../operators/operator-names.ts";
import { declaredShape, nameLengths, settled, type FixedShapes, type NamedInputs } from "../ir/lengths.ts";
import { removeMarkers } from "./passes/markers.ts";
import { normalise } from "./passes/normalise.ts";
import { probed } from "./passes/probe.ts";
import { upgrade } from "./passes/upgrade.ts";
import { explainAttention } from "./rewrites/attention/attention.ts";
import { rewrite } from "./rewrites/index.ts";
import type { CanonicalGraph, CanonicalNode, ValueShape } from "../ir/types.ts";

/** Canonicalises a model; `fixed` gives sizes to dynamic inputs by name. */
export async function canonicalise(model: Model, fixed: FixedShapes = {}): Promise<Result<CanonicalGraph>> {
  // Fixed sizes must be possible for the model; everything after relies on it.
  const impossible = checkShapes(model.graph.inputs, fixed);
  if (impossible.length > 0) return settle<CanonicalGraph>(undefined, impossible);
  // One operator set, so that no later step knows two spellings of an operator.
  const { graph: given, opsets } = upgrade(model);
  // Scopes first: the node names and metadata that carry them do not survive later steps.
  const scopes = resolveScopes(given);
  // Markers identify boundary values; as nodes they would block every pattern.
  const { graph: unmarked, markers, diagnostics: ofMarkers } = removeMarkers(given);
  const named = scopes.isByWeights ? [diagnose(namesOfWeights, { modules: scopes.modules.size - 1 })] : [];
  const diagnostics = [...ofMarkers, ...named, ...arranged(given)];
  // Every later step assumes that a node is valid for its operator.
  const malformed = checkNodes(unmarked);
  if (malformed.length > 0) return settle<CanonicalGraph>(undefined, [...diagnostics, ...malformed]);
  // Exporters compute constants in the graph; patterns and integer chains need them as constants.
  const folded = await foldConstants(unmarked, { opsets });
  const stopping = checkQuotients(folded);
  if (stopping.length > 0) return settle<CanonicalGraph>(undefined, [...diagnostics, ...stopping]);
  const shaped = await shapeGraph(folded, {
    fixed,
    markers,
    opsets,
    scopeOf: scopes.scopeOf,
    modules: scopes.modules,
    prefix: scopes.prefix,
  });
  if (!shaped.ok) return shaped;
  // Patterns are found by now: what remains of counted masks is checked against the feeds.
  const canonical = withinLimits(() => checkCounts(removeDead(rewrite(shaped.value))));
  if (canonical === null)
    return settle<CanonicalGraph>(undefined, [diagnose(lengthsTooLarge, { stage: "rewriting the graph" })]);
  return settle(canonical, [...diagnostics, ...shaped.diagnostics, ...explainAttention(canonical)]);
}

interface Around extends Pick<CanonicalGraph, "markers" | "opsets" | "modules" | "prefix"> {
  readonly fixed: FixedShapes;
  readonly scopeOf: ReadonlyMap<string, string>;
}

async function shapeGraph(graph: Graph, around: Around): Promise<Result<CanonicalGraph>> {
  const { fixed, scopeOf, ...rest } = around;
  // Shapes and integers in one pass, since each needs the other.
  const draft = await inferred(graph, around.opsets, fixed, scopeOf);
  if (!draft.ok) return draft;
  // Numbers computed from shapes feed scales, conditions and the like: fold again from there.
  const known = await foldKnown(removeDead({ ...draft.value, ...rest }));
  // A decided branch brings new nodes, which need shapes.
  const inlined = inlineBranches(graph, known.constants);
  if (inlined === null) return settle(known, draft.diagnostics);
  const scopes = [...inlined.origins].map(([name, origin]) => [name, scopeOf.get(origin) ?? ""] as const);
  return shapeGraph(inlined.graph, { ...around, scopeOf: new Map([...scopeOf, ...scopes]) });
}

/** A warning if blocks of channels depend on the processor that optimised the model. */
function arranged({ nodes }: Graph): readonly Diagnostic[] {
  const blocked = nodes.filter(({ domain }) => domain === BLOCKED);
  const [first] = blocked;
  if (first === undefined) return [];
  const related = [{ message: `the node ${first.name}`, node: first.name }];
  const params = { nodes: blocked.length, first: first.name, domain: BLOCKED };
  return [diagnose(arrangedForProcessor, params, { related })];
}

type Draft = Omit<CanonicalGraph, "markers" | "opsets" | "modules" | "prefix">;

async function inferred(
  graph: Graph,
  opsets: Model["opsets"],
  fixed: FixedShapes,
  scopeOf: ReadonlyMap<string, string>,
): Promise<Result<Draft>> {
  const nodes = graph.nodes.map((node) => toCanonical(node, scopeOf));
  const outputs = graph.outputs.map((o) => o.name);
  const notes: Diagnostic[] = [];
  for (let named = nameLengths(graph.inputs, fixed); ;) {
    const { inputs, lengths } = named;
    const stated = statedIn(graph, named.symbols);
    const keep = new Set(outputs);
    let result = infer(nodes, inputs, graph.constants, stated, keep, normalise);
    if (result.unresolved.length > 0) {
      const fromProbe = await probed(graph, opsets, inputs);
      result = infer(nodes, inputs, graph.constants, (v) => stated(v) ?? fromProbe(v), keep, normalise);
    }
    const names = lengths.map(({ name }) => name);
    const baked = bakedLength(nodes, result, { constants: graph.constants, declared: stated }, names);
    if (baked !== null) {
      // Everything before knew less: with one length settled, other extents follow.
      notes.push(bakedNote(baked));
      named = settled(named, baked.length, baked.value);
      continue;
    }
    const { unresolved, counts, ...rest } = result;
    const causes = withoutFollowers(unresolved, rest.nodes);
    return settle({ ...rest, inputs, outputs, lengths: [...lengths, ...counts], constants: graph.constants }, [
      ...notes,
      ...causes.map(toDiagnostic),
    ]);
  }
}

/** What the file says about the shape of a value. */
function statedIn(graph: Graph, symbols: NamedInputs["symbols"]): (value: string) => ValueShape | null {
  return (value) => {
    const type = graph.types.get(value) ?? graph.outputs.find((o) => o.name === value)?.type;
    return type === undefined ? null : declaredShape(value, type, symbols);
  };
}

function bakedNote({ node, from, target, extent, number }: BakedLength): Diagnostic {
  const say = (dims: readonly Expr[]): string => `(${dims.map(show).join(", ")})`;
  const related = [{ message: `the node ${node.name}`, node: node.name, module: node.scope }];
  const place = { node: node.name, module: node.scope };
  return diagnose(
    lengthBaked,
    { ...place, from: say(from), target: say(target), extent: show(extent), number },
    { related },
  );
}

/** A node behind another unresolved node says nothing new. */
function withoutFollowers(
  unresolved: readonly CanonicalNode[],
  nodes: readonly CanonicalNode[],
): readonly CanonicalNode[] {
  const causes = new Set(unresolved);
  const behind = new Set<string>();
  for (const node of nodes) {
    const follows = valuesReadBy(node).some((name) => behind.has(name));
    if (follows || causes.has(node)) for (const name of node.outputs) behind.add(name);
    if (follows) causes.delete(node);
  }
  return [...causes];
}

function toCanonical(node: Node, scopeOf: ReadonlyMap<string, string>): CanonicalNode {
  const { name, op, domain, inputs, outputs, attributes } = node;
  const plainDomain = domain === "ai.onnx" ? "" : domain;
  return { name, op, domain: plainDomain, inputs, outputs, attributes, scope: scopeOf.get(name) ?? "" };
}

function toDiagnostic(node: CanonicalNode): Diagnostic {
  const where: Where = { related: [{ message: `the node ${node.name}`, node: node.name, module: node.scope }] };
  const params = { op: node.op, node: node.name, module: node.scope };
  const found = node.domain === "" ? NO_TENSOR.get(node.op) : undefined;
  return found === undefined
    ? diagnose(unresolvedShape, params, where)
    : diagnose(notTensor, { ...params, found }, where);
}

/** Operators of ONNX whose result is no tensor. */
const NO_TENSOR: ReadonlyMap<string, string> = new Map([
  ["Optional", "an optional tensor"],
  ["SequenceConstruct", "a sequence of tensors"],
  ["SequenceEmpty", "a sequence of tensors"],
  ["SequenceErase", "a sequence of tensors"],
  ["SequenceInsert", "a sequence of tensors"],
  ["SequenceMap", "a sequence of tensors"],
  ["SplitToSequence", "a sequence of tensors"],
]);
