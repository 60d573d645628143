/**
 * @file Levels of a plan that are one too many, found by the JSON Schema. Codes CP1540-1549.
 */
import type { Catalog } from "../catalog.ts";

export const levelMessages: Catalog<{
  nestedModule: { where: string; key: string; path: string };
}> = {
  nestedModule: {
    code: "CP1540",
    severity: "error",
    title: "Module inside a module",
    message: ({ where, key }) => `${where} is read as a parameter, but ${key} in it has members like a module`,
    hint: ({ path }) => `modules do not nest: write the path as one key, ${path}: { ... }`,
    fixes: ({ path }) => [{ title: `write ${path} as a key of the plan`, change: { kind: "lift" } }],
  },
};
