/**
 * @file Reads a plan's tree as entries and specs, tolerantly: malformed parts are left out here, because the shape check has already
 * reported them. Rules and the final `Plan` are both made from this.
 */
import type { Span } from "../../diagnostics/types.ts";
import { type AstMember, type AstNode, member, type PlanAst } from "../ast.ts";
import { joinWhere } from "./places.ts";

export interface RawSpec {
  readonly kind: "input" | "output";
  /** Parameter name or output index of an input spec; null for an output spec. */
  readonly key: string | null;
  readonly keySpan: Span | null;
  /** Position in the list that contains the spec, and that list's length; null outside a list. */
  readonly position: number | null;
  readonly count: number | null;
  readonly where: string;
  readonly node: AstNode;
}

export interface RawEntry {
  readonly pattern: string;
  readonly patternSpan: Span | null;
  readonly where: string;
  readonly node: AstNode;
  readonly specs: readonly RawSpec[];
}

export function entriesOf(ast: PlanAst): readonly RawEntry[] {
  if (ast.root.kind !== "object") return [];
  return ast.root.members.filter(({ key }) => !key.startsWith("$")).map(entryOf);
}

/** The members of `$attention`; none if it is no object. */
export function attentionMembers({ root }: PlanAst): readonly AstMember[] {
  const stated = member(root, "$attention")?.value;
  return stated?.kind === "object" ? stated.members : [];
}

/** The number in a field, or null. */
export function numberIn(spec: RawSpec, key: string): number | null {
  const node = member(spec.node, key)?.value;
  return node?.kind === "scalar" && typeof node.value === "number" ? node.value : null;
}

/** The string in a field, or null. */
export function stringIn(spec: RawSpec, key: string): string | null {
  const node = member(spec.node, key)?.value;
  return node?.kind === "scalar" && typeof node.value === "string" ? node.value : null;
}

/** Whether the field is `true`. */
export function isTrue(spec: RawSpec, key: string): boolean {
  const node = member(spec.node, key)?.value;
  return node?.kind === "scalar" && node.value === true;
}

function entryOf({ key: pattern, keySpan: patternSpan, value: node }: AstMember): RawEntry {
  const where = joinWhere(null, pattern);
  return { pattern, patternSpan, where, node, specs: specsOf(node, where, patternSpan) };
}

function specsOf(node: AstNode, where: string, keySpan: Span | null): readonly RawSpec[] {
  if (node.kind === "object") return isOutput(node) ? outputSpecs(node, where, keySpan) : inputSpecs(node, where);
  if (node.kind !== "array") return [];
  const [first, second] = node.items;
  if (first?.kind !== "object" || isOutput(first)) return outputSpecs(node, where, keySpan);
  return [
    ...inputSpecs(first, `${where}[0]`),
    ...(second === undefined ? [] : outputSpecs(second, `${where}[1]`, keySpan)),
  ];
}

/** An object is an output spec if it has a `gather_dim` that cannot be the spec of a parameter of that name. */
function isOutput(node: AstNode): boolean {
  const dim = member(node, "gather_dim")?.value;
  return dim !== undefined && dim.kind !== "object" && dim.kind !== "array";
}

function inputSpecs(node: AstNode, where: string): readonly RawSpec[] {
  if (node.kind !== "object") return [];
  return node.members.flatMap(({ key, keySpan, value }) =>
    listed(value, joinWhere(where, key)).map((spec) => ({ ...spec, kind: "input" as const, key, keySpan })),
  );
}

function outputSpecs(node: AstNode, where: string, keySpan: Span | null): readonly RawSpec[] {
  return listed(node, where).map((spec) => ({ ...spec, kind: "output" as const, key: null, keySpan }));
}

type Listed = Pick<RawSpec, "node" | "where" | "position" | "count">;

/** The spec objects in a node that is one, or a list of them; other elements are left out but counted. */
function listed(node: AstNode, where: string): readonly Listed[] {
  if (node.kind === "object") return [{ node, where, position: null, count: null }];
  if (node.kind !== "array") return [];
  return node.items.flatMap((item, position) =>
    item.kind === "object" ? [{ node: item, where: `${where}[${position}]`, position, count: node.items.length }] : [],
  );
}
