/**
 * @file Undoes the numbers that the TorchScript exporter appends to a module that is called again (`rope_1`).
 * Knows nothing of single nodes.
 */
import { parentOf } from "../../ir/module-paths.ts";
import type { Trail } from "./trails.ts";

/**
 * Path as written to the module's own path, for every repeated call. `blocks.0.norm_1` is a call of `blocks.0.norm` only if that module
 * exists, the calls before it do too, and there is no evidence of a module of this very name: neither a weight (`blocks.0.norm_1.weight`)
 * nor a child. The exporter numbers the innermost module only, so repeated calls have no children.
 */
export function repeatedCalls(trails: Iterable<Trail>, weights: Iterable<string>): ReadonlyMap<string, string> {
  const paths = new Set<string>();
  const real = new Set<string>();
  for (const trail of trails) {
    for (const [i, { path }] of (trail ?? []).entries()) {
      paths.add(path);
      if (trail !== null && i < trail.length - 1) real.add(path);
    }
  }
  for (const weight of weights) {
    const owner = parentOf(weight);
    if (paths.has(owner)) real.add(owner);
  }
  const calls = new Map<string, string>();
  for (const { path, base, number } of numbered(paths)) {
    const isFirst = number === 1 && paths.has(base);
    if (!real.has(path) && (isFirst || calls.has(`${base}_${number - 1}`))) calls.set(path, base);
  }
  return calls;
}

interface Numbered {
  readonly path: string;
  readonly base: string;
  readonly number: number;
}

/** Paths that end in `_1`, `_2`, ..., low numbers first. */
function numbered(paths: Iterable<string>): readonly Numbered[] {
  const found = [...paths].flatMap((path) => {
    const match = /^(.*[^.])_([1-9]\d*)$/s.exec(path);
    return match === null ? [] : [{ path, base: match[1] ?? "", number: Number(match[2]) }];
  });
  return found.sort((a, b) => a.number - b.number);
}
