/**
 * @file Damage to the nodes of a graph: nodes removed, duplicated, renamed, joined in cycles, changed in operator, and subgraphs around
 * them.
 */
import { clone, create } from "@bufbuild/protobuf";
import {
  AttributeProto_AttributeType as Kind,
  AttributeProtoSchema,
  GraphProtoSchema,
  NodeProtoSchema,
  StringStringEntryProtoSchema,
} from "onnx-buf";
import type { GraphProto, NodeProto } from "onnx-buf";
import { CP_OPERATORS, OPERATORS } from "../../../compiler/operators/table.ts";
import type { Acts } from "./acts.ts";
import { pick, place } from "./pick.ts";

/** Those that have a rule, and those that depend on data, on chance or on subgraphs. */
const operators = [
  ...Object.keys(OPERATORS),
  ..."If Loop Scan NonZero RandomNormal Constant OneHot EyeLike TopK Unique Nope DequantizeLinear".split(" "),
  ..."SequenceConstruct Optional RotaryEmbedding DFT Compress Upsample".split(" "),
];
const ofDomains: Readonly<Record<string, readonly string[]>> = {
  cp: [...Object.keys(CP_OPERATORS), "Boundary", "AttentionPart", "AttentionMerge", "AttentionFinish", "Nope"],
  "com.microsoft": ["MultiHeadAttention", "GroupQueryAttention", "Attention", "FusedMatMul", "Nope"],
};

export const nodeDamage: Acts = {
  "lose a node": (graph, { at }) => void graph.node.splice(at % Math.max(graph.node.length, 1), 1),
  "lose many nodes": (graph, { at }) => void graph.node.splice(place(graph.node, at)),
  "double a node": (graph, { at }) => {
    const node = pick(graph.node, at);
    if (node) graph.node.push(clone(NodeProtoSchema, node));
  },
  "reverse the nodes": (graph) => void graph.node.reverse(),
  "move a node": (graph, { at, by }) => {
    const [node] = graph.node.splice(at % Math.max(graph.node.length, 1), 1);
    if (node) graph.node.splice(place(graph.node, by), 0, node);
  },
  "rename a node": (graph, { at, word }) => set(graph, at, { name: word }),
  "take another operator": (graph, { at, by }) => set(graph, at, { opType: pick(operators, by)! }),
  "take an operator of a domain": (graph, { at, by }) => {
    const [domain, names] = pick(Object.entries(ofDomains), at)!;
    set(graph, by, { domain, opType: pick(names, by)! });
  },
  "take another domain": (graph, { at, word }) => set(graph, at, { domain: word }),
  "take a nameless operator": (graph, { at, word }) => set(graph, at, { opType: word }),
  "read another value": (graph, { at, by, word }) => {
    const node = pick(graph.node, at);
    if (node?.input.length) node.input[by % node.input.length] = pick([...values(graph), word], by)!;
  },
  "read nothing": (graph, { at, by }) => {
    const node = pick(graph.node, at);
    if (node?.input.length) node.input[by % node.input.length] = "";
  },
  "read less": (graph, { at, by }) => {
    const node = pick(graph.node, at);
    node?.input.splice(place(node.input, by));
  },
  "read more": (graph, { at, by }) => {
    const node = pick(graph.node, at);
    for (let i = 0; i < 1 + (by % 4); i++) node?.input.push(pick(values(graph), by + i * 7919) ?? "");
  },
  "read two in each other's place": (graph, { at, by }) => {
    const input = pick(graph.node, at)?.input ?? [];
    const [i, j] = [by % Math.max(input.length, 1), (by + 1) % Math.max(input.length, 1)];
    if (input.length > 1) [input[i], input[j]] = [input[j]!, input[i]!];
  },
  "make a value under another name": (graph, { at, by, word }) => {
    const node = pick(graph.node, at);
    if (node?.output.length) node.output[by % node.output.length] = pick([word, ...values(graph)], by)!;
  },
  "make nothing": (graph, { at }) => void pick(graph.node, at)?.output.splice(0),
  "make more": (graph, { at, by }) => {
    for (let i = 0; i < by % 300; i++) pick(graph.node, at)?.output.push(`more${i}`);
  },
  "say another scope": (graph, { at, by, word }) => {
    const entry = pick(pick(graph.node, at)?.metadataProps ?? [], by);
    if (entry) entry.value = pick([word, `['', '${word}']`, "['", "[".repeat(2000), entry.value.slice(1)], by)!;
  },
  "say a new scope": (graph, { at, word }) => {
    const entry = create(StringStringEntryProtoSchema, { key: "pkg.torch.onnx.name_scopes", value: `['', '${word}']` });
    pick(graph.node, at)?.metadataProps.push(entry);
  },
  "grow a long chain": (graph, { at, by }) => {
    let from = pick(values(graph), at) ?? "";
    for (let i = 0; i < 100 + (by % 1500); i++) {
      graph.node.push(
        create(NodeProtoSchema, {
          opType: pick(["Identity", "Neg", "Add"], by)!,
          input: [from, ...(by % 3 === 2 ? [from] : [])],
          output: [`long${i}`],
        }),
      );
      from = `long${i}`;
    }
    const output = pick(graph.output, by);
    if (output) output.name = from;
  },
  "put a node into branches": (graph, { at, by }) => {
    const index = at % Math.max(graph.node.length, 1);
    const node = graph.node[index];
    if (node) graph.node[index] = nested(graph, node, [1, 2, 40, 300][by % 4]!, by);
  },
  "loop over a node": (graph, { at, by }) => {
    const node = pick(graph.node, at);
    const body = create(GraphProtoSchema, { name: "body", node: node ? [clone(NodeProtoSchema, node)] : [] });
    if (node)
      Object.assign(node, {
        opType: pick(["Loop", "Scan", "If"], by)!,
        domain: "",
        attribute: [graphAttribute("body", body)],
      });
  },
};

function set(graph: GraphProto, at: number, parts: Partial<Pick<NodeProto, "name" | "opType" | "domain">>): void {
  const node = pick(graph.node, at);
  if (node) Object.assign(node, parts);
}

function values(graph: GraphProto): readonly string[] {
  return [...graph.input, ...graph.initializer].map(({ name }) => name).concat(graph.node.flatMap((n) => n.output));
}

function graphAttribute(name: string, g: GraphProto): NodeProto["attribute"][number] {
  return create(AttributeProtoSchema, { name, type: Kind.GRAPH, g });
}

/** `depth` branches around a node; the condition is any value. */
function nested(graph: GraphProto, inner: NodeProto, depth: number, by: number): NodeProto {
  const output = inner.output.filter((name) => name !== "");
  const condition = pick(values(graph), by) ?? "";
  let node = clone(NodeProtoSchema, inner);
  for (let i = 0; i < depth; i++) {
    const body = create(GraphProtoSchema, { name: `g${i}`, node: [node], output: output.map((name) => ({ name })) });
    const attribute = [graphAttribute("then_branch", body), graphAttribute("else_branch", body)];
    node = create(NodeProtoSchema, { name: `if${i}`, opType: "If", input: [condition], output, attribute });
    if (depth > 2) node.attribute.pop();
  }
  return node;
}
