/**
 * @file Prints a canonical graph, with or without the nodes of a plan: the same graph gives the same text. The test language reads it
 * back (`test/support/language`). One statement a line, nodes under their module:
 *
 *   opset 18
 *   length img: hidden_states 1, img_ids 0
 *   in hidden_states float32 [1, img, 64]
 *   const w float32 [64, 32] sha256 0123456789ab
 *   proj_in (Linear):
 *     flat = MatMul(hidden_states, w) -> float32 [1, img, 32]
 *     heads = Reshape(flat, [1, -1, 4, 8]) {allowzero=1} -> float32 [1, img, 4, 8]
 *   out heads
 *
 * Integer operands are written where they are read: `shape [1, img]`, without a name where it is `RESULT::operandN`. A constant of many numbers
 * is its type and a hash of its content. The order of modules is not kept.
 */
import {
  callText,
  extentText,
  floatText,
  integersText,
  nameText,
  nodeNameText,
  SHORT,
  tensorText,
  typeText,
  underHeadings,
} from "./text.ts";
import type { Tensor } from "../graph/types.ts";
import type { CanonicalGraph, CanonicalNode, IntegerValue, Length, Marker, ModuleInfo, ValueShape } from "./types.ts";

export function printGraph(graph: CanonicalGraph): string {
  const classes = new Map([...graph.modules].map(([path, { className }]) => [path, className]));
  const heading = (module: string): string => {
    const className = classes.get(module) ?? null;
    classes.delete(module);
    return `${nameText(module)}${className === null ? "" : ` (${nameText(className)})`}:`;
  };
  const lines = [
    `opset ${Object.entries(graph.opsets).map(opsetText).join(", ")}`,
    ...(graph.prefix === null ? [] : [`prefix ${nameText(graph.prefix)}`]),
    ...graph.lengths.map(lengthLine),
    ...graph.inputs.map(({ name, shape }) => `in ${nameText(name)} ${typeText(shape)}`),
    ...[...graph.constants].map((entry) => constantLine(graph, entry)),
    ...freeIntegers(graph).map(([name, value]) => `int ${nameText(name)} ${integersText(value)}`),
    ...silentModules(graph).map(moduleLine),
    ...graph.markers.map(markerLine),
    ...underHeadings(
      graph.nodes,
      (n) => n.scope,
      heading,
      (n) => [nodeLine(graph, n)],
    ),
    `out ${graph.outputs.map(nameText).join(", ")}`,
  ];
  return `${lines.join("\n")}\n`;
}

function opsetText([domain, version]: readonly [string, number]): string {
  return domain === "" ? String(version) : `${nameText(domain)} ${version}`;
}

/** `length img: hidden_states 1, img_ids 0`: the feed axes that carry it; `length valid: mask [0, txt] != 0`: the elements that it counts. */
export function lengthLine({ name, sources, count }: Length): string {
  if (count !== undefined) {
    const range = [count.from, count.to].map(extentText).join(", ");
    return `length ${nameText(name)}: ${nameText(count.input)} [${range}] ${count.compare} ${floatText(count.than)}`;
  }
  return `length ${nameText(name)}: ${sources.map(({ input, axis }) => `${nameText(input)} ${axis}`).join(", ")}`;
}

function moduleLine({ path, className }: ModuleInfo): string {
  return `module ${nameText(path)}${className === null ? "" : ` ${nameText(className)}`}`;
}

/** `marker block input rope[0] cos`, `marker block output 0 x`. */
function markerLine({ module, side, parameter, index, value }: Marker): string {
  const place = side === "output" ? String(index) : `${parameter}${index === null ? "" : `[${index}]`}`;
  return `marker ${nameText(module)} ${side} ${place} ${nameText(value)}`;
}

function nodeLine(graph: CanonicalGraph, node: CanonicalNode): string {
  const operand = (name: string, at: number): string => {
    const value = graph.integers.get(name);
    if (value === undefined || !isShort(value)) return nameText(name);
    const isUsual = name === usualOperandName(node, at) && value.elem === "int64" && value.dims.length === 1;
    return isUsual ? integersText(value) : `${nameText(name)} ${integersText(value)}`;
  };
  const call = callText(node, node.inputs.map(operand));
  return `${node.outputs.map(nameText).join(", ")} = ${call}${resultTypes(graph, node)}${nodeNameText(node)}`;
}

/** The name of an integer operand that is written without a name. */
export function usualOperandName({ outputs: [first] }: Pick<CanonicalNode, "outputs">, at: number): string {
  return `${first}::operand${at}`;
}

function resultTypes({ shapes }: CanonicalGraph, { outputs }: CanonicalNode): string {
  return ` -> ${eachOnce(outputs.map((name) => resultType(shapes.get(name))))}`;
}

function resultType(shape: ValueShape | undefined): string {
  return shape === undefined ? "-" : typeText(shape);
}

/** `a, b, c`; several that are the same as `each a`. */
export function eachOnce(texts: readonly string[]): string {
  const [first] = texts;
  return texts.length > 1 && texts.every((t) => t === first) ? `each ${first}` : texts.join(", ");
}

function isShort({ elements }: IntegerValue): boolean {
  return elements.length <= SHORT;
}

/** A short list of integers reads as an operand; `data` marks one that is not. */
function constantLine({ integers }: CanonicalGraph, [name, tensor]: readonly [string, Tensor]): string {
  const mayBeOperand = ["int64", "int32"].includes(tensor.elem) && tensor.dims.length < 2;
  return `${mayBeOperand && !integers.has(name) ? "data" : "const"} ${nameText(name)} ${tensorText(tensor)}`;
}

/** Integers that neither a constant gives nor an operand shows. */
function freeIntegers({ integers, constants, nodes }: CanonicalGraph): readonly (readonly [string, IntegerValue])[] {
  const read = new Set(nodes.flatMap((n) => n.inputs));
  return [...integers].filter(
    ([name, value]) => !(read.has(name) && isShort(value)) && !(constants.has(name) && isShort(value)),
  );
}

/** Modules that no heading shows: they have no direct node, and a class or no inner module. */
function silentModules({ modules, nodes }: CanonicalGraph): readonly ModuleInfo[] {
  const shown = new Set(nodes.map((n) => n.scope));
  const implied = new Set([...shown].flatMap(modulesAround));
  return [...modules.values()].filter(
    ({ path, className }) => !shown.has(path) && !(className === null && (path === "" || implied.has(path))),
  );
}

/** The modules that a path implies: `a`, `a.0`, `a.0.b`. A list of modules is none: only its elements are called. */
export function modulesAround(path: string): readonly string[] {
  const parts = path.split(".");
  return parts.flatMap((_, i) => (/^\d+$/.test(parts[i + 1] ?? "") ? [] : [parts.slice(0, i + 1).join(".")]));
}
