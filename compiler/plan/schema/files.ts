/**
 * @file The committed schema files as texts. Knows no folder.
 */
import type { JsonSchema } from "./json-schema.ts";
import { parallelConfigSchema } from "./parallel-config-schema.ts";
import { planSchema } from "./plan-schema.ts";

/** File name and text of every schema that the package ships. */
export function schemaFiles(): readonly (readonly [string, string])[] {
  return [
    ["plan.schema.json", schemaText(planSchema)],
    ["parallel-config.schema.json", schemaText(parallelConfigSchema)],
  ];
}

/** A schema as the text of a file. */
export function schemaText(schema: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** The schema of a model as the text of a file: it may have thousands of modules, so each is one line. */
export function modelSchemaText(schema: JsonSchema): string {
  const lines = Object.entries(schema).map(([key, value]) => {
    const isLong = key === "properties" || key === "definitions";
    return `  ${JSON.stringify(key)}: ${isLong ? membersText(value as object) : JSON.stringify(value)}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
}

function membersText(members: object): string {
  const lines = Object.entries(members).map(([key, value]) => `    ${JSON.stringify(key)}:${JSON.stringify(value)}`);
  return `{\n${lines.join(",\n")}\n  }`;
}
