/**
 * @file The script of docs/multi-host.md, as it stands there, on two ranks: its last feeds are those of the same loop over threads.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, test, vi } from "vitest";
import { attach } from "../../runtime/attach/attach.ts";
import { loadProgram } from "../../runtime/load/load.ts";
import { root } from "../structure/sources.ts";
import { temporaryFolder } from "../support/files.ts";
import { fixture, valueOf } from "../support/fixtures.ts";
import { because } from "./support/hosts.ts";
import { launch, missing } from "./support/launchers.ts";
import { families, programOf } from "./support/programs.ts";

vi.setConfig({ testTimeout: 120_000 });

const reason = missing("Open MPI");
const url = (file: string): string => JSON.stringify(pathToFileURL(join(root, file)).href);

/** What the page leaves to the user: the feeds of flux, and a step that follows the output. */
const scheduler = (folder: string, sample: string): string => `
  import { writeFileSync } from "node:fs";
  import { feedsIn } from ${url("test/mpi/jobs/feeds.mjs")};
  export const first = () => feedsIn(${JSON.stringify(sample)});
  export const next = (feeds, sample) => {
    const { hidden_states: last } = feeds;
    return { ...feeds, hidden_states: { ...last, data: last.data.map((x, i) => x - 0.05 * sample.data[i]) } };
  };
  export const save = async (feeds) => writeFileSync(${JSON.stringify(join(folder, "saved"))}, String(feeds.hidden_states.data));`;

test.skipIf(reason !== null)(`the script of the page${because(reason)}`, async () => {
  const folder = await temporaryFolder();
  const flux = families.find(({ family }) => family === "flux")!;
  const compiled = await programOf({ ...flux, mesh: "ulysses 2" });
  const sample = fixture(`flux/${flux.samples[0]}.inputs.npz`);
  const page = readFileSync(join(root, "docs/multi-host.md"), "utf8");
  const script = /```js\n(.*?)```/s.exec(page)![1]!;
  const text = script
    .replace('"onnx-context-parallel"', url("dist/index.js"))
    .replace('"program"', JSON.stringify(compiled.folder));
  expect(text.match(/file:\/\/|\/program/g)).toHaveLength(2);
  writeFileSync(join(folder, "denoise.mjs"), text);
  writeFileSync(join(folder, "scheduler.mjs"), scheduler(folder, sample));
  const { code, stdout, stderr } = await launch({ ranks: 2, argv: [join(folder, "denoise.mjs")] });
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: "", stderr: "" });

  const { first, next } = (await import(pathToFileURL(join(folder, "scheduler.mjs")).href)) as Scheduler;
  const session = await attach(valueOf(await loadProgram(compiled.folder)));
  let feeds = await first();
  for (let step = 0; step < 20; step++) feeds = next(feeds, (await session.run(feeds))["sample"]!);
  await session.release();
  expect(readFileSync(join(folder, "saved"), "utf8")).toBe(String(feeds["hidden_states"]!.data));
});

type Tensor = { readonly data: Float32Array };

interface Scheduler {
  readonly first: () => Promise<Readonly<Record<string, Tensor>>>;
  readonly next: (feeds: Readonly<Record<string, Tensor>>, sample: unknown) => Readonly<Record<string, Tensor>>;
}
