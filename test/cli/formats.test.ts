/**
 * @file Diagnostics in the forms of other tools: annotations of GitHub, a SARIF log, and the edits that hints describe.
 */
import { readFileSync } from "node:fs";
import Ajv from "ajv";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { editOf } from "../../cli/formats/edit.ts";
import { annotations } from "../../cli/formats/github.ts";
import { sarifOf } from "../../cli/formats/sarif.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import { capture } from "./capture.ts";

const model = "test/fixtures/flux/flux.dynamo18-dynamic.onnx";
const plan = "test/cli/cases/several-mistakes.plan.jsonc";

async function printed(...argv: readonly string[]): Promise<string> {
  const io = capture();
  await main([...argv, "--model", model, "--ulysses-degree", "2"], io);
  expect(io.stderr()).toBe("");
  return io.stdout();
}

const at = (line: number, column: number, offset: number): Diagnostic["start"] & object => ({ line, column, offset });

test("an annotation has a place, a title and an escaped text", async () => {
  const one: Diagnostic = {
    code: "CP1234",
    severity: "warning",
    message: "50 % of\na:b,c\u001b",
    file: "dir,1/a:b.plan.json",
    start: at(2, 3, 9),
    end: at(2, 8, 14),
    related: [{ message: "made here", module: "", node: "n" }],
    hint: "write\r\nx",
  };
  const text = '50 %25 of%0Aa:b,c?%0Asee: made here (module "", node n)%0Ahint: write?%0Ax';
  expect(annotations([one])).toBe(
    `::warning file=dir%2C1/a%3Ab.plan.json,line=2,col=3,endLine=2,endColumn=7,title=CP1234::${text}\n`,
  );
  expect(annotations([{ ...one, severity: "note", end: at(4, 2, 30) }])).toMatch(
    /^::notice file=.*,line=2,endLine=4,title=/,
  );
  expect(annotations([{ ...one, severity: "error", file: "<stdin>" }])).toMatch(/^::error title=CP1234::/);
  const all = await printed("check", plan, "--format", "github");
  await expect(all).toMatchFileSnapshot("golden/check.github.txt");
});

test("a good plan has no annotation, and its result is printed", async () => {
  expect(await printed("check", "plans/flux.plan.json", "--format", "github")).toMatch(/^plan is exact: /);
});

/** The rules of the SARIF 2.1.0 schema for the properties that the log uses; no other property passes. */
const text = {
  type: "object",
  required: ["text"],
  additionalProperties: false,
  properties: { text: { type: "string", minLength: 1 } },
};
const closed = (properties: object, ...required: readonly string[]): object => {
  return { type: "object", additionalProperties: false, properties, required };
};
const list = (items: object, minItems = 0): object => ({ type: "array", minItems, items });
const count = (minimum: number): object => ({ type: "integer", minimum });
const level = { enum: ["none", "note", "warning", "error"] };
const region = closed({
  startLine: count(1),
  startColumn: count(1),
  endLine: count(1),
  endColumn: count(1),
  charOffset: count(0),
  charLength: count(0),
});
const artifact = closed({ uri: { type: "string", pattern: "^(file:///)?[A-Za-z0-9._~%/-]+$" } }, "uri");
const logical = closed({ fullyQualifiedName: { type: "string" }, kind: { type: "string" } });
const physical = closed({ artifactLocation: artifact, region }, "artifactLocation");
const location = closed({ id: count(0), physicalLocation: physical, message: text, logicalLocations: list(logical) });
const replacement = closed(
  { deletedRegion: region, insertedContent: closed({ text: { type: "string" } }) },
  "deletedRegion",
);
const change = closed(
  { artifactLocation: artifact, replacements: list(replacement, 1) },
  "artifactLocation",
  "replacements",
);
const fix = closed({ description: text, artifactChanges: list(change, 1) }, "artifactChanges");
const result = closed(
  {
    ruleId: { type: "string" },
    ruleIndex: count(0),
    level,
    message: text,
    locations: list(location),
    relatedLocations: list(location),
    fixes: list(fix),
  },
  "message",
);
const rule = closed(
  {
    id: { type: "string" },
    shortDescription: text,
    fullDescription: text,
    help: text,
    defaultConfiguration: closed({ level }),
  },
  "id",
);
const driver = closed(
  { name: { type: "string" }, fullName: { type: "string" }, semanticVersion: { type: "string" }, rules: list(rule) },
  "name",
);
const invocation = closed(
  { executionSuccessful: { type: "boolean" }, exitCode: { type: "integer" } },
  "executionSuccessful",
);
const run = closed(
  {
    tool: closed({ driver }, "driver"),
    columnKind: { enum: ["utf16CodeUnits"] },
    invocations: list(invocation),
    results: list(result),
  },
  "tool",
);
const validate = new Ajv.default({ strict: true }).compile(
  closed({ $schema: { type: "string" }, version: { const: "2.1.0" }, runs: list(run, 1) }, "version", "runs"),
);

interface Log {
  readonly runs: readonly [
    {
      readonly tool: {
        readonly driver: {
          readonly rules: readonly { readonly id: string; readonly help: { readonly text: string } }[];
        };
      };
      readonly results: readonly {
        readonly ruleId: string;
        readonly ruleIndex: number;
        readonly fixes?: readonly object[];
      }[];
    },
  ];
}

test("a SARIF log is valid, names its rules, and has the places of the diagnostics", async () => {
  const log = JSON.parse(await printed("check", plan, "--format", "sarif")) as Log;
  expect(validate(log) ? [] : validate.errors).toEqual([]);
  const [{ tool, results }] = log.runs;
  const { rules } = tool.driver;
  const { diagnostics } = JSON.parse(await printed("check", plan, "--format", "json")) as {
    diagnostics: readonly Diagnostic[];
  };
  expect(results.map(({ ruleId }) => ruleId)).toEqual(diagnostics.map(({ code }) => code));
  for (const { ruleId, ruleIndex } of results) expect(rules[ruleIndex]?.id).toBe(ruleId);
  for (const { id, help } of rules) expect(help.text).toContain(`${id}: `);
  for (const [i, { start, end, file }] of diagnostics.entries()) {
    if (start === undefined || end === undefined || file === undefined) continue;
    const place = { startLine: start.line, startColumn: start.column, endLine: end.line, endColumn: end.column };
    expect(results[i]).toMatchObject({
      locations: [{ physicalLocation: { artifactLocation: { uri: file }, region: place } }],
    });
  }
  expect(results.some(({ fixes }) => fixes !== undefined)).toBe(true);
  // Without diagnostics there is a log all the same.
  expect(validate(JSON.parse(await printed("check", "plans/flux.plan.json", "--format", "sarif")))).toBe(true);
});

test("a log of any diagnostic is valid: no place, no page, odd file names", () => {
  const bare: Diagnostic = { code: "CP9999", severity: "note", message: "m", related: [] };
  const odd: Diagnostic = {
    ...bare,
    file: "a b/%#\u00fc.plan.json",
    related: [
      { message: "r", module: "" },
      { message: "s", file: "/abs/x" },
    ],
  };
  const log = sarifOf(
    { version: "1.2.3", exitCode: 0, diagnostics: [bare, odd] },
    { read: () => undefined, pages: new Map() },
  );
  expect(validate(JSON.parse(log)) ? [] : validate.errors).toEqual([]);
  expect(log).toContain('"a%20b/%25%23%C3%BC.plan.json"');
  expect(log).toContain('"file:///abs/x"');
});

test("the edit of a hint replaces the name at the place, in its quotes", () => {
  const edit = (there: string, hint: string): string | null => {
    const diagnostic: Diagnostic = {
      code: "CP1",
      severity: "error",
      message: "",
      file: "f",
      start: at(1, 3, 2),
      end: at(1, 1, 2 + there.length),
      related: [],
      hint,
    };
    const found = editOf(diagnostic, () => `{ ${there} }`);
    return found === null ? null : found.text;
  };
  expect(edit('"img_idz"', 'did you mean "img_ids"?')).toBe('"img_ids"');
  expect(edit("'img_idz'", 'did you mean "img_ids"?')).toBe("'img_ids'");
  expect(edit("img_idz", 'did you mean "img_ids"?')).toBe("img_ids");
  expect(edit("img_idz", 'did you mean "img.ids"?')).toBeNull();
  expect(edit('{ "a": 1 }', 'did you mean "img_ids"?')).toBeNull();
  expect(edit('"a", "b"', 'did you mean "img_ids"?')).toBeNull();
  expect(edit('"a"', "give another name")).toBeNull();
  expect(edit(",", "remove the comma, or rename the file")).toBe("");
  expect(
    editOf({ code: "CP1", severity: "error", message: "", related: [], hint: 'did you mean "x"?' }, () => ""),
  ).toBeNull();
});

test("other commands have no such formats", async () => {
  const io = capture();
  expect(await main(["inspect", model, "--format", "sarif"], io)).toBe(2);
  expect(readFileSync("docs/cli.md", "utf8")).toContain("sarif");
});
