/**
 * @file Converts a JavaScript value to a tree without spans. What JSON cannot hold becomes an `other` node, which the schema refuses with
 * its location; nothing throws.
 */
import { limits } from "../limits/limits.ts";
import type { AstMember, AstNode } from "./ast.ts";

/** Members that are `undefined` count as absent, as in JSON. */
export function treeOf(value: unknown): AstNode {
  return convert(value, 0, { nodes: maxNodes });
}

const maxDepth = limits.depth.most;
/** Shared parts, or parts that contain themselves, count each time. */
const maxNodes = limits.values.most;

interface Budget {
  nodes: number;
}

function convert(value: unknown, depth: number, budget: Budget): AstNode {
  budget.nodes -= 1;
  if (depth > maxDepth) return other(`nested more than ${maxDepth} levels deep`);
  if (budget.nodes < 0) return other(`part of more than ${maxNodes} values`);
  if (value === null || typeof value === "string" || typeof value === "boolean" || typeof value === "number") {
    return { kind: "scalar", value, span: null };
  }
  if (Array.isArray(value)) {
    const items = Array.from(value, (item: unknown) => convert(item, depth + 1, budget));
    return { kind: "array", items, span: null };
  }
  if (typeof value !== "object") return other(value === undefined ? "undefined" : `a ${typeof value}`);
  if (!isPlain(value)) return other(`an instance of a class (${className(value)})`);
  const members = Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([key, child]): AstMember => ({ key, keySpan: null, value: convert(child, depth + 1, budget) }));
  return { kind: "object", members, span: null };
}

function other(text: string): AstNode {
  return { kind: "other", text, span: null };
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (a vm, a test runner) have a different Object.prototype, which has no prototype.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function className(value: object): string {
  const { constructor } = value;
  return typeof constructor === "function" && constructor.name !== "" ? constructor.name : "unnamed";
}
