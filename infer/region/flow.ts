/**
 * @file A cheapest cut of a network: which nodes stay on the side of the source. Knows nothing of graphs of operators.
 */

/** A directed network; nodes are numbers, `SOURCE` and `SINK` among them. */
export interface Network {
  /** A new node. */
  readonly node: () => number;
  /** The cost of having `from` on the source's side and `to` on the other. */
  readonly edge: (from: number, to: number, cost: number) => void;
  /** The nodes on the source's side of a cheapest cut: as few as possible. */
  readonly cut: () => ReadonlySet<number>;
}

export const SOURCE = 0;
export const SINK = 1;

/** More than any finite cost. */
export const FORBIDDEN = 1e30;

interface Edges {
  readonly to: number[];
  readonly left: number[];
  /** Edges that leave a node, as indices; edge `i ^ 1` is the reverse of `i`. */
  readonly from: number[][];
}

export function network(): Network {
  const edges: Edges = { to: [], left: [], from: [[], []] };
  return {
    node: () => edges.from.push([]) - 1,
    edge: (from, to, cost) => {
      edges.from[from]!.push(edges.to.push(to) - 1);
      edges.left.push(cost);
      edges.from[to]!.push(edges.to.push(from) - 1);
      edges.left.push(0);
    },
    cut: () => {
      for (let levels = levelsOf(edges); levels[SINK]! >= 0; levels = levelsOf(edges)) block(edges, levels);
      const levels = levelsOf(edges);
      return new Set(levels.flatMap((level, node) => (level >= 0 ? [node] : [])));
    },
  };
}

/** Distance of each node from the source over edges with capacity left; -1 where there is no path. */
function levelsOf({ to, left, from }: Edges): readonly number[] {
  const levels = from.map(() => -1);
  levels[SOURCE] = 0;
  const queue = [SOURCE];
  for (let next = 0; next < queue.length; next++) {
    const node = queue[next]!;
    for (const edge of from[node]!) {
      if (left[edge]! <= 0 || levels[to[edge]!]! >= 0) continue;
      levels[to[edge]!] = levels[node]! + 1;
      queue.push(to[edge]!);
    }
  }
  return levels;
}

/** Sends flow along shortest paths until none is left. Without recursion, since a path may be as long as the graph is deep. */
function block({ to, left, from }: Edges, levels: readonly number[]): void {
  const next = from.map(() => 0);
  const path: number[] = [];
  for (let node = SOURCE; ;) {
    if (node === SINK) {
      const flow = Math.min(...path.map((edge) => left[edge]!));
      for (const edge of path) {
        left[edge]! -= flow;
        left[edge ^ 1]! += flow;
      }
      path.length = 0;
      node = SOURCE;
      continue;
    }
    const edge = from[node]![next[node]!];
    if (edge !== undefined) {
      if (left[edge]! > 0 && levels[to[edge]!] === levels[node]! + 1) {
        path.push(edge);
        node = to[edge]!;
      } else next[node]! += 1;
      continue;
    }
    const back = path.pop();
    if (back === undefined) return;
    node = to[back ^ 1]!;
    next[node]! += 1;
  }
}
