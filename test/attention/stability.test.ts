/**
 * @file Scores of any size, and fully masked chunks and rows: the unsplit result, and never NaN where the unsplit model has none.
 */
import { expect, test } from "vitest";
import { expectExact, gathering, rotating, ulysses, withMember } from "./exact.ts";
import { JOINT, type FamilyMember } from "./family.ts";
import { COMMON, feedsOf, type MaskContent } from "./samples.ts";

const SIZES = { batch: 2, img: 13, txt: 10 };
const SCHEMES = [ulysses(3), gathering(2, 3), rotating(3), rotating(4, 2)];
/** Lowest finite float32, which exporters write for "never". */
const LOWEST = -3.4028234663852886e38;

/** Values compared under all schemes. */
async function exact(member: FamilyMember, content: Partial<MaskContent>, absolute = 1e-5): Promise<number> {
  const feeds = feedsOf(member, SIZES, { ...COMMON, ...content });
  return withMember(member, async (prepared) => {
    let compared = 0;
    for (const scheme of SCHEMES)
      compared += (await expectExact(prepared, scheme, feeds, { tolerance: { absolute, relative: 1e-5 } })).compared;
    return compared;
  });
}

/** A float32 near 10000 has steps of 0.001: which one a score falls on hangs on the last bit of its product. */
test.each([
  [-10000, 5e-3],
  [-30, 1e-5],
  [-15, 1e-5],
  [0, 1e-5],
  [30, 1e-5],
  [100, 2e-5],
])("all scores shifted by %i", async (shift, absolute) => {
  expect(await exact({ ...JOINT, mask: "additive rows x keys" }, { shift }, absolute)).toBeGreaterThan(0);
});

test.each([
  ["first", 0, 3],
  ["middle", 3, 7],
  ["last", 7, 10],
])("a whole chunk that nobody sees: the %s", async (_, from, to) => {
  const inside = (key: number): boolean => key >= from && key < to;
  for (const mask of ["boolean rows x keys", "additive rows x keys"] as const) {
    for (const never of [-Infinity, LOWEST])
      expect(await exact({ ...JOINT, mask }, { never, visible: ({ key }) => !inside(key) })).toBeGreaterThan(0);
  }
});

test.each(["first", "last"])("only the %s key is seen", async (which) => {
  const visible: MaskContent["visible"] = ({ key, keys }) => key === (which === "first" ? 0 : keys - 1);
  expect(await exact({ ...JOINT, mask: "boolean keys" }, { visible })).toBeGreaterThan(0);
  expect(await exact({ ...JOINT, mask: "additive keys" }, { visible, never: LOWEST })).toBeGreaterThan(0);
});

/** Rows 2, 5, 8, ... see no key: NaN, the mean of all values, or 0, as the unsplit model has it. */
test.each([
  ["-inf", { mask: "additive rows x keys" }, -Infinity],
  ["-inf, guarded", { mask: "additive rows x keys", guarded: true }, -Infinity],
  ["boolean", { mask: "boolean rows x keys" }, 0],
  ["boolean, guarded", { mask: "boolean rows x keys", guarded: true }, 0],
  ["lowest finite", { mask: "additive rows x keys" }, LOWEST],
  ["-10000", { mask: "additive rows x keys" }, -10000],
] as const)("rows that see nothing: %s", async (_, parts, never) => {
  expect(
    await exact(
      { ...JOINT, ...parts },
      { never, visible: ({ row, key }) => row % 3 !== 2 && COMMON.visible({ batch: 0, row, key, rows: 0, keys: 0 }) },
      never === -10000 ? 5e-3 : 1e-5,
    ),
  ).toBeGreaterThan(0);
});

test("padding so long that the last ranks of a ring see nothing of one batch element", async () => {
  const member: FamilyMember = {
    ...JOINT,
    meeting: "cross",
    mask: "padding",
    split: ["hidden_states", "encoder_hidden_states"],
  };
  const visible: MaskContent["visible"] = ({ batch, key }) => key < (batch === 0 ? 2 : 10);
  expect(await exact(member, { visible })).toBeGreaterThan(0);
  expect(await exact({ ...member, split: ["encoder_hidden_states"] }, { visible })).toBeGreaterThan(0);
});

test("a shift of its own for each chunk, so that one outweighs all others by far", async () => {
  const member: FamilyMember = { ...JOINT, meeting: "self", split: ["hidden_states"], mask: "additive keys" };
  for (const loud of [0, 6, 12]) {
    const feeds = feedsOf(member, SIZES);
    const mask = feeds["mask"]!;
    const data = Float32Array.from(mask.data as Float32Array, (x, i) =>
      i % SIZES.img === loud ? 90 : x === -Infinity ? x : x - 90,
    );
    await withMember(member, async (prepared) => {
      for (const scheme of SCHEMES) {
        const report = await expectExact(prepared, scheme, { ...feeds, mask: { ...mask, data } });
        expect(report.compared).toBeGreaterThan(10);
      }
    });
  }
});
