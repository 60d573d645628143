/**
 * @file `npm run bench`: measures the cases that its arguments select, keeps the results, and writes the page. See USAGE.
 */
import { execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { makeTemporaryFolder, removeAtExit, removeTemporaryFolder } from "../compiler/temporary/folders.ts";
import { cases, selectCases } from "./cases.ts";
import type { Case, Workload } from "./cases.ts";
import { measureCase, measureLimit } from "./measure.ts";
import type { KnownAlone } from "./measure.ts";
import { root } from "./models.ts";
import { caseLine } from "./page/line.ts";
import { writePage } from "./page/write.ts";
import { predictCases } from "./predict/predict.ts";
import { isSameMachine, readResults, thisMachine, writeResults } from "./results.ts";
import type { ReferenceResult, Results } from "./results.ts";

const USAGE = `npm run bench -- [WORD ...] [--all] [--out STEM] [--fresh] [--python FILE] [--list]

Measures the cases whose names contain every WORD, such as "flux-1024 ulysses2"; --all measures every case.
  --out STEM     keep the results in STEM.json, and write STEM.md and its plots; cases that are already there are
                 not measured again, so an interrupted benchmark resumes (default: nothing is kept); without cases,
                 only the page and the plots are written
  --fresh        forget the results in STEM.json first
  --python FILE  also measure diffusers with this Python, which has torch and diffusers
  --list         print the names of the cases
`;

const options = {
  all: { type: "boolean", default: false },
  out: { type: "string" },
  fresh: { type: "boolean", default: false },
  python: { type: "string" },
  list: { type: "boolean", default: false },
} as const;

const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Results in memory, and in a file if there is one. */
interface Store {
  results: Results;
  readonly save: () => void;
}

interface Session {
  readonly store: Store;
  readonly known: KnownAlone;
  /** For files of one case. */
  readonly folder: string;
  readonly signal: AbortSignal;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ options, allowPositionals: true });
  if (values.list) return cases.forEach(({ name }) => print(name));
  const nothing = positionals.length === 0 && !values.all;
  const selected = values.all ? cases : nothing ? [] : selectCases(positionals);
  if (selected.length === 0 && (!nothing || values.out === undefined)) {
    process.exitCode = 2;
    return print(USAGE);
  }
  if (nothing && values.out !== undefined) return await rewritePage(values.out);
  const store = openStore(values.out, values.fresh);
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => stop.abort());
  removeAtExit();
  const folder = makeTemporaryFolder();
  try {
    const session: Session = { store, known: new Map(), folder: join(folder, "case"), signal: stop.signal };
    for (const one of selected) await measure(one, session);
    const workloads = new Set(selected.map(({ workload }) => workload));
    if (values.python !== undefined) for (const one of workloads) reference(one, store, values.python);
  } catch (error) {
    if (!stop.signal.aborted) throw error;
    process.exitCode = 130;
    return print("interrupted; the same command resumes where --out keeps the results");
  } finally {
    removeTemporaryFolder(folder);
  }
  // From the file, whose numbers are rounded: a later command without a measurement makes the same page.
  if (values.out !== undefined) await rewritePage(values.out);
}

/** With new predictions, since the model of their times may have changed. */
async function rewritePage(stem: string): Promise<void> {
  const file = `${stem}.json`;
  if (!existsSync(file)) throw new Error(`there are no results in ${file}`);
  const folder = makeTemporaryFolder();
  try {
    const results = readResults(file);
    writeResults(file, { ...results, predictions: await predictCases(results, { repository: root, folder }) });
  } finally {
    removeTemporaryFolder(folder);
  }
  writePage(stem, readResults(file));
}

function openStore(stem: string | undefined, fresh: boolean): Store {
  if (stem === undefined) return { results: readResults(""), save: () => undefined };
  const file = `${stem}.json`;
  if (fresh) rmSync(file, { force: true });
  const results = readResults(file);
  if (existsSync(file) && !isSameMachine(results.machine, thisMachine())) {
    throw new Error(`${file} has results of another machine or version; --fresh forgets them`);
  }
  const store: Store = { results, save: () => writeResults(file, store.results) };
  return store;
}

async function measure(one: Case, { store, known, folder, signal }: Session): Promise<void> {
  const { name, workload } = one;
  if (store.results.cases[name] === undefined) {
    const result = await measureCase(one, folder, known, signal);
    store.results = { ...store.results, cases: { ...store.results.cases, [name]: result } };
    store.save();
    print(caseLine(one, result));
  }
  // Once for each workload: the plain session is the same for all schemes.
  if (store.results.limits[workload.name] === undefined) {
    const limit = await measureLimit(one, folder, signal);
    store.results = { ...store.results, limits: { ...store.results.limits, [workload.name]: limit } };
    store.save();
  }
}

function reference({ name, reference: lengths, rounds }: Workload, store: Store, python: string): void {
  if (lengths === undefined || store.results.references[name] !== undefined) return;
  const script = join(root, "bench", "reference.py");
  const out = execFileSync(python, [script, String(lengths.img), String(lengths.txt), String(rounds)]);
  const result = JSON.parse(out.toString()) as ReferenceResult;
  store.results = { ...store.results, references: { ...store.results.references, [name]: result } };
  store.save();
  print(
    `${name} diffusers: ${result.plain.toFixed(0)} ms in one process, ${result.ulysses2.toFixed(0)} ms with Ulysses over two`,
  );
}

await main();
