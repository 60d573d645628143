/**
 * @file The page of the benchmark as Markdown, from its results. Measures nothing and writes no file.
 */
import type { Breakdown } from "../../cli/bench/breakdown.ts";
import { ratio } from "../../cli/bench/statistics.ts";
import { cases, workloads } from "../cases.ts";
import type { Case, Workload } from "../cases.ts";
import type { CaseResult, LimitResult, MeasuredSide, ReferenceResult, Results } from "../results.ts";
import { FREE } from "../sides.ts";
import { predictedSection } from "./predicted.ts";
import { markdownTable, mebibytes, percent, ratioText } from "./numbers.ts";

/** `plots`: file names relative to the page, by workload. */
export function page(results: Results, plots: Readonly<Record<string, string>>): string {
  const sections = workloads.map((workload) => section(workload, results, plots[workload.name]));
  return [INTRO, machine(results), METHOD, ...sections, predictedSection(results)]
    .filter((part) => part !== "")
    .join("\n");
}

const INTRO = `# Performance

Generated from [performance.json](performance.json) by \`npm run bench\`; do not edit. Your own model: \`onnx-cp bench\` ([cli.md](cli.md#bench)).

    npm run bench -- flux-1024 ulysses2                  # one case: a minute or two; prints a line
    npm run bench -- --all --out docs/performance        # every case: measures what performance.json lacks, and rewrites this page
    npm run bench -- --all --out docs/performance --fresh --python .venv/bin/python    # anew, with diffusers
`;

function machine({ machine: m }: Results): string {
  const vectors = m.vectors === null ? "" : ` with ${m.vectors}`;
  return `Measured on ${m.cores} cores${vectors}, ${m.memory_gib} GiB, ${m.system}; Node ${m.node}, onnxruntime-node ${m.onnxruntime}.\n`;
}

const METHOD = `## Method

- *Models.* A real FluxTransformer2DModel of 143.9 million parameters (2 double and 4 single blocks, 16 heads of 64; 576 MB) and a real
  WanTransformer3DModel of 19 million (4 blocks, 8 heads of 64), exported at opset 23 with dynamic lengths, float32, batch 1. Weights are random: they
  do not change the time.
- *Sides.* \`plain\` is one session of onnxruntime-node with its default settings and as many threads as all ranks together, but no more than
  there are cores. \`native\` and \`binding\` are the two backends of the same program. Every side is a process.
- *Time.* The sides run in turn; each runs once before the first round. ms is the median of the rounds, and its range follows. A ratio is the median
  of the ratios of each round, so that a machine that slows down for a while slows both. CPU is the processor time of all threads.
- *Memory.* The largest proportional set size (PSS) of the process in three runs, alone on the machine. The resident set (RSS) is in performance.json.
- *Sent* is what the busiest rank sends to others in a run. It is equal to the formula of the program's collectives in every run, or the benchmark fails.
- *Exchange* is the share of a run that goes to transfers and to waits for other ranks. Overlapping exchanges with computation could win that share at most.
- The outputs of every side are compared with those of \`plain\` at 1e-4. \`no exchange\` runs the same program with exchanges that move nothing
  and wait for nobody; its outputs mean nothing.
- With more ranks than cores, ranks wait for cores: times show that such a mesh works, not what it gains on other machines.
`;

function section(workload: Workload, { cases: found, limits, references }: Results, plot: string | undefined): string {
  const measured = cases.flatMap((one) => {
    const result = found[one.name];
    return one.workload === workload && result !== undefined ? [{ one, result }] : [];
  });
  if (measured.length === 0) return "";
  const parts = [
    `## ${workload.title}\n`,
    `\`npm run bench -- ${workload.name}\`; ${workload.rounds} rounds.\n`,
    plot === undefined ? "" : `![time and memory relative to the plain session](${plot})\n`,
    markdownTable(HEADER, measured.flatMap(rowsOf)),
    exchangeText(measured),
    limitText(limits[workload.name], measured),
    referenceText(references[workload.name], measured),
  ];
  return parts.filter((part) => part !== "").join("\n");
}

interface MeasuredCase {
  readonly one: Case;
  readonly result: CaseResult;
}

const HEADER = ["scheme", "ranks", "side", "ms", "range", "ratio", "CPU", "PSS, MiB", "ratio", "sent, MB", "exchange"];

function rowsOf({ one: { scheme }, result }: MeasuredCase): readonly (readonly string[])[] {
  const { plain, sides, bytes_sent: sent } = result;
  const { median, lowest, highest } = plain.milliseconds;
  const range = `${lowest.toFixed(0)}-${highest.toFixed(0)}`;
  const base = ["plain", median.toFixed(0), range, "1", "1", mebibytes(plain.peak_pss), "1", "-", "-"];
  const name = [scheme.title, String(scheme.ranks)];
  return [
    [...name, ...base],
    ...Object.entries(sides).map(([side, one]) => [
      "",
      "",
      side,
      ...cellsOf(one, side === FREE ? 0 : Math.max(...sent)),
    ]),
  ];
}

function cellsOf({ milliseconds, ratios, peak_pss: pss, breakdown }: MeasuredSide, sent: number): readonly string[] {
  const { median, lowest, highest } = milliseconds;
  return [
    median.toFixed(0),
    `${lowest.toFixed(0)}-${highest.toFixed(0)}`,
    ratioText(ratios.milliseconds),
    ratioText(ratios.processor_milliseconds),
    mebibytes(pss),
    ratioText(ratios.peak_pss),
    sent === 0 || breakdown === null ? "-" : (sent / 1e6).toFixed(1),
    breakdown === null ? "-" : percent((breakdown.exchange + breakdown.waiting) / total(breakdown)),
  ];
}

function total(breakdown: Breakdown): number {
  return Object.values(breakdown).reduce((a: number, b: number) => a + b, 0);
}

/** What exchanges cost, in the rounds in which the program also ran without them. */
function exchangeText(measured: readonly MeasuredCase[]): string {
  const costs = measured.flatMap(({ one: { scheme }, result: { sides } }) => {
    const [native, free] = [sides["native"], sides[FREE]];
    if (native === undefined || free === undefined) return [];
    return [`${scheme.title} ${percent(ratio(native.milliseconds.rounds, free.milliseconds.rounds) - 1)}`];
  });
  if (costs.length === 0) return "";
  return `Added by exchanges to the time of the same program without them (\`native\`, two ranks): ${costs.join(", ")}.\n`;
}

/** How far the sides are from the matrix products alone. */
function limitText(limit: LimitResult | undefined, measured: readonly MeasuredCase[]): string {
  if (limit === undefined) return "";
  const { products, attention, total } = limit;
  const rate = products.gflop / products.alone;
  const least = products.alone + attention.gflop / rate;
  const native = measured.find(({ result }) => result.sides["native"] !== undefined)?.result;
  const distance = (milliseconds: number): string => `${(milliseconds / least).toFixed(2)} times`;
  const lines = [
    `Limit of the machine: the products with weights (${products.gflop.toFixed(0)} GFLOP) take ${products.inside.toFixed(0)} of the`,
    `${total.toFixed(0)} ms of the plain session's operators, and ${products.alone.toFixed(0)} ms alone on the same threads (${(rate * 1000).toFixed(0)} GFLOP/s).`,
    attention.gflop > 0
      ? `Attention (${attention.gflop.toFixed(0)} GFLOP) takes ${attention.inside.toFixed(0)} ms; at the same rate it would take ${(attention.gflop / rate).toFixed(0)} ms.`
      : "",
    `All of it at that rate: ${least.toFixed(0)} ms.`,
    native === undefined ? "" : `The plain session needs ${distance(native.plain.milliseconds.median)} that.`,
    ...measured.flatMap(({ one: { scheme }, result }) => {
      const side = result.sides["native"];
      if (side === undefined || scheme.ranks !== 2) return [];
      return [`Two ranks (${scheme.title}, native) need ${distance(side.milliseconds.median)} that.`];
    }),
  ];
  return `${lines.filter((line) => line !== "").join("\n")}\n`;
}

function referenceText(reference: ReferenceResult | undefined, measured: readonly MeasuredCase[]): string {
  if (reference === undefined) return "";
  const { torch, diffusers, plain, ulysses2 } = reference;
  const ours = measured.find(({ one }) => one.name.endsWith(" ulysses2"))?.result.sides["native"];
  const compared =
    ours === undefined
      ? ""
      : ` Two ranks here (Ulysses, native) take ${(ours.milliseconds.median / ulysses2).toFixed(2)} of the time of its two.`;
  return (
    `diffusers ${diffusers} with torch ${torch}, the same shapes (\`bench/reference.py\`; not in turn with the others): ${plain.toFixed(0)} ms in one ` +
    `process with two threads, ${ulysses2.toFixed(0)} ms with Ulysses over two processes of one thread (gloo).${compared}\n`
  );
}
