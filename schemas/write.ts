/**
 * @file Writes the schemas next to this file's source: `npm run schemas`. A test compares them with their definition.
 */
import { writeFileSync } from "node:fs";
import { schemaFiles } from "../compiler/plan/schema/files.ts";

// The build puts this file in dist/schemas/.
const folder = new URL("../../schemas/", import.meta.url);
for (const [name, text] of schemaFiles()) writeFileSync(new URL(name, folder), text);
