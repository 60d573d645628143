/**
 * @file The committed schemas are up to date and match the TypeScript types: same fields, same types, same required ones. The types are
 * read from their source.
 */
import { readFileSync } from "node:fs";
import { type InterfaceDeclaration, Project, type PropertySignature } from "ts-morph";
import { expect, test } from "vitest";
import { schemaFiles } from "../../compiler/plan/schema/files.ts";
import type { JsonSchema } from "../../compiler/plan/schema/json-schema.ts";
import { inertFields, parallelConfigSchema } from "../../compiler/plan/schema/parallel-config-schema.ts";
import { planSchema } from "../../compiler/plan/schema/plan-schema.ts";
import { reservedKeys } from "../../compiler/plan/schema/reserved-keys.ts";
import { inputSpec, outputSpec } from "../../compiler/plan/schema/spec-schemas.ts";

const source = new Project({ skipLoadingLibFiles: true }).addSourceFileAtPath("compiler/plan/types.ts");

test.each(schemaFiles())("schemas/%s is fresh (npm run schemas)", (name, text) => {
  expect(readFileSync(`schemas/${name}`, "utf8")).toBe(text);
});

test.each([
  ["ContextParallelInput", inputSpec],
  ["ContextParallelOutput", outputSpec],
])("the schema of %s has its fields", (name, schema) => {
  const type = source.getInterfaceOrThrow(name);
  expect(fieldsOfSchema(schema.properties ?? {}, schema.then?.required ?? [])).toEqual(fieldsOfType(type));
});

test("the schema of a parallel config has the fields of MeshConfig, all optional", () => {
  const type = source.getInterfaceOrThrow("MeshConfig");
  const fields = parallelConfigSchema.else?.properties ?? {};
  const hidden = new Set(["mesh", "context_parallel_config", "tensor_parallel_config", ...inertFields]);
  const own = Object.entries(fields).filter(([name]) => !name.startsWith("$") && !hidden.has(name));
  const names = own.map(([name]) => name).sort();
  expect(names).toEqual(type.getProperties().map(nameOf).sort());
  for (const [name, schema] of own) {
    const written = type.getPropertyOrThrow(name).getTypeNodeOrThrow().getText();
    expect([name, typeOfSchema(schema)]).toEqual([name, `${written} | null`]);
  }
});

test("the reserved keys are those of the type", () => {
  const type = source.getInterfaceOrThrow("ReservedKeys");
  expect(fieldsOfSchema(reservedKeys, [])).toEqual(fieldsOfType(type));
  expect(Object.keys(planSchema.properties ?? {})).toEqual([...Object.keys(reservedKeys), ""]);
});

type Fields = Readonly<Record<string, string>>;

/** Name, with `?` if optional, to type; the only type that a reserved key has by name is written out. */
function fieldsOfType(type: InterfaceDeclaration): Fields {
  const entries = type.getProperties().map((property) => {
    const name = `${nameOf(property)}${property.hasQuestionToken() ? "?" : ""}`;
    const scheme = source.getTypeAliasOrThrow("AttentionScheme").getTypeNodeOrThrow().getText();
    return [name, property.getTypeNodeOrThrow().getText().replace("AttentionScheme", scheme)];
  });
  return Object.fromEntries(entries) as Fields;
}

function fieldsOfSchema(properties: Readonly<Record<string, JsonSchema>>, required: readonly string[]): Fields {
  const entries = Object.entries(properties).map(([name, schema]) => {
    return [`${name}${required.includes(name) ? "" : "?"}`, typeOfSchema(schema)];
  });
  return Object.fromEntries(entries) as Fields;
}

function typeOfSchema(schema: JsonSchema): string {
  if (schema.enum !== undefined) return schema.enum.map((choice) => JSON.stringify(choice)).join(" | ");
  if (typeof schema.additionalProperties === "object") {
    return `Readonly<Record<string, ${typeOfSchema(schema.additionalProperties)}>>`;
  }
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  return types.map((type) => (type === "integer" ? "number" : type)).join(" | ");
}

function nameOf(property: PropertySignature): string {
  return property.getName();
}
