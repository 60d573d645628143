/**
 * @file The times that `advise` predicts next to the measured ones, as Markdown, and where their order differs. Measures nothing.
 */
import { cases } from "../cases.ts";
import type { Case } from "../cases.ts";
import type { Results } from "../results.ts";
import { markdownTable } from "./numbers.ts";

/** Measured ratios that are closer are within the range of the rounds. */
const CLOSE = 0.05;

interface Compared {
  readonly one: Case;
  /** Milliseconds of the backend `native`, and their ratio to the plain session of the same rounds. */
  readonly measured: number;
  readonly ratio: number;
  /** Milliseconds. */
  readonly predicted: number;
}

/**
 * Pairs of schemes of one workload that the benchmark distinguishes, by their ratios and in the same order by their times, and those of them that
 * are predicted in the other order.
 */
export function orderOf(results: Results): { readonly pairs: number; readonly wrong: readonly string[] } {
  const all = comparedIn(results);
  const pairs = all.flatMap((faster) =>
    all.flatMap((slower) => {
      const isClear = faster.ratio < slower.ratio * (1 - CLOSE) && faster.measured < slower.measured;
      return faster.one.workload === slower.one.workload && isClear ? [{ faster, slower }] : [];
    }),
  );
  const wrong = pairs.filter(({ faster, slower }) => faster.predicted >= slower.predicted);
  return {
    pairs: pairs.length,
    wrong: wrong.map(({ faster, slower }) => `${faster.one.name} before ${slower.one.name}`),
  };
}

export function predictedSection(results: Results): string {
  const all = comparedIn(results);
  if (all.length === 0) return "";
  const rows = all.map(({ one: { workload, scheme }, measured, ratio, predicted }) => [
    workload.name,
    scheme.title,
    String(scheme.ranks),
    measured.toFixed(0),
    ratio.toFixed(2),
    predicted.toFixed(0),
    (predicted / measured).toFixed(2),
  ]);
  const header = ["workload", "scheme", "ranks", "measured, ms", "ratio", "predicted, ms", "predicted / measured"];
  return `## Predicted by advise

What \`onnx-cp advise\` ([cli.md](cli.md#advise)) predicts for the programs above (\`native\`). The rates of products and attention are those of the plain session of
each workload; memory of 40 GB/s, 0.1 ms for a collective and 10 GB/s of an exchange are stated, the same for all. Nothing is fitted to a scheme.

${markdownTable(header, rows)}
${verdict(results)}
The model has no cost for ranks that wait for cores: with four ranks on two cores a collective waits for ranks that have none, which the measured times above show
as 8 to 10 % of a run of Flux at 1,024 tokens. It takes the rate of attention from the plain session, which materialises the logits of long sequences; kernels that do
not are faster, so the predictions for one rank and for Ulysses are too long there. Both errors are stated, not corrected: a correction would be fitted to these cases.
`;
}

function verdict(results: Results): string {
  const { pairs, wrong } = orderOf(results);
  const distinguished = `Of ${pairs} pairs of schemes of one workload whose measured ratios differ by more than ${100 * CLOSE} %, and whose times have the same order`;
  if (wrong.length === 0) return `${distinguished}, all are predicted in the measured order.`;
  return `${distinguished}, ${pairs - wrong.length} are predicted in the measured order; not ${wrong.join("; ")}.`;
}

function comparedIn({ cases: found, predictions = {} }: Results): readonly Compared[] {
  return cases.flatMap((one) => {
    const side = found[one.name]?.sides["native"];
    const predicted = predictions[one.name];
    const ratio = side?.ratios.milliseconds;
    if (side === undefined || predicted === undefined || ratio === undefined || ratio === null) return [];
    return [{ one, measured: side.milliseconds.median, ratio, predicted }];
  });
}
