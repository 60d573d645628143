/**
 * @file Notes on names of modules that the plan and the file spell differently. Codes CP3035-3049.
 */
import type { Message } from "../../diagnose.ts";

export const otherPath: Message<{ pattern: string; spelling: string; count: number }> = {
  code: "CP3035",
  severity: "note",
  title: "Module under another path",
  message: ({ pattern, spelling, count }) =>
    `the model has no module "${pattern}", but ${spelling === "" ? "may be it" : `"${spelling}"`}, without or with an outer module; ` +
    (count === 1 ? "the entry is read so" : `this and ${count - 1} more of the plan's patterns are read so`),
};

export const namesOfWeights: Message<{ modules: number }> = {
  code: "CP3036",
  severity: "note",
  title: "Module names from the names of weights",
  message: ({ modules }) =>
    `the nodes of this file carry no module names; ${modules} modules are known by the names of their weights. Modules without weights are missing`,
  hint: () => "use the file as torch exported it if a module that the plan names is missing",
};
