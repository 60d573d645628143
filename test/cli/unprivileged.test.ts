/**
 * @file A user without rights over the model: its files and its folder are read-only. Needs root, to become such a user.
 */
import { spawnSync } from "node:child_process";
import { chmodSync, chownSync, copyFileSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readNpz } from "../../ort/files/npz.ts";
import { fixture } from "../support/fixtures.ts";
import { temporaryFolder } from "../support/files.ts";
import { root } from "../structure/sources.ts";
import { ours } from "../temporary/support.ts";

const nobody = { uid: 65534, gid: 65534 };

/** Runs node as that user. */
function asNobody(
  argv: readonly string[],
  temporary: string,
): { readonly status: number | null; readonly text: string } {
  const env = { ...process.env, TMPDIR: temporary, HOME: temporary };
  const { status, stdout, stderr } = spawnSync(process.execPath, argv, { ...nobody, cwd: "/", env, encoding: "utf8" });
  return { status, text: `${stdout ?? ""}${stderr ?? ""}` };
}

/** Root, and this checkout can be read by others. */
function canTry(): boolean {
  if (process.getuid?.() !== 0) return false;
  const probe = `require("node:fs").readFileSync(${JSON.stringify(join(root, "dist/cli/main.js"))})`;
  return asNobody(["-e", probe], "/").status === 0;
}

const model = "flux.dynamo18-external.onnx";

test.runIf(canTry())(
  "a read-only model in a read-only folder is compiled and run (needs root)",
  { timeout: 180_000 },
  async () => {
    const folder = await temporaryFolder();
    const models = join(folder, "models");
    const own = join(folder, "own");
    const temporary = join(folder, "tmp");
    for (const path of [models, own, temporary]) mkdirSync(path);
    for (const name of [model, `${model}.data`]) {
      copyFileSync(fixture(`flux/${name}`), join(models, name));
      chmodSync(join(models, name), 0o444);
    }
    chmodSync(models, 0o555);
    chmodSync(folder, 0o755);
    for (const path of [own, temporary]) chownSync(path, nobody.uid, nobody.gid);

    const cp = (...argv: readonly string[]): ReturnType<typeof asNobody> =>
      asNobody([join(root, "bin/onnx-cp.js"), ...argv], temporary);
    const plan = [join(root, "plans/flux.plan.json"), "--model", join(models, model), "--ulysses-degree", "2"];
    const inputs = ["--inputs", fixture("flux/flux.img67-txt13.inputs.npz")];
    const program = join(own, "program");
    // Twice: the second replaces the first.
    for (let i = 0; i < 2; i++) expect(cp("compile", ...plan, "--out", program)).toMatchObject({ status: 0 });
    const ran = cp("run", program, ...inputs, "--outputs", join(own, "out.npz"), "--verify");
    expect(ran).toMatchObject({ status: 0, text: expect.stringContaining("agrees") as string });
    expect((await readNpz(join(own, "out.npz"))).ok).toBe(true);
    expect(cp("run", ...plan, ...inputs, "--verify")).toMatchObject({ status: 0 });
    expect(ours(temporary)).toEqual([]);

    // The folder of the model cannot be written: said so, and nothing is left.
    const refused = cp("compile", ...plan, "--out", join(models, "program"));
    expect(refused).toMatchObject({ status: 1, text: expect.stringContaining("error CP5205") as string });
    expect(readdirSync(models).sort()).toEqual([model, `${model}.data`]);
  },
);
