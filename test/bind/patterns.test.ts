/**
 * @file Which modules a pattern matches, and which names are misspellings.
 */
import { describe, expect, test } from "vitest";
import { matchModules, respelled, spellingMatcher } from "../../compiler/bind/patterns.ts";
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

  describe("outer modules of a plan or a model", () => {
    const inner = ["", "blocks.0", "blocks.1", "proj_out"];
    const within = (outer: string): readonly string[] =>
      inner.map((path) => (path === "" ? outer : `${outer}.${path}`));
    const plan = ["blocks.*", "proj_out"];
    const around = (outer: string): readonly string[] => plan.map((pattern) => `${outer}.${pattern}`);
    const matched = (modules: readonly string[], wrapper: string | null, patterns: readonly string[]) => {
      const match = spellingMatcher(modules, wrapper, patterns);
      return patterns.flatMap((pattern) => match(pattern).modules);
    };

    test.each([
      ["only the plan has one", inner, null, around("transformer"), inner.slice(1)],
      ["only the plan has two", inner, null, around("pipe.transformer"), inner.slice(1)],
      [
        "the model had two, the plan has the inner one",
        inner,
        "pipe.transformer",
        around("transformer"),
        inner.slice(1),
      ],
      ["the model had one, the plan has none", inner, "transformer", plan, inner.slice(1)],
      ["the model has two, the plan none", ["", "a", ...within("a.b")], null, plan, within("a.b").slice(1)],
      ["the model has one of several", ["", "head", "vae.conv", ...within("t")], null, plan, within("t").slice(1)],
    ])("%s", (_, modules, wrapper, patterns, expected) => {
      expect(matched(modules, wrapper, patterns)).toEqual(expected);
    });

    test("a plan may name the outer module itself", () => {
      expect(matched(inner, null, ["transformer", ...around("transformer")])).toEqual(inner);
    });

    test.each([
      ["without its outer module", inner, "transformer.proj_out", "proj_out"],
      ["without two", inner, "pipe.transformer.blocks.*", "blocks.*"],
      ["inside the only module that has it", ["", "head", ...within("t")], "blocks.*", "t.blocks.*"],
      ["in the only list of blocks", inner, "layers.*", "blocks.*"],
      ["not where two have it", ["", ...within("t"), ...within("u")], "blocks.*", null],
      ["not where nothing has it", inner, "a.b", null],
    ])("a pattern may be meant %s", (_, modules, pattern, right) => expect(respelled(pattern, modules)).toBe(right));

    test.each([
      ["two modules could be it", ["", ...within("t"), ...within("u")], plan],
      ["a single pattern shows no outer module", inner, ["transformer.proj_out"]],
      ["the first name exists", [...inner, "transformer"], around("transformer")],
      ["the names differ", inner, ["a.blocks.*", "b.proj_out"]],
    ])("none: %s", (_, modules, patterns) => {
      expect(matched(modules, null, patterns)).toEqual([]);
    });
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

  test("one letter is no misspelling of another", () => {
    expect(nearMiss("x", ["t"])).toBeNull();
    expect(nearMiss("q", ["k"])).toBeNull();
  });

  test("conventions about types", () => {
    expect(
      ["adaln_indices", "modulate_index", "attention_mask", "hidden_states", "index_embeds"].map(kindByName),
    ).toEqual(["integer", "integer", "any", "float", "integer"]);
  });
});
