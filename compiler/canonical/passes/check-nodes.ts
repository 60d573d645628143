/**
 * @file Checks that nodes are valid for their operators before anything reads them: rules and rewrites assume the operands and attributes
 * that ONNX requires. Knows operators by their signatures only.
 */
import { malformedNode, reservedOperator } from "../../diagnostics/catalog/canonical.ts";
import { diagnose } from "../../diagnostics/diagnose.ts";
import type { Diagnostic } from "../../diagnostics/types.ts";
import { numbersOf } from "../../graph/tensors.ts";
import type { Attribute, Graph, Node, Tensor } from "../../graph/types.ts";
import { SIGNATURES } from "../../operators/signatures.ts";
import { CP } from "../../ir/types.ts";

interface Signature {
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  readonly attributes: ReadonlyMap<string, { readonly kind: Attribute["kind"]; readonly required: boolean }>;
}

/** `graph` has no markers any more; nodes inside subgraphs are checked too. */
export function checkNodes(graph: Graph): readonly Diagnostic[] {
  return graph.nodes.flatMap((node) => [...checkNode(node, graph.constants), ...subgraphsOf(node).flatMap(checkNodes)]);
}

function subgraphsOf({ attributes }: Node): readonly Graph[] {
  return Object.values(attributes).flatMap((attribute) => (attribute.kind === "graph" ? [attribute.value] : []));
}

function checkNode(node: Node, constants: Graph["constants"]): readonly Diagnostic[] {
  const { name, op, domain } = node;
  const related = [{ message: `the node ${name}`, node: name }];
  if (domain === CP) return [diagnose(reservedOperator, { node: name, op }, { related })];
  const signature = domain === "" ? signatures.get(op) : undefined;
  if (signature === undefined) return [];
  const faults = [...faultsOf(node, signature), ...orderFault(node), ...overflow(node, constants)];
  return faults.map((fault) => diagnose(malformedNode, { node: name, op, fault }, { related }));
}

/** Quotients that `foldConstants` does not fold, since their operands are computed from other constants. */
export function checkQuotients({ nodes, constants }: Pick<Graph, "nodes" | "constants">): readonly Diagnostic[] {
  return nodes.flatMap((node) =>
    overflow(node, constants).map((fault) => {
      const related = [{ message: `the node ${node.name}`, node: node.name }];
      return diagnose(malformedNode, { node: node.name, op: node.op, fault }, { related });
    }),
  );
}

/** The one quotient of integers without a result: inside onnxruntime it kills the whole process. */
export function overflow(
  { op, inputs }: Pick<Node, "op" | "inputs">,
  constants: Graph["constants"],
): readonly string[] {
  if (op !== "Div" && op !== "Mod") return [];
  const [dividend, divisor] = inputs.map((name) => constants.get(name));
  const bits = /^int(\d+)$/.exec(dividend?.elem ?? "")?.[1];
  if (bits === undefined || dividend === undefined || divisor === undefined) return [];
  // Integers beyond 2^53 are read as 2^53.
  const smallest = Math.max(-(2 ** (Number(bits) - 1)), -(2 ** 53));
  const holds = (tensor: Tensor, number: number): boolean => numbersOf(tensor)?.includes(number) ?? false;
  return holds(dividend, smallest) && holds(divisor, -1)
    ? [`it divides the smallest ${dividend.elem} by -1, which overflows ${dividend.elem}`]
    : [];
}

function faultsOf({ op, inputs, outputs, attributes }: Node, signature: Signature): readonly string[] {
  const absent = inputs.slice(0, signature.inputs[0]).indexOf("");
  const counts = [
    ...countFault("operands", inputs.length, signature.inputs),
    ...(absent < 0 ? [] : [`it lacks the operand ${absent}, which ${op} requires`]),
    ...countFault("results", outputs.length, signature.outputs),
  ];
  const missing = [...signature.attributes].flatMap(([name, { required }]) =>
    required && !Object.hasOwn(attributes, name) ? [`it lacks the attribute ${name}, which ${op} requires`] : [],
  );
  const wrong = Object.entries(attributes).flatMap(([name, { kind }]) => {
    const expected = signature.attributes.get(name)?.kind;
    if (expected === kind) return [];
    return [
      expected === undefined ? `${op} has no attribute ${name}` : `its attribute ${name} is ${kind}, not ${expected}`,
    ];
  });
  return [...counts, ...missing, ...wrong];
}

/** A permutation of axes names each once; ONNX Runtime does not load others. */
function orderFault({ op, attributes: { perm } }: Node): readonly string[] {
  if (op !== "Transpose" || perm?.kind !== "ints") return [];
  const isOrder = perm.value.toSorted((a, b) => a - b).every((axis, i) => axis === i);
  return isOrder ? [] : [`its perm [${perm.value.join(", ")}] does not name each axis once`];
}

function countFault(what: string, actual: number, [least, most]: readonly [number, number]): readonly string[] {
  if (actual >= least && actual <= most) return [];
  const expected = least === most ? `${least}` : most === Infinity ? `at least ${least}` : `${least} to ${most}`;
  return [`it has ${actual} ${what}, not ${expected}`];
}

function parse(text: string): Signature {
  const [counts = "", listed = ""] = text.split("; ");
  const [inputs = "", outputs = ""] = counts.split(" -> ");
  const attributes = listed === "" ? [] : listed.split(", ");
  return {
    inputs: range(inputs),
    outputs: range(outputs),
    attributes: new Map(
      attributes.map((attribute) => {
        const [name = "", kind = ""] = attribute.split(" ");
        return [name, { kind: kind.replace("!", "") as Attribute["kind"], required: kind.endsWith("!") }];
      }),
    ),
  };
}

function range(text: string): readonly [number, number] {
  const [least = "", most] = text.split("..");
  return [Number(least), most === undefined ? Number(least) : most === "" ? Infinity : Number(most)];
}

const signatures: ReadonlyMap<string, Signature> = new Map(
  Object.entries(SIGNATURES).map(([op, text]) => [op, parse(text)]),
);
