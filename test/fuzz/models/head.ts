/**
 * @file Damage to what surrounds a graph: versions, operator sets, functions, inputs and outputs of the model.
 */
import { clone, create } from "@bufbuild/protobuf";
import {
  FunctionProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  SparseTensorProtoSchema,
  TensorAnnotationSchema,
  TensorProtoSchema,
  TrainingInfoProtoSchema,
  ValueInfoProtoSchema,
} from "onnx-buf";
import type { Acts } from "./acts.ts";
import { pick } from "./pick.ts";

const versions = [0n, 1n, 7n, 12n, 13n, 14n, 17n, 18n, 21n, 23n, 24n, 26n, 27n, -1n, 2n ** 62n];

export const headDamage: Acts = {
  "set the operator set": (_, { at, by }, model) => {
    const entry = pick(model.opsetImport, by);
    if (entry) entry.version = pick(versions, at)!;
  },
  "import an operator set": (_, { at, word }, model) => {
    model.opsetImport.push(create(OperatorSetIdProtoSchema, { domain: word, version: pick(versions, at)! }));
  },
  "import no operator set": (_graph, _choice, model) => void model.opsetImport.splice(0),
  "set the IR version": (_, { integer }, model) => void (model.irVersion = integer),
  "lose the graph": (_graph, _choice, model) => void delete model.graph,
  "add a function": (graph, { at, word }, model) => {
    const body = create(FunctionProtoSchema, { name: word, domain: "local", node: graph.node.slice(0, 2) });
    model.functions.push(body);
    const node = pick(graph.node, at);
    if (node) Object.assign(node, { opType: word, domain: "local" });
  },
  "call a function that is not there": (graph, { at, word }) => {
    graph.node.push(create(NodeProtoSchema, { opType: word, domain: word, input: [], output: [`called${at}`] }));
  },
  "add training": (_graph, _choice, model) => void model.trainingInfo.push(create(TrainingInfoProtoSchema, {})),
  "add a quantisation": (graph, { word }) => {
    graph.quantizationAnnotation.push(create(TensorAnnotationSchema, { tensorName: word }));
  },
  "add a sparse initialiser": (graph, { word, integer }) => {
    const values = create(TensorProtoSchema, { name: word, dataType: 1, dims: [1n], floatData: [1] });
    graph.sparseInitializer.push(create(SparseTensorProtoSchema, { values, dims: [integer] }));
  },
  "drop an input": (graph, { at }) => void graph.input.splice(at % Math.max(graph.input.length, 1), 1),
  "repeat an input": (graph, { at }) => {
    const input = pick(graph.input, at);
    if (input) graph.input.push(clone(ValueInfoProtoSchema, input));
  },
  "rename an input": (graph, { at, word }) => {
    const input = pick(graph.input, at);
    if (input) rename(graph, input.name, word);
    if (input) input.name = word;
  },
  "drop the outputs": (graph) => void graph.output.splice(0),
  "drop an output": (graph, { at }) => void graph.output.splice(at % Math.max(graph.output.length, 1), 1),
  "repeat an output": (graph, { at }) => {
    const output = pick(graph.output, at);
    if (output) graph.output.push(clone(ValueInfoProtoSchema, output));
  },
  "output something else": (graph, { at, by, word }) => {
    const output = pick(graph.output, by);
    const values = [...graph.node.flatMap((node) => node.output), ...graph.input.map(({ name }) => name), word];
    if (output) output.name = pick([...values, ...graph.initializer.map(({ name }) => name)], at)!;
  },
  "output many values": (graph) => {
    for (const node of graph.node)
      for (const name of node.output) graph.output.push(create(ValueInfoProtoSchema, { name }));
  },
};

function rename(graph: { readonly node: readonly { readonly input: string[] }[] }, from: string, to: string): void {
  for (const { input } of graph.node) for (const [i, name] of input.entries()) if (name === from) input[i] = to;
}
