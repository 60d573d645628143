/**
 * @file The settings of an editor, in any form that one may send. Knows no editor.
 */
import { isAbsolute, join } from "node:path";
import type { CheckSettings } from "./checker/protocol.ts";

/** Settings as the editor gives them; what is malformed counts as absent. `folder` is that of the workspace. */
export function settingsFrom(given: unknown, folder: string | null): CheckSettings {
  const { model, parallel, strict } = (typeof given === "object" && given !== null ? given : {}) as Record<
    string,
    unknown
  >;
  const path = typeof model === "string" && model !== "" ? model : null;
  return {
    model: path === null || folder === null || isAbsolute(path) ? path : join(folder, path),
    parallel: typeof parallel === "object" && parallel !== null ? parallel : null,
    strict: strict === true,
  };
}
