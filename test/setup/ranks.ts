/**
 * @file Vitest plugin: ranks start from dist/ also where the tests read the sources, because a thread of Node reads no TypeScript. Knows no
 * test.
 */
import { fileURLToPath } from "node:url";

const starter = fileURLToPath(new URL("../../runtime/start-worker.ts", import.meta.url));
const built = new URL("../../dist/runtime/start-worker.js", import.meta.url).href;

interface Plugin {
  readonly name: string;
  readonly transform: (code: string, id: string) => string | null;
}

export const ranksFromBuild: Plugin = {
  name: "ranks-from-build",
  transform: (code, id) => (id === starter ? code.replaceAll("import.meta.url", JSON.stringify(built)) : null),
};
