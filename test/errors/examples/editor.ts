/**
 * @file Examples of what only an editor says. Codes CP7600-7699.
 */
import { editorMessages } from "../../../compiler/diagnostics/catalog/editing/editor.ts";
import { diagnose } from "../../../compiler/diagnostics/diagnose.ts";
import { check } from "../../../lsp/checker/check.ts";
import { createModels } from "../../../lsp/checker/models.ts";
import type { CheckReply } from "../../../lsp/checker/protocol.ts";
import type { Example, Examples } from "../example.ts";

const text = '{ "": { "hidden_states": { "split_dim": 1 } }, "proj_out": { "gather_dim": 1 } }';

/** What the language server publishes for the plan, as of one stage. */
function published(plan: string, given: Pick<Example, "means" | "given">): Example {
  return {
    ...given,
    files: { "a.plan.json": plan },
    command: "onnx-cp lsp --stdio",
    call: async () => {
      const replies: CheckReply[] = [];
      const settings = { model: null, parallel: null, strict: false };
      const request = { kind: "check", id: 1, file: "a.plan.json", text: plan, buffers: new Map(), settings } as const;
      await check(request, createModels(), { reply: (reply) => void replies.push(reply), isStale: async () => false });
      return replies.flatMap(({ diagnostics }) => diagnostics);
    },
  };
}

export const editor: Examples = {
  CP7601: published(text, {
    means:
      "Without a model, an editor checks the form of a plan only. Its quick fix names a model that lies beside the plan.",
  }),
  CP7602: {
    means: "A check ended by an internal error. The server goes on; the next change starts another check.",
    given: "a plan whose check fails",
    command: "onnx-cp lsp --stdio",
    call: async () => [diagnose(editorMessages.stopped, { problem: "no value for the length img" })],
  },
  CP7603: {
    means:
      "In a large model the proof takes seconds. Until it ends, an editor shows what binding has found, with this note.",
    given: "a plan for a model of 6,000 modules",
    command: "onnx-cp lsp --stdio",
    call: async () => [diagnose(editorMessages.proving, {})],
  },
};
