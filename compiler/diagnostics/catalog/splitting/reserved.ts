/**
 * @file Reserved keys of a plan that the model contradicts: `$batch` and `$attention`. Codes CP3030-3034.
 */
import { chooseAxis, removeEntry, renameTo, spellOut } from "../../fixes.ts";
import { counted, inModules, list } from "../../words.ts";
import type { Catalog } from "../catalog.ts";

/** `$batch`. */
export const bindBatch: Catalog<{
  unknownInput: { input: string; suggestion: string | null; known: readonly string[] };
  outOfRange: { input: string; dim: number; rank: number; shape: string };
}> = {
  unknownInput: {
    code: "CP3030",
    severity: "error",
    title: "Batch of an unknown input",
    message: ({ input }) => `$batch names ${JSON.stringify(input)}, which is no input of the model`,
    hint: ({ suggestion, known }) =>
      suggestion === null ? `the inputs of the model are ${list(known)}` : `did you mean "${suggestion}"?`,
    fixes: ({ suggestion }) => renameTo(suggestion),
  },
  outOfRange: {
    code: "CP3031",
    severity: "error",
    title: "Batch axis out of range",
    message: ({ input, dim, rank, shape }) =>
      `$batch gives axis ${dim} for ${input}, which has ${counted(rank, "axis").replace("axiss", "axes")}: ${shape}`,
    hint: ({ rank }) =>
      rank === 0 ? "remove the entry: a scalar has no axis" : `write an axis from ${-rank} to ${rank - 1}`,
    fixes: ({ rank }) => (rank === 0 ? [removeEntry] : chooseAxis(null, rank)),
  },
};

/** `$attention`. */
export const bindSites: Catalog<{
  noSite: { pattern: string; suggestion: string | null; known: readonly string[] };
  replaced: { where: string; later: readonly string[] };
  /** Found by propagation. `others` are patterns over the modules where the entry has an effect; `of` counts the modules that it decides. */
  idle: {
    where: string;
    scheme: string;
    modules: readonly string[];
    of: number;
    others: readonly string[];
    why: string;
  };
}> = {
  noSite: {
    code: "CP3032",
    severity: "error",
    title: "Attention scheme for a module without attention",
    message: ({ pattern }) => `$attention names "${pattern}", and no attention site of the model is inside that module`,
    hint: ({ suggestion, known }) => {
      if (suggestion !== null) return `did you mean "${suggestion}"?`;
      return known.length === 0
        ? "remove the entry: the compiler recognises no attention in the model; the notes of onnx-cp inspect may say why"
        : `the modules with attention sites are ${list(known)}`;
    },
    fixes: ({ suggestion, known }) => (known.length === 0 ? [removeEntry] : renameTo(suggestion)),
  },
  replaced: {
    code: "CP3033",
    severity: "note",
    title: "Attention scheme that later entries replace",
    message: ({ where, later }) =>
      `${where} decides no attention site: later entries name all of its sites (${later.join(", ")})`,
    hint: () => "remove the entry, or write it after the others: the last entry that names a site decides",
    fixes: () => [removeEntry],
  },
  idle: {
    code: "CP3034",
    severity: "note",
    title: "Attention scheme without effect",
    message: ({ where, scheme, modules, of, why }) =>
      `${where}: "${scheme}" has no effect ${inModules(modules, of)}: ${why}`,
    hint: ({ others }) =>
      others.length === 0 ? "remove the entry" : `write the entry for ${list(others)} instead of the pattern`,
    fixes: ({ others }) => (others.length === 0 ? [removeEntry] : [spellOut(others)]),
  },
};
