/**
 * @file How the processes of a session are started, one way per world. Knows no fault and no expectation.
 */
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import type { Order } from "../../bench/faults/order.ts";
import { root } from "../structure/sources.ts";

export interface Launcher {
  /** As the page names it. */
  readonly world: string;
  readonly backend: Order["backend"];
  /** The leader of a process group of its own, whose standard output is what `child.ts` says. */
  readonly start: (order: Order, temporary: string) => ChildProcess;
}

/** The heap of a thread, in MiB: small, so that a handler can fill it. */
const HEAP = "--max-old-space-size=64";

/** All ranks in one process. */
function threads(backend: Order["backend"]): Launcher {
  return {
    world: `threads, ${backend}`,
    backend,
    start: (order, temporary) =>
      spawn(process.execPath, [HEAP, join(root, "dist/bench/faults/child.js"), JSON.stringify(order)], {
        cwd: root,
        detached: true,
        env: { ...process.env, TMPDIR: temporary },
      }),
  };
}

export const launchers: readonly Launcher[] = [threads("native"), threads("binding")];
