/**
 * @file Extents of one axis under several names: a broadcast operand runs; one that would widen the result is refused before anything runs,
 * since later steps would use the narrower extent.
 */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import { int } from "../../compiler/graph/attributes.ts";
import type { Dim } from "../../compiler/graph/types.ts";
import { writeModel } from "../../compiler/graph/write.ts";
import { createSession } from "../../ort/session.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { compareOutputs } from "../../runtime/verify.ts";
import { network } from "../attention/network.ts";
import { spellings } from "../attention/spellings.ts";
import { temporaryFolder } from "../support/files.ts";
import { texts } from "../support/fixtures.ts";
import { random } from "../support/graphs.ts";

const WIDTH = 8;
const PLAN = { "": { picture: { split_dim: 1 } }, proj_out: { gather_dim: 1, expected_dims: 3 } };

/** A shifted text joined with a picture, one attention over both. */
function model(text: readonly Dim[], shift: readonly Dim[]): Uint8Array {
  const n = network();
  const shifted = n.add("block", "Add", [n.input("text", "float32", text), n.input("shift", "float32", shift)]);
  const picture = n.input("picture", "float32", ["batch", "img", WIDTH]);
  const x = n.add("block", "Concat", [shifted, picture], { attributes: { axis: int(1) } });
  const linear = (name: string): string => n.add(`block.attn.${name}`, "MatMul", [x, n.weights(WIDTH, WIDTH)]);
  const streams = { q: linear("to_q"), k: linear("to_k"), v: linear("to_v") };
  const rest = { heads: 4, keyHeads: 4, size: 2, valueSize: 2, mask: null, causal: false, guarded: false };
  const attended = spellings.decomposed(n, { scope: "block.attn", ...streams, ...rest });
  n.output("out", n.add("proj_out", "MatMul", [attended, n.weights(WIDTH, 5)]), ["batch", null, 5]);
  return writeModel(n.graph(), { opsets: { "": 18 } });
}

/** The largest difference from the unsplit model, or what was said of the feeds. */
async function outcome(file: string, ulysses: number, feeds: OrtTensors): Promise<number | string> {
  const compiled = await compilePlan({
    model: file,
    plan: PLAN,
    parallel: { batch_degree: 1, ring_degree: 1, ulysses_degree: ulysses },
  });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const [session, whole] = [await attach(compiled.program), await createSession(file)];
  try {
    const { out } = await session.run(
      Object.fromEntries(Object.entries(feeds).map(([name, x]) => [name, { ...x, type: x.elem }])),
    );
    const own = { out: { elem: out!.type, dims: out!.dims, data: out!.data } as OrtTensor };
    return compareOutputs(own, await whole.run(feeds))[0]!.largest_absolute;
  } catch (error) {
    if (!(error instanceof ContextParallelError)) throw error;
    return error.diagnostics.map(({ code, message }) => `${code} ${message}`).join("\n");
  } finally {
    await session.release();
    await whole.release();
  }
}

const cases: readonly (readonly [string, readonly Dim[], readonly Dim[], string])[] = [
  ["rows", ["batch", "txt", WIDTH], [1, "shifts", WIDTH], "text axis 1 is 1, but max(shift axis 1, text axis 1) is 5"],
  ["batch", ["few", 3, WIDTH], ["many", 1, WIDTH], "text axis 0 is 1, but max(shift axis 0, text axis 0) is 5"],
];

test.each(cases)("%s", async (name, text, shift, message) => {
  const file = join(await temporaryFolder(), "model.onnx");
  await writeFile(file, model(text, shift));
  const sized = (dims: readonly Dim[], open: number, batch: number): readonly number[] =>
    dims.map((d) => (typeof d === "number" ? d : d === "batch" ? batch : open));
  for (const ulysses of [1, 2, 4]) {
    const run = (own: number, other: number): Promise<number | string> => {
      const batch = name === "batch" ? Math.max(own, other) : 2;
      return outcome(file, ulysses, {
        text: random(1, sized(text, own, batch)),
        shift: random(2, sized(shift, other, batch)),
        picture: random(3, [batch, 7, WIDTH]),
      });
    };
    expect(await run(5, 5)).toBeLessThan(1e-5);
    expect(await run(5, 1)).toBeLessThan(1e-5);
    expect(await run(1, 5)).toContain(`CP6007 ${message}`);
  }
});
