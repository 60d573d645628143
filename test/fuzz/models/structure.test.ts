/**
 * @file Well-encoded but meaningless models: refused with diagnostics, or the plan is right on every value.
 */
import { join } from "node:path";
import { toBinary } from "@bufbuild/protobuf";
import * as fc from "fast-check";
import { ModelProtoSchema } from "onnx-buf";
import { test } from "vitest";
import { temporaryFolder } from "../../support/files.ts";
import { fuzz, TIMEOUT } from "../budget.ts";
import { bases, modelOf, type Base } from "./bases.ts";
import { apply, damage, type Damage } from "./damage.ts";
import { judge, mesh } from "./judge.ts";

function damaged(base: Base, damages: readonly Damage[]): Uint8Array {
  const model = modelOf(base);
  for (const one of damages) apply(model, one);
  return toBinary(ModelProtoSchema, model);
}

test.each(bases)("$name, damaged, is answered", { timeout: TIMEOUT }, async (base) => {
  const file = join(await temporaryFolder(), "m.onnx");
  const damages = fc.array(damage, { minLength: 1, maxLength: 3 });
  await fuzz(`damaged models of ${base.name}`, fc.tuple(damages, mesh), { short: 8, long: 1500 }, ([list, parallel]) =>
    judge(file, damaged(base, list), base, parallel),
  );
});
