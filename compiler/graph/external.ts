/**
 * @file The external data of one model: its files, each looked up once, and their errors. Reads no weights and knows no protobuf.
 */
import { dirname } from "node:path";
import { tensorMessages as messages } from "../diagnostics/catalog/model.ts";
import { diagnose } from "../diagnostics/diagnose.ts";
import type { Diagnostic } from "../diagnostics/types.ts";
import { locateData } from "../external/locate.ts";
import type { DataFile } from "../external/locate.ts";

/** Finds the files that locations name. Each is looked up once. */
export interface DataFolder {
  readonly find: (location: string) => DataFile;
  /** One diagnostic for each location that has no file, however many tensors use it, and one for data in several folders. */
  readonly problems: (file: string) => readonly Diagnostic[];
}

/**
 * `folder` is the model's, `realFolder` the one that the model's symbolic link leads to: a download cache keeps links to model and data
 * next to each other, and the real files together elsewhere.
 */
export function dataFolder(folder: string, realFolder: string): DataFolder {
  const found = new Map<string, { readonly data: DataFile; count: number }>();
  return {
    find: (location) => {
      const entry = found.get(location) ?? { data: locateData(location, folder, realFolder), count: 0 };
      entry.count += 1;
      found.set(location, entry);
      return entry.data;
    },
    problems: (file) => {
      const problems = [...found].flatMap(([location, { data, count }]) => problemOf(location, data, count, file));
      const folders = [...found.values()].flatMap(({ data }) => (data.ok ? [dirname(data.path)] : []));
      const distinct = [...new Set(folders)].sort();
      const scattered = distinct.length > 1 ? [diagnose(messages.folders, { folders: distinct }, { file })] : [];
      return [...problems, ...scattered];
    },
  };
}

function problemOf(location: string, data: DataFile, count: number, file: string): readonly Diagnostic[] {
  if (data.ok) return [];
  if (data.problem === "missing") return [diagnose(messages.dataMissing, { location, count }, { file })];
  if (data.problem === "no file") return [diagnose(messages.dataNoFile, { location }, { file })];
  return [diagnose(messages.outside, { location, reason: data.reason, count }, { file })];
}
