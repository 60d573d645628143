/**
 * @file Shared memory of a session: the feeds, and the ranks' outboxes where they are threads. It grows with the lengths and is kept from run to run.
 */
import { inputMessages } from "../../compiler/diagnostics/catalog/inputs.ts";
import { runtimeMessages } from "../../compiler/diagnostics/catalog/runtime.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { withinLimits, type Cut } from "../../compiler/expr/expr.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { Program } from "../../program/types.ts";
import type { CheckedInputs } from "./check-inputs.ts";
import { noValue } from "../../program/lengths.ts";
import { ranksOf } from "../../program/mesh.ts";
import { outboxSizes, placer } from "../collectives/placement.ts";
import type { Lengths } from "../collectives/placement.ts";
import { packFeeds } from "../feeds.ts";
import type { ExchangeMemory, RunRequest } from "../messages.ts";
import { reasonOf } from "../reason.ts";
import { byteSize } from "../tensor.ts";
import { outboxCapacity } from "../world/outbox.ts";

export interface RunMemory extends Pick<RunRequest, "feeds"> {
  readonly memory: ExchangeMemory;
}

export interface SessionMemory {
  /** Copies the feeds, if their memory is still there, and sees that every outbox is large enough; only while no run is in progress. Throws `ContextParallelError`. */
  readonly prepare: (inputs: CheckedInputs) => RunMemory;
  /** Lets the memory go. */
  readonly clear: () => void;
}

const none = new SharedArrayBuffer(0);

/** `threads`: whether the ranks see each other's memory; processes are told only how much they need. */
export function createMemory(program: Program, cut: Cut, threads: boolean = true): SessionMemory {
  let feedMemory = none;
  let outboxes: readonly SharedArrayBuffer[] = Array.from({ length: ranksOf(program.mesh) }, () => none);
  const sizesAt = rememberLast((lengths: Lengths) => outboxSizes(program, placer(program.mesh, lengths, cut)));
  return {
    prepare: ({ feeds, lengths }) => {
      const gone = [...feeds].filter(([, { elem, dims, data }]) => data.byteLength !== byteSize(elem, dims));
      if (gone.length > 0) {
        throw new ContextParallelError(gone.map(([name]) => diagnose(inputMessages.gone, { name })));
      }
      const outboxBytes = withinLimits(() => sizesAt(lengths));
      if (outboxBytes === null) throw new ContextParallelError([noValue("an extent of a collective", lengths)]);
      const sizes = threads ? outboxBytes.map(outboxCapacity) : [];
      try {
        outboxes = outboxes.map((outbox, rank) => atLeast(outbox, sizes[rank] ?? 0));
        const packed = packFeeds(feeds, feedMemory);
        feedMemory = packed.memory;
        return { feeds: packed, memory: threads ? { kind: "threads", outboxes } : { kind: "sizes", outboxBytes } };
      } catch (error) {
        const bytes = sizes.reduce((a, b) => a + b, 0);
        throw new ContextParallelError([diagnose(runtimeMessages.memory, { bytes, reason: reasonOf(error) })], error);
      }
    },
    clear: () => {
      feedMemory = none;
      outboxes = outboxes.map(() => none);
    },
  };
}

function atLeast(memory: SharedArrayBuffer, bytes: number): SharedArrayBuffer {
  return memory.byteLength >= bytes ? memory : new SharedArrayBuffer(bytes);
}

function rememberLast<T>(compute: (lengths: Lengths) => T): (lengths: Lengths) => T {
  let last: { readonly key: string; readonly value: T } | undefined;
  return (lengths) => {
    const key = JSON.stringify(lengths);
    if (last?.key !== key) last = { key, value: compute(lengths) };
    return last.value;
  };
}
