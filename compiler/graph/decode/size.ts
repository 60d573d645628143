/**
 * @file Bounds of a model's structure, so that a small file takes no more memory or time than a large model. First on the bytes, before
 * the decoder makes an object of every field, then on the message. Knows no operator.
 */
import { type DescMessage } from "@bufbuild/protobuf";
import { BinaryReader, WireType } from "@bufbuild/protobuf/wire";
import { ModelProtoSchema } from "onnx-buf";
import type { AttributeProto, GraphProto, NodeProto, TensorProto, ValueInfoProto } from "onnx-buf";
import { limits, type Limit } from "../../limits/limits.ts";

/** `count` of what the limit counts, at the first place that exceeds it. */
export interface Excess {
  readonly count: number;
  readonly limit: Limit;
  readonly where: string;
}

/** Counts the fields of all messages, as far as the bytes are protobuf; the decoder says what is wrong with others. */
export function excessInBytes(bytes: Uint8Array): Excess | null {
  const limit = limits.modelFields;
  try {
    const count = fieldsIn(new BinaryReader(bytes), bytes.length, ModelProtoSchema, { count: 0, depth: 0 });
    return count > limit.most ? { count, limit, where: "the model" } : null;
  } catch {
    return null;
  }
}

interface Counted {
  readonly count: number;
  readonly depth: number;
}

/** Fields up to `end`, added to `count`; stops soon after the limit. */
function fieldsIn(reader: BinaryReader, end: number, message: DescMessage, { count, depth }: Counted): number {
  let total = count;
  while (reader.pos < end && total <= limits.modelFields.most) {
    const [number, type] = reader.tag();
    const field = message.fields.find((known) => known.number === number);
    total += 1;
    if (type !== WireType.LengthDelimited || field?.message === undefined || depth === DEEPEST) {
      reader.skip(type, number);
      continue;
    }
    const inside = reader.uint32();
    total = fieldsIn(reader, reader.pos + inside, field.message, { count: total, depth: depth + 1 });
  }
  return total;
}

/** The decoder refuses deeper messages. */
const DEEPEST = 100;

/** What of a graph, or of one inside it, is larger than a program may hold. */
export function excessInGraph(graph: GraphProto): Excess | null {
  for (const value of [...graph.input, ...graph.output, ...graph.valueInfo]) {
    const wrong = excessInValue(value);
    if (wrong !== null) return wrong;
  }
  for (const tensor of graph.initializer) {
    const wrong = excessInTensor(tensor, "an initialiser");
    if (wrong !== null) return wrong;
  }
  for (const node of graph.node) {
    const wrong = excessInNode(node);
    if (wrong !== null) return wrong;
  }
  return null;
}

function excessInNode(node: NodeProto): Excess | null {
  const { name, opType, domain, input, output, attribute } = node;
  const where = `the ${opType} node "${name}"`;
  const names = [name, opType, domain, ...input, ...output, ...attribute.map((each) => each.name)];
  const own =
    excess(limits.operands, Math.max(input.length, output.length), where) ??
    longest(names, `a ${opType.slice(0, limits.nameLength.most)} node`);
  if (own !== null) return own;
  for (const each of attribute) {
    const wrong = excessInAttribute(each, where);
    if (wrong !== null) return wrong;
  }
  return null;
}

function excessInAttribute({ t, g }: AttributeProto, where: string): Excess | null {
  if (t !== undefined) return excessInTensor(t, `a tensor of ${where}`);
  return g === undefined ? null : excessInGraph(g);
}

function excessInTensor({ name, dims }: TensorProto, where: string): Excess | null {
  return longest([name], where) ?? excess(limits.axes, dims.length, where);
}

function excessInValue({ name, type }: ValueInfoProto): Excess | null {
  const dims = type?.value.case === "tensorType" ? (type.value.value.shape?.dim ?? []) : [];
  const symbols = dims.map(({ value }) => (value.case === "dimParam" ? value.value : ""));
  return longest([name, ...symbols], "a value") ?? excess(limits.axes, dims.length, `the value "${name}"`);
}

function longest(names: readonly string[], where: string): Excess | null {
  const count = names.reduce((most, { length }) => Math.max(most, length), 0);
  return excess(limits.nameLength, count, where);
}

function excess(limit: Limit, count: number, where: string): Excess | null {
  return count > limit.most ? { count, limit, where } : null;
}
