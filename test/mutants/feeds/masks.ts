/**
 * @file Feeds with other masks: all tokens, one, none, holes, and other tokens in each element of the batch. Any mask is valid for the
 * unsplit model, so all of them must run.
 */
import type { CanonicalGraph } from "../../../compiler/ir/types.ts";
import { newData } from "../../../ort/tensors.ts";
import type { OrtTensor, OrtTensors } from "../../../ort/types.ts";
import type { FeedMutant } from "./mutant.ts";
import { resize } from "./resize.ts";

/** Whether a token counts: its place, its element of the batch, and how many tokens there are. */
type Counts = (token: number, element: number, tokens: number) => boolean;

const MASKS: Readonly<Record<string, Counts>> = {
  "all tokens": () => true,
  "the first token": (token) => token === 0,
  "the last token": (token, _, tokens) => token === tokens - 1,
  "every other token": (token, element) => token % 2 === element % 2,
  "other tokens in each element": (token, element, tokens) => token < ((7 * element + 3) % tokens) + 1,
  "left and right padding": (token, element, tokens) =>
    element % 2 === 0 ? token >= Math.floor(tokens / 3) : token < Math.ceil(tokens / 3),
  "no token of the first element": (_, element) => element > 0,
};

export function maskMutants({ lengths }: CanonicalGraph, feeds: OrtTensors): readonly FeedMutant[] {
  const masks = Object.keys(feeds).filter((name) => name.includes("mask"));
  if (masks.length === 0) return [];
  const batch = lengths.find(({ sources }) => sources.some(({ input, axis }) => input === masks[0] && axis === 0));
  const three = batch?.sources.reduce((grown, { input, axis }) => resize(grown, input, axis, 3), feeds) ?? feeds;
  return Object.entries(MASKS).map(([name, counts]) => ({
    name: `${name} in ${masks.join(" and ")}`,
    label: "must-run",
    feeds: { ...three, ...Object.fromEntries(masks.map((mask) => [mask, masked(three[mask]!, counts)])) },
  }));
}

/** A mask of (batch, tokens). */
function masked({ elem, dims }: OrtTensor, counts: Counts): OrtTensor {
  const tokens = dims.at(-1)!;
  const data = newData(
    elem,
    dims.reduce((a, b) => a * b, 1),
  );
  for (let i = 0; i < data.length; i++) {
    const value = counts(i % tokens, Math.floor(i / tokens), tokens) ? 1 : 0;
    data[i] = elem === "int64" ? BigInt(value) : value;
  }
  return { elem, dims, data };
}
