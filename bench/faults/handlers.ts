/**
 * @file Handler modules with a fault on rank 1, as URLs: in the call, while the module loads, or after the call. Knows no session.
 */
import type { HandlerFault } from "./order.ts";

const faults: Readonly<Record<HandlerFault, string>> = {
  throw: `throw new Error("boom");`,
  rejection: `return Promise.reject(new Error("boom"));`,
  exit: `process.exit(7);`,
  "no answer": `return new Promise(() => {});`,
  "endless loop": `for (;;);`,
  "full heap": `const all = []; for (;;) all.push(new Array(1000).fill(all.length));`,
};

/** Where nobody says more. */
const FAULTY = 1;
/** Long enough for the other rank to reach its piece, or the collective. */
const BEFORE_MS = 60;
/** Long enough for the run to end. */
const AFTER_MS = 200;

export const isHandlerFault = (fault: string): fault is HandlerFault => Object.hasOwn(faults, fault);

export function faultInCall(fault: HandlerFault, rank: number = FAULTY): string {
  return handler(`await new Promise((done) => setTimeout(done, ${BEFORE_MS})); ${faults[fault]}`, rank);
}

export function faultAfterCall(fault: HandlerFault): string {
  return handler(`setTimeout(() => { ${faults[fault].replace("return ", "")} }, ${AFTER_MS});`);
}

export function faultInModule(fault: HandlerFault): string {
  return moduleUrl(`
    import { workerData } from "node:worker_threads";
    if (workerData.rank === 1) await (async () => { ${faults[fault]} })();
    export default () => undefined;`);
}

/** The rank takes so long that the other one waits for it in the collective. */
export function slow(milliseconds: number, rank: number = FAULTY): string {
  return handler(`await new Promise((done) => setTimeout(done, ${milliseconds}));`, rank);
}

function handler(body: string, faulty: number = FAULTY): string {
  return moduleUrl(`export default async (tensor, { rank }) => { if (rank === ${faulty}) { ${body} } };`);
}

function moduleUrl(source: string): string {
  return `data:text/javascript,${encodeURIComponent(source)}`;
}
