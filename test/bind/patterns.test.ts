/**
 * @file Which modules a pattern matches, and which names are misspellings.
 */
import { describe, expect, test } from "vitest";
import { matchModules } from "../../compiler/bind/patterns.ts";
import { familyOf } from "../../compiler/ir/module-paths.ts";
import { kindByName, nearMiss } from "../../compiler/bind/parameter-names.ts";

const modules = ["", "proj_out", "blocks.0", "blocks.0.attn", "blocks.1", "blocks.1.attn", "blocks.10", "down.0.mid.1"];

describe("patterns", () => {
  test.each([
    ["", [""]],
    ["proj_out", ["proj_out"]],
    ["blocks.*", ["blocks.0", "blocks.1", "blocks.10"]],
    ["blocks.*.attn", ["blocks.0.attn", "blocks.1.attn"]],
    ["*.*.*.*", ["down.0.mid.1"]],
    ["*", ["proj_out"]],
    ["blocks", []],
    ["blocks.1*", []],
    ["blocks.*.*.*", []],
    ["BLOCKS.0", []],
  ])("%s", (pattern, expected) => expect(matchModules(pattern, modules, null)).toEqual(expected));

  test("a wrapper that was taken off may still be written", () => {
    expect(matchModules("transformer.blocks.*", modules, "transformer")).toEqual(["blocks.0", "blocks.1", "blocks.10"]);
    expect(matchModules("transformer", modules, "transformer")).toEqual([""]);
    expect(matchModules("other.blocks.*", modules, "transformer")).toEqual([]);
  });

  test("an outer module that is still there need not be written", () => {
    const outer = ["", "model", "model.layers.0", "model.layers.1"];
    expect(matchModules("layers.*", outer, null)).toEqual(["model.layers.0", "model.layers.1"]);
    expect(matchModules("model.layers.0", outer, null)).toEqual(["model.layers.0"]);
    expect(matchModules("", outer, null)).toEqual([""]);
    expect(matchModules("layers.*", [...outer, "head"], null)).toEqual([]);
  });

  test("blocks of one list are one family", () => {
    expect(familyOf("down.0.attn.2")).toBe("down.#.attn.#");
    expect(familyOf("down1.attn")).toBe("down1.attn");
  });
});

describe("names", () => {
  const known = ["hidden_states", "encoder_hidden_states", "img_ids", "timestep", "audio_indices"];

  test.each([
    ["hiden_states", "hidden_states"],
    ["hidden_state", "hidden_states"],
    ["hiddenStates", "hidden_states"],
    ["image_ids", "img_ids"],
    ["timesteps", "timestep"],
  ])("%s is %s", (name, right) => expect(nearMiss(name, known)).toBe(right));

  test.each(["txt_ids", "audio_hidden_states", "adaln_indices", "temb", "encoder_attention_mask", "ids", "x"])(
    "%s is a name of its own",
    (name) => expect(nearMiss(name, known)).toBeNull(),
  );

  test("conventions about types", () => {
    expect(
      ["adaln_indices", "modulate_index", "attention_mask", "hidden_states", "index_embeds"].map(kindByName),
    ).toEqual(["integer", "integer", "any", "float", "integer"]);
  });
});
