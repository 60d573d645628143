/**
 * @file Reads from one node the modules that it was called in, as each of the two exporters writes them.
 * Knows nothing of other nodes.
 */
import { limits } from "../../limits/limits.ts";
import { parsePythonStrings } from "./python.ts";
import type { Node } from "../types.ts";

/** A module with the class that the export states for it. `path` is dotted, `""` is the root. */
export interface ScopedModule {
  readonly path: string;
  readonly className: string | null;
}

/** The modules around a node, root first; never empty. `null` where the node has no such information. */
export type Trail = readonly ScopedModule[] | null;

const NAME_SCOPES = "pkg.torch.onnx.name_scopes";
const CLASSES = "pkg.torch.onnx.class_hierarchy";
const STORED = /\.?(?:__dict__\[['"]_modules['"]\]|_modules)\[['"]([^'"]*)['"]\]/g;
const ROOT: ScopedModule = { path: "", className: null };

/** Levels of modules; real models have about ten. The work for a trail grows with the square of its length. */
const DEEPEST = 64;

export function trailOf(node: Node): Trail {
  const trail = fromMetadata(node) ?? fromName(node.name);
  // A plan cannot name longer paths.
  return trail?.every(({ path }) => path.length <= limits.keyLength.most) === true ? trail : null;
}

/** The dynamo exporter lists full paths and, last, the exporter's name for the operation. */
function fromMetadata({ metadata }: Node): Trail {
  const scopes = parsePythonStrings(metadata[NAME_SCOPES] ?? "");
  if (scopes === null || scopes.length < 2 || scopes.length > DEEPEST || scopes[0] !== "") return null;
  const classes = parsePythonStrings(metadata[CLASSES] ?? "") ?? [];
  const named = classes.length === scopes.length;
  return scopes
    .slice(0, -1)
    .map((path, i) => ({ path: plainPath(path), className: named ? shortName(classes[i] ?? "") : null }));
}

/** Torch's strict mode may write a child as it is stored: `__dict__['_modules']['blocks'].0` is `blocks.0`. */
function plainPath(path: string): string {
  return path.replace(STORED, ".$1").replace(/^\./, "");
}

/**
 * The TorchScript exporter writes `/outer/inner/Operator`. A segment that repeats the previous one and continues with a dot
 * (`/ff/net/net.0`) is a child of a container that was itself called, written in full.
 */
function fromName(name: string): Trail {
  const parts = name.split("/", DEEPEST + 1);
  if (parts.length < 2 || parts.length > DEEPEST || parts[0] !== "" || parts.includes("", 1)) return null;
  const trail: ScopedModule[] = [ROOT];
  let parent = "";
  let previous = "";
  for (const part of parts.slice(1, -1)) {
    if (previous === "" || !part.startsWith(`${previous}.`)) parent = join(parent, previous);
    trail.push({ path: join(parent, part), className: null });
    previous = part;
  }
  return trail;
}

function join(parent: string, child: string): string {
  if (parent === "" || child === "") return parent + child;
  return `${parent}.${child}`;
}

/** `diffusers.models.attention.FeedForward` is `FeedForward`. */
function shortName(qualified: string): string | null {
  return qualified.slice(qualified.lastIndexOf(".") + 1) || null;
}
