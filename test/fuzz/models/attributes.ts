/**
 * @file Damage to attributes: removed, changed in kind, or given absurd values.
 */
import { clone, create } from "@bufbuild/protobuf";
import { AttributeProto_AttributeType as Kind, AttributeProtoSchema, TensorProtoSchema } from "onnx-buf";
import type { AttributeProto, GraphProto } from "onnx-buf";
import type { Acts } from "./acts.ts";
import { pick } from "./pick.ts";

const kinds = Object.values(Kind).filter((kind) => typeof kind === "number");
const names = [
  "axis",
  "axes",
  "perm",
  "to",
  "value",
  "keepdims",
  "equation",
  "num_outputs",
  "allowzero",
  "start",
  "end",
  "mode",
];
const texts = ["ij,jk->ik", "...i,ij", "ii->i", "->", "a".repeat(60), "\0", "constant", "bilinear", ",,,", "i,j->ijk"];

export const attributeDamage: Acts = {
  "lose an attribute": (graph, { at, by }) => {
    const list = having(graph, at)?.attribute;
    list?.splice(by % Math.max(list.length, 1), 1);
  },
  "double an attribute": (graph, { at, by }) => {
    const attribute = chosen(graph, at, by);
    if (attribute) having(graph, at)?.attribute.push(clone(AttributeProtoSchema, attribute));
  },
  "rename an attribute": (graph, { at, by, word }) => {
    const attribute = chosen(graph, at, by);
    if (attribute) attribute.name = pick([word, ...names], by)!;
  },
  "retype an attribute": (graph, { at, by }) => {
    const attribute = chosen(graph, at, by);
    if (attribute) attribute.type = pick(kinds, by)!;
  },
  "set an attribute": (graph, { at, by, integer }) => {
    const attribute = chosen(graph, at, by);
    if (attribute) overwrite(attribute, by, integer);
  },
  "add an attribute": (graph, { at, by, integer, word }) => {
    const attribute = create(AttributeProtoSchema, { name: pick([...names, word], by)!, type: pick(kinds, at)! });
    overwrite(attribute, by, integer);
    pick(graph.node, at)?.attribute.push(attribute);
  },
  "refer to an attribute": (graph, { at, by, word }) => {
    const attribute = chosen(graph, at, by);
    if (attribute) attribute.refAttrName = word;
  },
};

function having(graph: GraphProto, at: number): GraphProto["node"][number] | undefined {
  return pick(
    graph.node.filter(({ attribute }) => attribute.length > 0),
    at,
  );
}

function chosen(graph: GraphProto, at: number, by: number): AttributeProto | undefined {
  return pick(having(graph, at)?.attribute ?? [], by);
}

/** Fills every field, so that whichever the type reads is odd. */
function overwrite(attribute: AttributeProto, by: number, integer: bigint): void {
  attribute.i = integer;
  attribute.f = pick([NaN, Infinity, -Infinity, 0, -1.5, 1e38], by)!;
  attribute.s = new TextEncoder().encode(pick(texts, by));
  attribute.ints = pick(
    [[], [integer], [0n, 0n], [integer, 1n, -1n], Array.from({ length: 5000 }, () => integer)],
    by,
  )!;
  attribute.floats = [attribute.f, 2];
  attribute.strings = [attribute.s, Uint8Array.of(0xff, 0xfe)];
  attribute.t = create(
    TensorProtoSchema,
    pick(
      [
        {},
        { dataType: 7, dims: [integer] },
        { dataType: 7, int64Data: [integer] },
        { dataType: 1, dims: [2n], floatData: [1] },
        { dataType: 8, stringData: [attribute.s] },
      ],
      by,
    )!,
  );
}
