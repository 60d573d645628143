/**
 * @file Session options in a job: every process gives them to its own sessions, and profiles of ranks do not meet in one file.
 */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { BACKENDS } from "../../runtime/attach/engine.ts";
import { root } from "../structure/sources.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture } from "../support/fixtures.ts";
import { launch, missing } from "./support/launchers.ts";
import { families, programOf } from "./support/programs.ts";

vi.setConfig({ testTimeout: 120_000 });

const skipped = process.env["MODE"] !== "long" || missing("Open MPI") !== null;
const url = (file: string): string => JSON.stringify(pathToFileURL(join(root, file)).href);

test.skipIf(skipped).each(BACKENDS)("threads, level and profiles on %s", async (backend) => {
  const folder = await temporaryFolder();
  const flux = families.find(({ family }) => family === "flux")!;
  const compiled = await programOf({ ...flux, mesh: "ulysses 2" });
  const script = join(folder, "job.mjs");
  writeFileSync(
    script,
    `import { attach, loadProgram } from ${url("dist/index.js")};
import { feedsIn } from ${url("test/mpi/jobs/feeds.mjs")};
const profileFilePrefix = ${JSON.stringify(join(folder, "prof"))};
const sessionOptions = { intraOpNumThreads: 2, graphOptimizationLevel: "basic", enableProfiling: true, profileFilePrefix };
const { value } = await loadProgram(${JSON.stringify(compiled.folder)});
const session = await attach(value, { world: "mpi", backend: ${JSON.stringify(backend)}, sessionOptions });
await session.run(session.rank === 0 ? await feedsIn(${JSON.stringify(fixture(`flux/${flux.samples[0]}.inputs.npz`))}) : {});
await session.release();
const refused = await attach(value, { world: "mpi", sessionOptions: { extra: {} } }).catch((error) => error.code);
if (refused !== "CP6590") process.exit(7);
`,
  );
  const { code, stdout, stderr } = await launch({ ranks: 2, argv: [script] });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });
  const files = readdirSync(folder).filter((file) => file.startsWith("prof"));
  for (const rank of [0, 1]) expect(files.some((file) => file.startsWith(`prof.rank${rank}.`))).toBe(true);
  expect(files.every((file) => /^prof\.rank[01]\.[^.]+\.json$/.test(file))).toBe(true);
});
