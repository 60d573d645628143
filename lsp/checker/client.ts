/**
 * @file The thread of checks as the server sees it: starts it when it is needed, and again after a crash; a check that a later one replaces
 * is dropped. Knows no document.
 */
import { Worker } from "node:worker_threads";
import type { Inspection } from "../../compiler/inspect/model.ts";
import type { CheckReply, CheckRequest, FromChecker, OutlineRequest, ToChecker } from "./protocol.ts";

export interface Checker {
  /** Calls `heard` once or twice: after binding, and at the end. An earlier check of the file is dropped. */
  readonly check: (request: Omit<CheckRequest, "id" | "kind">, heard: (reply: CheckReply) => void) => void;
  /** What a plan can name in a model; `null` if it cannot be read. */
  readonly outline: (model: string) => Promise<Inspection | null>;
  /** Ends the thread. */
  readonly close: () => Promise<void>;
}

interface Waiting {
  readonly file: string | null;
  readonly heard: (reply: FromChecker) => void;
}

type Failed = (file: string | null, problem: string) => void;

/** `failed` hears of checks that ended by an internal error. */
export function createChecker(failed: Failed): Checker {
  const thread = createThread(failed);
  return {
    check: (request, heard) => {
      thread.drop(request.file);
      const tell = (reply: FromChecker): void => void (reply.kind === "checked" && heard(reply));
      thread.send({ kind: "check", ...request }, { file: request.file, heard: tell });
    },
    outline: (model) =>
      new Promise((resolve) => {
        const heard = (reply: FromChecker): void => resolve(reply.kind === "outline" ? reply.inspection : null);
        thread.send({ kind: "outline", model }, { file: null, heard });
      }),
    close: thread.close,
  };
}

interface Thread {
  readonly send: (request: Omit<CheckRequest, "id"> | Omit<OutlineRequest, "id">, who: Waiting) => void;
  /** Nobody waits for the checks of this file any more. */
  readonly drop: (file: string) => void;
  readonly close: () => Promise<void>;
}

function createThread(failed: Failed): Thread {
  const waiting = new Map<number, Waiting>();
  const flag = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  let worker: Worker | undefined;
  let next = 1;
  const fail = (id: number, problem: string): void => {
    const { file, heard } = waiting.get(id) ?? {};
    waiting.delete(id);
    heard?.({ kind: "failed", id, problem });
    if (file !== undefined) failed(file, problem);
  };
  const heard = (reply: FromChecker): void => {
    const who = waiting.get(reply.id);
    if (reply.kind === "failed") return fail(reply.id, reply.problem);
    if (reply.kind === "outline" || reply.stage !== "bound") waiting.delete(reply.id);
    who?.heard(reply);
  };
  const start = (): Worker => {
    const made = new Worker(new URL("worker.js", import.meta.url), { name: "checks", execArgv: [], workerData: flag });
    made.on("message", heard).on("error", (error) => {
      worker = undefined;
      const problem = error instanceof Error ? error.message : String(error);
      for (const id of Array.from(waiting.keys())) fail(id, problem);
    });
    return made;
  };
  return {
    send: (request, who) => {
      const id = next++;
      waiting.set(id, who);
      worker ??= start();
      worker.postMessage({ ...request, id } satisfies ToChecker, []);
    },
    drop: (file) => {
      for (const [id, who] of waiting) {
        if (who.file !== file) continue;
        // Only the oldest one can be in progress; those of other files behind it go on.
        const [oldest] = waiting.keys();
        if (oldest === id) Atomics.store(flag, 0, id);
        waiting.delete(id);
      }
    },
    close: async () => {
      await worker?.terminate();
    },
  };
}
