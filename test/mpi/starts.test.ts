/**
 * @file Jobs that are started wrongly are refused before the first exchange, with the ranks and with what differs. Several mistakes share a
 * job.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { readPlanFile } from "../../compiler/plan/read.ts";
import { shippedPlan } from "../support/compiled.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture, texts } from "../support/fixtures.ts";
import { meshes } from "../support/meshes.ts";
import { because } from "./support/hosts.ts";
import { missing } from "./support/launchers.ts";
import { perform } from "./support/orders.ts";
import { families, programOf } from "./support/programs.ts";
import type { Case } from "./support/programs.ts";

vi.setConfig({ testTimeout: 120_000 });

const reason = missing("Open MPI");
const other = reason ?? missing("MPICH");
const flux: Case = { ...families.find(({ family }) => family === "flux")!, mesh: "ulysses 2" };

interface Failure {
  readonly failed: readonly string[] | null;
  readonly milliseconds: number;
}

type Failures = readonly Failure[];

const folderOf = async (given: Case, plan?: Parameters<typeof programOf>[1]): Promise<string> =>
  (await programOf(given, plan)).folder;

test.skipIf(reason !== null)(`ranks with different programs${because(reason)}`, async () => {
  const right = await folderOf(flux);
  const mesh = await folderOf({ ...flux, mesh: "ring 2" });
  const plan = await folderOf(flux, await planWithoutText());
  const model = await withOtherWeights();
  const attempts = [
    { programs: [right, mesh] },
    { programs: [right, plan] },
    { programs: [right, model] },
    { programs: [right, right], devices: ["cpu"] },
    { programs: [right, right], devices: ["cpu", "nosuch"] },
    // None of it has harmed the job.
    { programs: [right, right] },
    { programs: [right, null], deadlineMs: 1000 },
  ];
  const { found } = await perform<Failures>(
    "starts",
    { attempts, lingers: { rank: 1, milliseconds: 4000 } },
    { ranks: 2 },
  );
  const differs = (what: string, value: string): unknown => [
    expect.stringMatching(new RegExp(`^CP6557 .*same ${what}: ${value} on rank 0; ${value} on rank 1$`)),
  ];
  const expected = [
    differs("number of devices", "2 \\(.*\\)"),
    differs("program", "sha256 [0-9a-f]{12}"),
    differs("model", "sha256 [0-9a-f]{12}"),
    [expect.stringMatching(/^CP6500 .*1 .*2/)],
    [expect.stringMatching(/^CP6503 rank 1 .*nosuch/)],
    null,
  ];
  expect(found[0]?.map(({ failed }) => failed)).toEqual([
    ...expected,
    [expect.stringMatching(/^CP6558 rank 1 had not called attach within \d+ ms$/)],
  ]);
  expect(found[1]?.map(({ failed }) => failed)).toEqual([...expected, null]);
});

/** The plan of flux without an entry: another program of the same model. */
async function planWithoutText(): Promise<NonNullable<Parameters<typeof programOf>[1]>> {
  const read = await readPlanFile(shippedPlan("flux"));
  if (!read.ok) throw new Error(texts(read.diagnostics).join("\n"));
  const plan = JSON.parse(readFileSync(shippedPlan("flux"), "utf8")) as Record<string, Record<string, unknown>>;
  const { encoder_hidden_states: _, txt_ids: __, ...inputs } = plan[""]!;
  return { ...plan, "": inputs } as Parameters<typeof programOf>[1] & object;
}

/** The program of a fine-tune: the same graph, one byte of a weight is another. */
async function withOtherWeights(): Promise<string> {
  const folder = await temporaryFolder();
  mkdirSync(folder, { recursive: true });
  const model = join(folder, "flux.onnx");
  const bytes = readFileSync(fixture(`flux/${flux.model}.onnx`));
  // Past the graph, in the weights at the end of the file.
  const at = bytes.length - 4096;
  bytes[at] = bytes[at]! ^ 1;
  writeFileSync(model, bytes);
  const out = join(folder, "program");
  const made = await compilePlan({
    model,
    plan: shippedPlan("flux"),
    parallel: meshes[flux.mesh],
    out,
    hooks: ["transformer_blocks.0"],
  });
  if (!made.ok) throw new Error(texts(made.diagnostics).join("\n"));
  return out;
}

test.skipIf(reason !== null)(`another number of processes${because(reason)}`, async () => {
  const attempts = [{ programs: [await folderOf(flux)] }];
  const { found } = await perform<Failures>("starts", { attempts }, { ranks: 1 });
  expect(found[0]?.[0]?.failed).toEqual([expect.stringMatching(/^CP6556 the job has 1 processes; .* 2 ranks/)]);
});

test.skipIf(reason !== null)(`a rank that ends before it attaches${because(reason)}`, async () => {
  const program = await folderOf(flux);
  const order = { attempts: [{ programs: [program, program] }], exit: { rank: 1, code: 3 } };
  const { code, found, milliseconds } = await perform<Failures>("starts", order, { ranks: 2 });
  expect({ code, found }).toEqual({ code: 3, found: [null, null] });
  expect(milliseconds).toBeLessThan(30_000);
});

test.skipIf(reason !== null)(`a rank that never starts MPI, under a deadline${because(reason)}`, async () => {
  const order = {
    attempts: [{ programs: [await folderOf(flux), null], deadlineMs: 1000 }],
    lingers: { rank: 1, milliseconds: 30_000 },
  };
  const { found } = await perform<Failures>("starts", order, { ranks: 2 });
  expect(found[0]?.[0]?.failed).toEqual([
    expect.stringMatching(/^CP6554 rank 0 has waited \d+ ms for the 2 processes of the job to start MPI$/),
  ]);
});

test.skipIf(other !== null)(`a launcher and a library that do not belong together${because(other)}`, async () => {
  const program = await folderOf(flux);
  const attempts = [{ programs: [program, program] }];
  const wrong = [expect.stringMatching(/^CP6552 the launcher started 2 processes, but the library sees 1: /)];
  // What a shell inside an Open MPI job, or a profile, may leave in the environment.
  const env = { OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "2" };
  const mpich = await perform<Failures>("starts", { attempts }, { ranks: 2, library: "MPICH", env });
  expect(mpich.found[0]?.[0]?.failed).toEqual(wrong);
  // MPICH's variables under Open MPI's launcher.
  const options = [
    "sh",
    "-c",
    'exec env -u OMPI_COMM_WORLD_RANK -u OMPI_COMM_WORLD_SIZE -u PMIX_RANK PMI_RANK=$OMPI_COMM_WORLD_RANK PMI_SIZE=2 "$@"',
    "sh",
  ];
  const open = await perform<Failures>("starts", { attempts }, { ranks: 2, options });
  expect(open.found[0]?.[0]?.failed).toEqual(wrong);
});

/** A process whose environment is that of a launcher, of one rank. */
async function alone(before: readonly string[], nodeOptions: string = ""): Promise<readonly string[] | null> {
  const folder = await temporaryFolder();
  writeFileSync(join(folder, "order.json"), JSON.stringify({ attempts: [{ programs: [await folderOf(flux)] }] }));
  const command = [...before, process.execPath, "test/mpi/jobs/starts.mjs", folder];
  const env = { ...process.env, OMPI_COMM_WORLD_RANK: "0", OMPI_COMM_WORLD_SIZE: "2", NODE_OPTIONS: nodeOptions };
  const { stderr } = spawnSync(command[0]!, command.slice(1), { env, encoding: "utf8", timeout: 50_000 });
  expect(stderr).toBe("");
  return (JSON.parse(readFileSync(join(folder, "rank0.json"), "utf8")) as Failures)[0]!.failed;
}

test("the package koffi is missing", async () => {
  const resolve = `export const resolve = (name, context, next) => {
    if (name === "koffi") throw new Error("Cannot find package 'koffi'");
    return next(name, context);
  };`;
  const hook = `data:text/javascript,${encodeURIComponent(resolve)}`;
  const preload = `import { register } from "node:module"; register(${JSON.stringify(hook)});`;
  const failed = await alone([], `--import data:text/javascript,${encodeURIComponent(preload)}`);
  expect(failed).toEqual([expect.stringMatching(/^CP6551 .*libmpi\.so\.40 does not load: .*koffi/)]);
});

const library = "/usr/lib/x86_64-linux-gnu/libmpi.so.40";
const noMounts =
  reason ?? (spawnSync("unshare", ["-m", "ls", library]).status === 0 ? null : "no rights, or no library there");

test.skipIf(noMounts !== null)(`the library is missing${because(noMounts)}`, async () => {
  const hide = `mount --bind /dev/null "$(readlink -f ${library})" && exec "$@"`;
  const failed = await alone(["unshare", "-m", "sh", "-c", hide, "sh"]);
  expect(failed).toEqual([expect.stringMatching(/^CP6551 the launcher of Open MPI .*libmpi\.so\.40 does not load: /)]);
});
