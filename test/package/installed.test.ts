/**
 * @file The package installed by npm into an empty project, as docs/packaging.md describes it: on every Node, as ES module, CommonJS and TypeScript,
 * in test runners, and bundled. Each runs a Flux on two ranks and compares it with the unsplit model. Long, and needs the npm registry:
 * `npm run package`.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { fixture } from "../support/fixtures.ts";
import { commonjs, comparison, modules } from "./app.ts";

const long = process.env["MODE"] === "long";
vi.setConfig({ testTimeout: 300_000, hookTimeout: 600_000 });

const root = process.cwd();
const page = readFileSync("docs/packaging.md", "utf8");
const nodes = ["20.0.0", "20", "22", "24"];
const tools = ["typescript@5", "@types/node@20", "esbuild", "vite", "webpack", "webpack-cli", "vitest@3", "jest"];
const print = "console.log(await difference());\n";
const expects = 'test("agrees", async () => expect(await difference()).toBeLessThan(1e-5), 60_000);\n';
let project: string;
let packed: string;

/** The block of code of the page that contains `text`. */
function block(text: string): string {
  const blocks = [...page.matchAll(/^```js\n([\s\S]*?)^```$/gm)].map(([, code]) => code ?? "");
  const found = blocks.filter((code) => code.includes(text));
  expect(found).toHaveLength(1);
  return found[0]!;
}

function write(file: string, text: string): void {
  writeFileSync(join(project, file), text);
}

/** Runs a command in the project, and gives what it prints. */
function run(command: string, argv: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  // The test runner of this repository has settings that those of the project must not see.
  const own = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(?:VITE|VITEST|NODE_ENV|MODE|npm_)/.test(name)),
  );
  const ran = spawnSync(command, argv, { cwd: project, encoding: "utf8", env: { ...own, ...env } });
  expect(ran.status, `${command} ${argv.join(" ")}\n${ran.stdout}${ran.stderr}`).toBe(0);
  return ran.stdout;
}

const bin = (name: string): string => join(project, "node_modules/.bin", name);
const nodeOf = (version: string): string => join(project, `node-${version}`, "node_modules/node/bin/node");

function install(...packages: readonly string[]): string {
  return run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...packages]);
}

/** The largest difference from the unsplit model that a program of the project prints. */
function difference(argv: readonly string[], node: string = process.execPath): number {
  const printed = run(node, argv);
  expect(printed).toMatch(/^[\d.e-]+\n$/);
  return Number(printed);
}

/** Runs a bundle in another folder than the one that it was made in. */
function bundled(): number {
  renameSync(join(project, "out"), join(project, "away"));
  write("away/package.json", '{ "type": "module" }\n');
  try {
    return difference(["away/app.js"]);
  } finally {
    rmSync(join(project, "away"), { recursive: true });
  }
}

describe.skipIf(!long)("installed", () => {
  beforeAll(async () => {
    project = await realpath(await mkdtemp(join(tmpdir(), "onnx-cp-installed-")));
    const npm = { cwd: project, encoding: "utf8" } as const;
    packed = execFileSync("npm", ["pack", root, "--ignore-scripts", "--silent"], npm).trim();
    write("package.json", '{ "private": true }\n');
    install(`./${packed}`);
    cpSync(fixture("flux/flux.dynamo18-dynamic.onnx"), join(project, "flux.onnx"));
    // What esbuild writes for `await using`, on any Node.
    const disposed = 'session[Symbol.asyncDispose ?? Symbol.for("Symbol.asyncDispose")]()';
    write("app.mjs", `${modules}${comparison.replace("session.release()", disposed)}${print}`);
    write("app.cjs", `${commonjs}${comparison}difference().then(console.log);\n`);
    for (const version of nodes) {
      mkdirSync(join(project, `node-${version}`));
      run("npm", ["install", "--prefix", `node-${version}`, "--no-audit", "--no-fund", `node@${version}`]);
    }
  });

  afterAll(() => rm(project, { recursive: true, force: true }));

  test("npm brings onnxruntime-node with it, and no second copy", () => {
    const listed = JSON.parse(run("npm", ["ls", "onnxruntime-node", "--json", "--all"])) as object;
    expect(JSON.stringify(listed).match(/"onnxruntime-node":\{"version"/g)).toHaveLength(1);
  });

  test.each(nodes)("import and require on Node %s", (version) => {
    expect(difference(["app.mjs"], nodeOf(version))).toBeLessThan(1e-5);
    expect(difference(["app.cjs"], nodeOf(version))).toBeLessThan(1e-5);
  });

  test("every release of onnxruntime-node in the range of the peer dependency", () => {
    const { peerDependencies } = JSON.parse(readFileSync("package.json", "utf8")) as Record<
      string,
      Record<string, string>
    >;
    const name = `onnxruntime-node@${peerDependencies!["onnxruntime-node"]}`;
    const found = JSON.parse(run("npm", ["view", name, "version", "--json"])) as string | readonly string[];
    const versions = [found].flat();
    expect(versions).toContain("1.30.0");
    for (const version of versions) {
      install(`onnxruntime-node@${version}`);
      for (const backend of ["native", "binding"]) {
        const printed = run(process.execPath, ["app.mjs"], { ONNX_CP_BACKEND: backend });
        expect(Number(printed)).toBeLessThan(1e-5);
      }
    }
  });

  describe("with tools", () => {
    beforeAll(() => void install(...tools));

    test.each([
      ["node16", "node16", ["app.mts", "app.cts"]],
      ["nodenext", "nodenext", ["app.mts", "app.cts"]],
      ["esnext", "bundler", ["app.mts"]],
    ] as const)("TypeScript with module %s and resolution %s", (module, resolution, files) => {
      const types = 'import type { AttachOptions, Session } from "onnx-context-parallel";\n';
      const typed = `${types}export const options: AttachOptions = { devices: ["cpu"] };\nexport type Held = Session;\n`;
      write("app.mts", `${modules}${typed}${comparison}${print}`);
      write("app.cts", `${modules}${typed}${comparison}void difference().then(console.log);\n`);
      const options = `--strict --skipLibCheck --target es2022 --types node --outDir ts-${resolution}`.split(" ");
      run(bin("tsc"), [...options, "--module", module, "--moduleResolution", resolution, ...files]);
      for (const file of files)
        expect(difference([join(`ts-${resolution}`, file.replace("ts", "js"))])).toBeLessThan(1e-5);
      const wrong =
        'import { attach } from "onnx-context-parallel";\nexport const wrong: Parameters<typeof attach>[1] = { devices: ["gpu"] };\n';
      write("wrong.cts", wrong);
      const checked = spawnSync(bin("tsc"), [...options, "--noEmit", "--module", "node16", "wrong.cts"], {
        cwd: project,
        encoding: "utf8",
      });
      expect(checked.stdout).toContain("Type '\"gpu\"' is not assignable to type 'DeviceName'");
    });

    test("Vitest", () => {
      write("vitest.test.mjs", `import { expect, test } from "vitest";\n${modules}${comparison}${expects}`);
      expect(run(bin("vitest"), ["run", "vitest.test.mjs"])).toContain("1 passed");
    });

    test("Jest, with the environment of the page", () => {
      mkdirSync(join(project, "jest"), { recursive: true });
      write("jest/esm.test.mjs", `import { expect, test } from "@jest/globals";\n${modules}${comparison}${expects}`);
      write("jest/cjs.test.cjs", `${commonjs}${comparison}${expects}`);
      write("jest/environment.cjs", block("TestEnvironment"));
      const extensions = {
        testMatch: ["**/jest/*.test.*"],
        moduleFileExtensions: ["js", "mjs", "cjs", "json", "node"],
      };
      const config = { ...extensions, testEnvironment: "./jest/environment.cjs", transform: {}, testTimeout: 60_000 };
      write("jest.config.json", JSON.stringify({ ...config, modulePathIgnorePatterns: ["node-"] }));
      const env = { NODE_OPTIONS: "--experimental-vm-modules" };
      expect(run(bin("jest"), ["-c", "jest.config.json", "--json"], env)).toContain('"numPassedTests":2');
    });

    test("esbuild, by the command of the page", () => {
      const [, command = ""] = /^ {4}(esbuild app=[\s\S]*?)\n\n/m.exec(page)!;
      run("bash", ["-c", `PATH=node_modules/.bin:$PATH ${command.replaceAll(/\n\s*/g, " ")}`]);
      expect(bundled()).toBeLessThan(1e-5);
    });

    test.each([
      ["vite", "vite.config.mjs", "rollupOptions", ["build"]],
      ["webpack", "webpack.config.cjs", "experiments", ["-c", "webpack.config.cjs"]],
    ] as const)("%s, by the settings of the page", (tool, file, text, argv) => {
      write(file, block(text));
      run(bin(tool), argv);
      expect(bundled()).toBeLessThan(1e-5);
    });

    test("the types are right for every kind of resolution", () => {
      const argv = ["--yes", "@arethetypeswrong/cli", packed, "--exclude-entrypoints", "./rank-worker"];
      expect(run("npx", argv)).toContain("No problems found");
    });
  });
});
