/**
 * @file Arguments: valid ones, and the messages for invalid ones.
 */
import { expect, test } from "vitest";
import { parseArguments } from "../../cli/arguments.ts";
import { main } from "../../cli/cli.ts";
import { capture } from "./capture.ts";

const parse = (line: string): ReturnType<typeof parseArguments> =>
  parseArguments(line.split(" ").filter(Boolean), "1.2.3");

function problem(line: string): string {
  const request = parse(line);
  return request.kind === "usage" ? `${request.command}: ${request.problem}` : request.kind;
}

test("every command is understood", () => {
  for (const line of [
    "inspect m.onnx --module blocks.*",
    "init m.onnx",
    "init m.onnx --out p.plan.jsonc --shape a=1,2 --shape b=3 --format json",
    "check p.plan.json",
    "check a.plan.json - b.plan.jsonc --model m.onnx --watch",
    "check p.plan.json --format sarif",
    "compile p.plan.json --out dir --copy-weights --format github",
    "inspect m.onnx --depth 2",
    "explain",
    "explain CP4015 --format json",
    "completion zsh",
    "check p.plan.json --model m.onnx --explain --simulate",
    "check p.plan.json --model m.onnx --explain blocks.* --strict",
    "check p.plan.json --model m.onnx --simulate --shares 2,1.5,1",
    "compile p.plan.json --model m.onnx --out dir --ulysses-degree 2 --ring-degree 3",
    "run dir --inputs in.npz --devices cpu,cpu --shares 2,1 --verify --steps 3 --world threads",
    "run p.plan.ts --model m.onnx --inputs in.npz --outputs out.npz --shape a=1,2 --shape b=3 --format json",
    "bench p.plan.json --model m.onnx --inputs in.npz --rounds 3 --ring-degree 2 --format json",
    "bench p.plan.json",
    "run dir --inputs in.npz --shares auto",
    "schema",
    "schema m.onnx --out s.json",
  ]) {
    expect(parse(line)).toMatchObject({ kind: "command", name: line.split(" ")[0] });
  }
});

test("wrong usage is said in a sentence, with what was meant", () => {
  const lines = [
    "",
    "chek p.plan.json",
    "check",
    "check p.plan.json --model",
    "check p.plan.json --modle m.onnx",
    "compile p.plan.json extra --model m.onnx --out dir",
    "help chek",
    "completion tcsh",
    "inspect m.onnx --depth 0",
    "check p.plan.json --model m.onnx --ulysses-degree 0",
    "check p.plan.json --model m.onnx --ulysses-degree two",
    "check p.plan.json --model m.onnx --config c.json --ring-degree 2",
    "check p.plan.json --model m.onnx --config c.json --no-convert-to-fp32",
    "check p.plan.json --model m.onnx --rotate-method alltoal",
    "check p.plan.json --model m.onnx --devices cpu,,cpu",
    "run dir --inputs in.npz --shares 2,,1",
    "run dir --inputs in.npz --shares fast,slow",
    "check p.plan.json --model m.onnx --simulate --shares auto",
    "check p.plan.json --model m.onnx --shape hidden_states=1,x",
    "check p.plan.json --model m.onnx --shape hidden_states",
    "check p.plan.json --model m.onnx --shape a=1 --shape a=2",
    "check p.plan.json --model m.onnx --format yaml",
    "compile p.plan.json --model m.onnx",
    "run dir",
    "run dir --inputs in.npz --steps -1",
    "run dir --inputs in.npz --world mpj",
    "inspect m.onnx --modules x",
    "bench p.plan.json --rounds 0",
  ];
  const text = lines.map((line) => `$ onnx-cp ${line}`.trimEnd().concat(`\n${problem(line)}\n`)).join("\n");
  return expect(text).toMatchFileSnapshot("golden/usage.txt");
});

test("wrong usage exits with 2 and says where the help is", async () => {
  const io = capture();
  expect(await main(["check", "p.plan.json", "--modle", "m"], io)).toBe(2);
  expect(io.stdout()).toBe("");
  expect(io.stderr()).toBe(
    "error CP7001: unknown option '--modle' (Did you mean --model?)\n  hint: see onnx-cp check --help\n\n1 error\n",
  );
});

test("with --format json wrong usage is one document on standard output", async () => {
  for (const format of [["--format", "json"], ["--format=json"]]) {
    const io = capture();
    expect(await main(["check", ...format], io)).toBe(2);
    expect(io.stderr()).toBe("");
    const document = JSON.parse(io.stdout()) as Record<string, unknown>;
    expect(Object.keys(document)).toEqual(["version", "command", "ok", "diagnostics", "result"]);
    expect(document).toMatchObject({ command: "check", ok: false, diagnostics: [{ code: "CP7001" }], result: null });
  }
});

test("help and version are printed and fine", async () => {
  const io = capture();
  expect(await main(["--version"], io)).toBe(0);
  expect(io.stdout()).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const command of ["inspect", "init", "check", "compile", "run", "schema", "explain"]) {
    const io = capture();
    expect(await main([command, "--help"], io)).toBe(0);
    expect(io.stdout()).toContain(`Usage: onnx-cp ${command}`);
    expect(io.stdout()).toContain("--format");
  }
});

test("the help lists the commands and the exit codes", async () => {
  const io = capture();
  await main(["--help"], io);
  await expect(io.stdout()).toMatchFileSnapshot("golden/help.txt");
});
