/**
 * @file Examples of options of ONNX Runtime's sessions that attach refuses. Codes CP6590-6594.
 */
import { attach } from "../../../runtime/attach/attach.ts";
import type { AttachOptions } from "../../../runtime/attach/attach.ts";
import { loadProgram } from "../../../runtime/load/load.ts";
import { valueOf } from "../../support/fixtures.ts";
import type { Example, Examples } from "../example.ts";
import { compiled, failure } from "../flux.ts";

function refused(means: string, text: string, sessionOptions: object): Example {
  return {
    means,
    given: "the program of flux",
    command: `await attach(program, { sessionOptions: ${text} });`,
    call: async () => {
      await compiled();
      const options = { sessionOptions } as AttachOptions;
      return failure(attach(valueOf(await loadProgram("program")), options).then((session) => session.release()));
    },
  };
}

export const sessions: Examples = {
  CP6590: refused(
    "onnxruntime has this option, and here it would change results or undo what the runtime has set.",
    "{ extra: { session: { set_denormal_as_zero: 1 } } }",
    { extra: { session: { set_denormal_as_zero: 1 } } },
  ),
  CP6591: refused("The option is misspelt, or onnxruntime does not have it.", "{ intraOpNumThread: 4 }", {
    intraOpNumThread: 4,
  }),
  CP6592: refused(
    "The option has a value of another type, or one that onnxruntime does not know.",
    "{ intraOpNumThreads: -1 }",
    {
      intraOpNumThreads: -1,
    },
  ),
  CP6593: refused(
    "Where ranks compute is chosen by `devices`, each of which is compared with the CPU. A list of providers to try would fall back in silence.",
    '{ executionProviders: ["cuda", "cpu"] }',
    { executionProviders: ["cuda", "cpu"] },
  ),
  CP6594: refused(
    "onnxruntime-node passes only some settings on, and `deviceId` is part of the name of a device.",
    '{ executionProviders: [{ name: "cpu", deviceId: 0 }] }',
    { executionProviders: [{ name: "cpu", deviceId: 0 }] },
  ),
};
