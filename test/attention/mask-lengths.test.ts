/**
 * @file Masks whose lengths have different names: exact where a run's feeds agree, and an error before dispatch where they do not.
 */
import { expect, test } from "vitest";
import { compilePlan } from "../../compiler/compile.ts";
import { ContextParallelError } from "../../compiler/diagnostics/error.ts";
import type { OrtTensor, OrtTensors } from "../../ort/types.ts";
import { attach } from "../../runtime/attach/attach.ts";
import { random } from "../support/graphs.ts";
import { texts, valueOf } from "../support/fixtures.ts";
import { run, sharded, type Prepared } from "./cell.ts";
import { expectExact, gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, planOf, type FamilyMember } from "./family.ts";
import { feedsOf, type Sizes } from "./samples.ts";
import type { Scheme } from "./schemes.ts";

const UNEVEN: Sizes = { batch: 2, img: 13, txt: 10 };
const SCHEMES: readonly Scheme[] = [ulysses(1), ulysses(2), gathering(2), rotating(4), rotating(2, 2)];
const CROSS: Partial<FamilyMember> = { meeting: "cross", split: ["hidden_states"] };

const members: Readonly<Record<string, Partial<FamilyMember>>> = {
  "keys of a joint attention": { mask: "boolean keys" },
  "rows and keys, causal": { meeting: "self", split: ["hidden_states"], mask: "additive rows x keys", causal: true },
  "heads too": { mask: "batch, heads", heads: [8, 4] },
  "one column": { mask: "one column for all" },
  "the text of a joint attention": { mask: "text" },
  "whole text": { ...CROSS, mask: "padding" },
  "split text": { ...CROSS, split: ["hidden_states", "encoder_hidden_states"], mask: "additive keys" },
  "a split mask": { ...CROSS, split: ["hidden_states", "encoder_hidden_states", "mask"], mask: "padding" },
  "whole queries": { ...CROSS, split: ["encoder_hidden_states"], mask: "boolean rows x keys" },
  Attention: { spelling: "Attention", mask: "heads" },
  MultiHeadAttention: { spelling: "MultiHeadAttention", mask: "padding" },
};

test.each(Object.entries(members))("%s", async (_, parts) => {
  const member: FamilyMember = { ...JOINT, ...parts, apartMask: true };
  const feeds = feedsOf(member, UNEVEN);
  await withMember(member, async (prepared) => {
    for (const scheme of SCHEMES) await expectExact(prepared, scheme, feeds);
    const [ran] = await run(prepared, gathering(2), [feeds]);
    expect(ran!.difference).toBeLessThan(1e-5);
  });
});

const MASKED: FamilyMember = { ...JOINT, mask: "additive rows x keys", apartMask: true };

test("the equations are told, in the words of the feeds", async () => {
  await withMember(MASKED, async (prepared) => {
    const { equations } = valueOf(sharded(prepared, ulysses(2)));
    expect(equations.map(({ leftName, rightName }) => `${leftName} = ${rightName}`)).toEqual([
      "mask axis 2 = encoder_hidden_states axis 1 + hidden_states axis 1",
      "mask axis 3 = encoder_hidden_states axis 1 + hidden_states axis 1",
    ]);
  });
});

async function refusalOf({ file, member }: Prepared, feeds: OrtTensors): Promise<readonly string[]> {
  const parallel = { batch_degree: 1, ring_degree: 2, ulysses_degree: 1 };
  const compiled = await compilePlan({ model: file, plan: planOf(member), parallel });
  if (!compiled.ok) throw new Error(texts(compiled.diagnostics).join("\n"));
  const session = await attach(compiled.program);
  try {
    const typed = Object.fromEntries(Object.entries(feeds).map(([name, x]) => [name, { ...x, type: x.elem }]));
    const error: unknown = await session.run(typed).then(
      () => null,
      (e: unknown) => e,
    );
    if (!(error instanceof ContextParallelError)) throw new Error("nothing was refused", { cause: error });
    return error.diagnostics.map(({ code, message, hint }) => `${code} ${message} ${hint}`);
  } finally {
    await session.release();
  }
}

test("a mask of another length is refused before anything runs, with both names and numbers", async () => {
  await withMember(MASKED, async (prepared) => {
    const feeds = feedsOf(MASKED, UNEVEN);
    const masked = (mask: OrtTensor): Promise<readonly string[]> => refusalOf(prepared, { ...feeds, mask });
    const short = await masked(random(3, [1, 1, 23, 22]));
    expect(short.join("\n")).toMatch(
      /CP6007.*mask axis 3 is 22, but encoder_hidden_states axis 1 \+ hidden_states axis 1 is 23/,
    );
    const broadcast = await masked(random(3, [1, 1, 23, 1]));
    expect(broadcast.join("\n")).toMatch(/mask axis 3 is 1, but .* is 23[^]*to broadcast an extent of 1, export/);
  });
});
