/**
 * @file The command `run` under the launchers: rank 0 speaks for all, once; the exit code of the launcher is that of the command; a signal to
 * the launcher ends all.
 */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { fromOutputs, toFeeds } from "../../cli/run/tensors.ts";
import { readNpz } from "../../ort/files/npz.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { root } from "../structure/sources.ts";
import { shippedPlan } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture, fixtureTensors, valueOf } from "../support/fixtures.ts";
import { swapGather } from "../support/swapped.ts";
import { because } from "./support/hosts.ts";
import { launch, missing } from "./support/launchers.ts";
import type { Ended, Job } from "./support/launchers.ts";
import { processesOf } from "./support/processes.ts";
import { families, programOf } from "./support/programs.ts";
import type { Case } from "./support/programs.ts";

vi.setConfig({ testTimeout: 120_000 });

const long = process.env["MODE"] === "long";
const reason = missing("Open MPI");
const notNow = long ? reason : "part of npm run mpi";
const flux: Case = { ...families.find(({ family }) => family === "flux")!, mesh: "ulysses 2" };
const model = fixture(`flux/${flux.model}.onnx`);
const inputs = fixture(`flux/${flux.samples[0]}.inputs.npz`);

function onnxCp(argv: readonly string[], job: Partial<Job> = {}): Promise<Ended> {
  return launch({ ranks: 2, ...job, argv: ["bin/onnx-cp.js", ...argv] });
}

interface Document {
  readonly ok: boolean;
  readonly diagnostics: readonly { readonly code: string; readonly message: string }[];
  readonly result: { readonly steps: readonly unknown[]; readonly verified: unknown } | null;
}

const libraries = (["Open MPI", "MPICH"] as const).filter((library) => long || library === "Open MPI");
const rows = libraries.map((library) => [`${library}${because(missing(library))}`, library, missing(library)] as const);

for (const [name, library, skipped] of rows) {
  test.skipIf(skipped !== null)(
    `${name}: a program, several steps, verified, one document, the outputs of threads`,
    async () => {
      const outputs = join(await temporaryFolder(), "out.npz");
      const { folder } = await programOf(flux);
      const flags = [
        "--world",
        "mpi",
        "--inputs",
        inputs,
        "--outputs",
        outputs,
        "--verify",
        "--steps",
        "2",
        "--format",
        "json",
      ];
      const { code, stdout, stderr } = await onnxCp(["run", folder, ...flags], { library });
      expect({ code, stderr }).toEqual({ code: 0, stderr: "run 1/2\nrun 2/2\n" });
      const { ok, diagnostics, result } = JSON.parse(stdout) as Document;
      expect({ ok, diagnostics }).toEqual({ ok: true, diagnostics: [] });
      expect(result?.steps).toHaveLength(2);
      const session = await attach(await programOf(flux));
      const tensors = fromOutputs(
        await session.run(toFeeds(await fixtureTensors(`flux/${flux.samples[0]}.inputs.npz`))),
      );
      await session.release();
      expect(valueOf(await readNpz(outputs))).toEqual(tensors);
    },
  );
}

test.skipIf(reason !== null)(
  `a plan with its model: the degree is the number of processes${because(reason)}`,
  async () => {
    const flags = ["--model", model, "--world", "mpi", "--inputs", inputs, "--format", "json"];
    const { code, stdout } = await onnxCp(["run", shippedPlan("flux"), ...flags]);
    const { ok, diagnostics } = JSON.parse(stdout) as Document;
    expect({ code, ok }).toEqual({ code: 0, ok: true });
    expect(diagnostics.map((one) => one.code)).toEqual(["CP7002"]);
  },
);

test.skipIf(reason !== null)(
  `wrong inputs are said once, with exit code 1, and nothing is written${because(reason)}`,
  async () => {
    const outputs = join(await temporaryFolder(), "out.npz");
    const wrong = fixture("wan/wan.batch2-frames5-height6-width14.inputs.npz");
    const flags = ["--world", "mpi", "--inputs", wrong, "--outputs", outputs];
    const { code, stdout, stderr } = await onnxCp(["run", (await programOf(flux)).folder, ...flags]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    const errors = stderr.split("\n").filter((line) => line.startsWith("error"));
    expect(errors.length, stderr).toBeGreaterThan(0);
    expect(new Set(errors).size).toBe(errors.length);
    expect(existsSync(outputs)).toBe(false);
  },
);

test.skipIf(reason !== null)(`a wrong output: exit code 3${because(reason)}`, async () => {
  const folder = join(await temporaryFolder(), "program");
  cpSync((await programOf(flux)).folder, folder, { recursive: true });
  await swapGather(folder);
  const flags = ["--world", "mpi", "--inputs", inputs, "--verify", "--format", "json"];
  const { code, stdout } = await onnxCp(["run", folder, ...flags]);
  const { ok, diagnostics } = JSON.parse(stdout) as Document;
  expect({ code, ok, codes: diagnostics.map((one) => one.code) }).toEqual({ code: 3, ok: false, codes: ["CP7006"] });
});

test("a world that does not exist", () => {
  const argv = ["bin/onnx-cp.js", "run", "program", "--world", "nccl", "--inputs", inputs];
  const { status, stderr } = spawnSync(process.execPath, argv, { cwd: root, encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 2, stderr: expect.stringMatching(/nccl.*threads, mpi/) });
});

test.skipIf(notNow !== null)(`another number of processes: exit code 1${because(notNow)}`, async () => {
  const flags = ["--world", "mpi", "--inputs", inputs, "--format", "json"];
  const { code, stdout } = await onnxCp(["run", (await programOf(flux)).folder, ...flags], { ranks: 1 });
  const { ok, diagnostics } = JSON.parse(stdout) as Document;
  expect({ code, ok, codes: diagnostics.map((one) => one.code) }).toEqual({ code: 1, ok: false, codes: ["CP6556"] });
});

test.skipIf(reason !== null)(`Ctrl-C ends all processes, and nothing is written${because(reason)}`, async () => {
  const outputs = join(await temporaryFolder(), "out.npz");
  const flags = ["--world", "mpi", "--inputs", inputs, "--outputs", outputs, "--steps", "100000"];
  let mark = "";
  const { code, milliseconds } = await onnxCp(["run", (await programOf(flux)).folder, ...flags], {
    started: (launcher, own) => {
      mark = own;
      setTimeout(() => process.kill(launcher, "SIGINT"), 3_000);
    },
  });
  expect(code).not.toBe(0);
  expect(milliseconds).toBeLessThan(30_000);
  // The launcher may end before the processes that it has killed are gone.
  await vi.waitFor(() => expect(processesOf(mark)).toEqual([]), 5_000);
  expect(existsSync(outputs)).toBe(false);
});
