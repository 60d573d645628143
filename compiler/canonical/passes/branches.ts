/**
 * @file Replaces an `If` with a known condition by the branch that is taken: conditions on shapes are decided once shapes are known.
 * Exporters write them for parameters that may have either rank. Knows no other operator.
 */
import { numbersOf } from "../../graph/tensors.ts";
import type { Graph, Node, Tensor } from "../../graph/types.ts";

export interface Inlined {
  readonly graph: Graph;
  /** Names of the nodes that came from a branch, with their `If`. */
  readonly origins: ReadonlyMap<string, string>;
}

/** Inlines every `If` whose condition `constants` knows; `null` if there is none. */
export function inlineBranches(graph: Graph, constants: ReadonlyMap<string, Tensor>): Inlined | null {
  const origins = new Map<string, string>();
  const added = new Map<string, Tensor>();
  const nodes = graph.nodes.flatMap((node): readonly Node[] => {
    const branch = takenBranch(node, constants);
    if (branch === null) return [node];
    const inside = renamed(branch, node);
    for (const [name, tensor] of inside.constants) added.set(name, tensor);
    for (const made of inside.nodes) origins.set(made.name, node.name);
    return inside.nodes;
  });
  return origins.size === 0 && nodes.length === graph.nodes.length && added.size === 0
    ? null
    : { graph: { ...graph, nodes, constants: new Map([...graph.constants, ...added]) }, origins };
}

function takenBranch(node: Node, constants: ReadonlyMap<string, Tensor>): Graph | null {
  const condition = node.op === "If" && node.domain === "" ? constants.get(node.inputs[0] ?? "") : undefined;
  const value = condition === undefined ? undefined : numbersOf(condition)?.[0];
  const branch = value === undefined ? undefined : node.attributes[value === 0 ? "else_branch" : "then_branch"];
  return branch?.kind === "graph" ? branch.value : null;
}

/** The branch with fresh names; its outputs take the names of the node's. Captured values keep theirs. */
function renamed(
  branch: Graph,
  node: Node,
): { readonly nodes: readonly Node[]; readonly constants: ReadonlyMap<string, Tensor> } {
  const own = new Map<string, string>();
  const made = new Set(branch.nodes.flatMap((n) => n.outputs));
  for (const name of [...made, ...branch.constants.keys()]) if (name !== "") own.set(name, `${node.name}/${name}`);
  const passed: Node[] = [];
  branch.outputs.forEach(({ name }, i) => {
    const output = node.outputs[i];
    if (output === undefined || output === "") return;
    const first = made.has(name) && branch.outputs.findIndex((o) => o.name === name) === i;
    if (first) own.set(name, output);
    else passed.push(identity(node, own.get(name) ?? name, output));
  });
  const nameOf = (name: string): string => own.get(name) ?? name;
  const nodes = branch.nodes.map((n) => ({
    ...n,
    name: `${node.name}/${n.name}`,
    inputs: n.inputs.map(nameOf),
    outputs: n.outputs.map(nameOf),
    metadata: node.metadata,
  }));
  return {
    nodes: [...nodes, ...passed],
    constants: new Map([...branch.constants].map(([name, t]) => [nameOf(name), t])),
  };
}

function identity(node: Node, input: string, output: string): Node {
  return {
    name: `${output}::branch`,
    op: "Identity",
    domain: "",
    inputs: [input],
    outputs: [output],
    attributes: {},
    metadata: node.metadata,
  };
}
