/**
 * @file `onnx-cp run --outputs` when a rank of the job dies between two steps: nothing is written. Knows no fault but that.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { encodeNpz } from "../../../ort/files/npz.ts";
import { killAll, processesOf } from "../../mpi/support/processes.ts";
import { launch, missing } from "../../mpi/support/launchers.ts";
import { faultProgram } from "../program.ts";

const reason = missing("Open MPI");

test.skipIf(reason !== null)(
  `a job that loses a rank writes no outputs${reason === null ? "" : ` (${reason})`}`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "cp-outputs-"));
    try {
      const inputs = join(folder, "inputs.npz");
      const data = new Float32Array(7 * 5 * 3);
      const w = { elem: "uint8", dims: [300, 1], data: new Uint8Array(300) } as const;
      writeFileSync(inputs, encodeNpz({ x: { elem: "float32", dims: [7, 5, 3], data }, w }));
      const options = [
        "--world",
        "mpi",
        "--inputs",
        inputs,
        "--outputs",
        join(folder, "outputs.npz"),
        "--steps",
        "10000",
      ];
      let killed = 0;
      const ended = await launch({
        ranks: 2,
        argv: ["bin/onnx-cp.js", "run", faultProgram().folder, ...options],
        started: (_, mark) => {
          const timer = setInterval(() => {
            const rank = processesOf(mark).find(isAtWork);
            if (rank === undefined) return;
            clearInterval(timer);
            killed = rank;
            killAll([rank]);
          }, 100);
        },
      });
      expect(killed).toBeGreaterThan(0);
      expect(ended.code).not.toBe(0);
      expect(readdirSync(folder)).toEqual(["inputs.npz"]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);

/** Rank 1, once its thread has been at work for a while. */
function isAtWork(pid: number): boolean {
  try {
    const isRank = readFileSync(`/proc/${pid}/environ`, "utf8").includes("OMPI_COMM_WORLD_RANK=1\0");
    const ticks = Number(readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[13]);
    return isRank && ticks > 150;
  } catch {
    return false;
  }
}
