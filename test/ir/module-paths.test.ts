/**
 * @file Arithmetic of module paths: containment, common paths, pattern matching.
 */
import { expect, test } from "vitest";
import {
  commonModule,
  depthOf,
  isWithin,
  matchesPattern,
  modulesAround,
  parentOf,
  pathInside,
  starred,
} from "../../compiler/ir/module-paths.ts";

test.each([
  ["blocks.1.attn", "blocks.1", true],
  ["blocks.1", "blocks.1", true],
  ["blocks.10", "blocks.1", false],
  ["blocks", "blocks.1", false],
  ["", "", true],
  ["rope", "", true],
  ["", "rope", false],
])("%s within %s: %s", (module, outer, expected) => expect(isWithin(module, outer)).toBe(expected));

test.each([
  [["blocks.0.attn", "blocks.0.ff"], "blocks.0"],
  [["blocks.0", "blocks.0.attn"], "blocks.0"],
  [["blocks.1", "blocks.10"], "blocks"],
  [["rope", "norm"], ""],
  [["rope", ""], ""],
  [[], ""],
])("common to %j: %s", (modules, expected) => expect(commonModule(modules)).toBe(expected));

test("what lies around a module, and how deep it is", () => {
  expect(modulesAround("blocks.0.attn")).toEqual(["blocks.0.attn", "blocks.0", "blocks", ""]);
  expect(modulesAround("")).toEqual([""]);
  expect([parentOf("blocks.0"), parentOf("rope"), parentOf("")]).toEqual(["blocks", "", ""]);
  expect([depthOf("blocks.0.attn"), depthOf("")]).toEqual([3, 0]);
  expect(pathInside("blocks.0.attn", "blocks.0")).toBe("attn");
  expect(pathInside("blocks.0", "blocks.0")).toBe("");
  expect(pathInside("rope", "blocks.0")).toBe("rope");
  expect(pathInside("rope", "")).toBe("rope");
});

test("a star stands for one segment, and not for the root", () => {
  expect(matchesPattern("blocks.*", "blocks.0")).toBe(true);
  expect(matchesPattern("blocks.*", "blocks.0.attn")).toBe(false);
  expect(matchesPattern("*", "rope")).toBe(true);
  expect(matchesPattern("*", "")).toBe(false);
  expect(matchesPattern("", "")).toBe(true);
  expect(starred("blocks.7.attn", "blocks.*.ff")).toBe("blocks.*.attn");
});
