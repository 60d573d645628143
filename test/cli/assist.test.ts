/**
 * @file What the command line says of itself: help, version, completion in a shell, explanations of codes, colors.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { main } from "../../cli/cli.ts";
import { usesColors } from "../../cli/colors.ts";
import { pagesOf, pageText } from "../../cli/assist/page.ts";
import { temporaryFolder } from "../support/files.ts";
import { readCatalogue } from "../errors/catalogue.ts";
import { capture } from "./capture.ts";

async function cp(...argv: readonly string[]): Promise<{ exitCode: number; stdout: string; stderr: string }> {
  const io = capture();
  const exitCode = await main(argv, io);
  return { exitCode, stdout: io.stdout(), stderr: io.stderr() };
}

test("-v, -V and --version are the same, -h, help and --help too", async () => {
  const [version, help, check] = [await cp("--version"), await cp("--help"), await cp("check", "--help")];
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  for (const flag of ["-v", "-V"]) expect(await cp(flag)).toEqual(version);
  for (const argv of [["-h"], ["help"]]) expect(await cp(...argv)).toEqual(help);
  for (const argv of [
    ["check", "-h"],
    ["help", "check"],
  ])
    expect(await cp(...argv)).toEqual(check);
  expect(check.stdout).toContain("--no-color");
});

test("a command that does not exist has no help, but perhaps a neighbour", async () => {
  const { exitCode, stdout, stderr } = await cp("help", "chek");
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  expect(stderr).toMatch(
    /^error CP7001: unknown command 'chek' \(Did you mean check\?\)\n {2}hint: see onnx-cp --help\n/,
  );
});

test("colors follow NO_COLOR, FORCE_COLOR, the terminal and --no-color", async () => {
  const cases: readonly (readonly [Record<string, string>, boolean, boolean])[] = [
    [{}, true, true],
    [{}, false, false],
    [{ NO_COLOR: "1" }, true, false],
    [{ NO_COLOR: "" }, true, true],
    [{ FORCE_COLOR: "1" }, false, true],
    [{ FORCE_COLOR: "0" }, true, false],
    [{ NO_COLOR: "1", FORCE_COLOR: "1" }, true, false],
    [{ TERM: "dumb" }, true, false],
  ];
  for (const [environment, isTerminal, expected] of cases) {
    expect([environment, usesColors(environment, isTerminal)]).toEqual([environment, expected]);
  }
  for (const [argv, expected] of [
    [["explain", "CP0000"], true],
    [["explain", "CP0000", "--no-color"], false],
  ] as const) {
    const io = { ...capture(), colors: true };
    const text: string[] = [];
    await main(argv, { ...io, err: (part) => void text.push(part) });
    expect(text.join("").includes("\u001b[")).toBe(expected);
  }
});

test("a pipe gets no colors, on a server for builds neither", () => {
  const env: NodeJS.ProcessEnv = { ...process.env, CI: "true", TERM: "xterm" };
  const { stderr } = spawnSync(process.execPath, ["bin/onnx-cp.js", "explain", "CP0000"], { encoding: "utf8", env });
  expect(stderr).toMatch(/^error CP\d+: /);
});

test("explain prints the section of the page of every code, for a terminal", async () => {
  const { exitCode, stdout } = await cp("explain", "cp4015");
  expect(exitCode).toBe(0);
  await expect(stdout).toMatchFileSnapshot("golden/explain-code.txt");
  expect((await cp("explain", "4015")).stdout).toBe(stdout);
  const listed = (await cp("explain")).stdout.trimEnd().split("\n").slice(1);
  const codes = (await readCatalogue()).map(({ code }) => code);
  expect(listed.map((line) => line.slice(0, 6))).toEqual(codes);
  for (const code of codes)
    expect((await cp("explain", code)).stdout).toMatch(new RegExp(`^\\w+ ${code}: \\S.*\\n\\n\\S`));
  const json = JSON.parse((await cp("explain", "CP4015", "--format", "json")).stdout) as { result: object };
  expect(json.result).toMatchObject({ code: "CP4015", severity: "note" });
});

test("explain of an unknown code names the nearest one", async () => {
  const { exitCode, stdout, stderr } = await cp("explain", "CP40150");
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(stderr).toContain('error CP7011: no diagnostic has the code CP40150\n  hint: did you mean "CP40');
  expect((await cp("explain", "soup")).stderr).toContain("hint: onnx-cp explain lists all codes");
});

test("a page is wrapped, without marks of Markdown, its code untouched", () => {
  const code = '```json\n{ "a": `b` }\n```\n';
  const page = pagesOf(
    `# x\n\n### CP1000\n\n**A \`b\` c** (error)\n\nsee [the page](x.md#y) of \`split_dim\`\n\nParameters: \`a: b\`\n\n${code}\n## Next\n`,
  );
  expect(pageText(page.get("CP1000")!, 12)).toBe(
    'error CP1000: A `b` c\n\nsee the page\nof split_dim\n\n    { "a": `b` }\n',
  );
});

const shells = (["bash", "zsh", "fish"] as const).map((shell) => ({
  shell,
  isHere: spawnSync(shell, ["-c", "exit 0"]).status === 0,
}));

test.each(shells)("the completion script for $shell is syntax that it reads", async ({ shell, isHere }) => {
  const { exitCode, stdout } = await cp("completion", shell);
  expect(exitCode).toBe(0);
  for (const word of ["inspect", "--ulysses-degree", "alltoall", ".onnx"]) {
    expect(stdout).toContain(shell === "fish" ? word.replace(/^--/, "-l ") : word);
  }
  if (!isHere) return;
  const file = join(await temporaryFolder(), "script");
  writeFileSync(file, stdout);
  const { status, stderr } = spawnSync(shell, ["-n", file], { encoding: "utf8" });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("bash completes commands, options, choices and files", async () => {
  const folder = await temporaryFolder();
  for (const name of ["a.onnx", "a.plan.json", "a.txt"]) writeFileSync(join(folder, name), "");
  mkdirSync(join(folder, "abc"));
  const script = (await cp("completion", "bash")).stdout;
  const completed = (...words: readonly string[]): readonly string[] => {
    const ask = `COMP_WORDS=(onnx-cp ${words.map((word) => `'${word}'`).join(" ")}); COMP_CWORD=${words.length}; _onnx_cp; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = spawnSync("bash", ["--norc", "-c", `${script}\n${ask}`], { cwd: folder, encoding: "utf8" });
    return stdout.split("\n").filter(Boolean).sort();
  };
  expect(completed("in")).toEqual(["init", "inspect"]);
  expect(completed("check", "--ro")).toEqual(["--rotate-method"]);
  expect(completed("check", "--rotate-method", "")).toEqual(["allgather", "alltoall"]);
  expect(completed("check", "a.plan.json", "--model", "a")).toEqual(["a.onnx", "abc"]);
  expect(completed("check", "a")).toEqual(["a.plan.json", "abc"]);
  expect(completed("check", "x", "--format", "")).toEqual(["github", "json", "sarif", "text"]);
  expect(completed("run", "x", "--format", "")).toEqual(["json", "text"]);
  expect(completed("compile", "x", "--out", "a")).toEqual(["abc"]);
  expect(completed("completion", "")).toEqual(["bash", "fish", "zsh"]);
  expect(completed("help", "ch")).toEqual(["check"]);
});

test("a shell that is not known is wrong usage", async () => {
  const { exitCode, stderr } = await cp("completion", "tcsh");
  expect(exitCode).toBe(2);
  expect(stderr).toMatch(/^error CP7001: .*'tcsh'.*bash, zsh, fish/);
});
