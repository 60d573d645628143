/**
 * @file The examples of all codes, one for each.
 */
import type { Examples } from "../example.ts";
import { bind } from "./bind.ts";
import { commandLine } from "./command-line.ts";
import { editor } from "./editor.ts";
import { infer } from "./infer.ts";
import { runInputs } from "./inputs.ts";
import { devices } from "./devices.ts";
import { modelFiles } from "./model-files.ts";
import { modelGraphs } from "./model-graphs.ts";
import { modelTensors } from "./model-tensors.ts";
import { planFiles } from "./plan-files.ts";
import { planRules } from "./plan-rules.ts";
import { planTypescript } from "./plan-typescript.ts";
import { products } from "./products.ts";
import { program } from "./program.ts";
import { running } from "./running.ts";
import { sessions } from "./sessions.ts";
import { shapes } from "./shapes.ts";
import { shard } from "./shard.ts";
import { tables } from "./tables.ts";
import { verify } from "./verify.ts";
import { world } from "./world.ts";

export const examples: Examples = {
  ...planFiles,
  ...planTypescript,
  ...planRules,
  ...modelFiles,
  ...modelTensors,
  ...modelGraphs,
  ...shapes,
  ...bind,
  ...shard,
  ...products,
  ...tables,
  ...editor,
  ...infer,
  ...program,
  ...verify,
  ...runInputs,
  ...running,
  ...world,
  ...sessions,
  ...devices,
  ...commandLine,
};
