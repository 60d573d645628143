/**
 * @file `npm run bench:lsp`: how long the language server takes to answer, from the change of a text to its diagnostics. Prints a table.
 */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import * as rpc from "vscode-jsonrpc/node.js";
import { models, writeSized } from "../size/models.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const ROUNDS = 15;

interface Case {
  readonly name: string;
  readonly model: string;
}

interface Published {
  readonly uri: string;
  readonly version?: number;
  readonly diagnostics: readonly { readonly code?: string | number }[];
}

const folder = mkdtempSync(join(tmpdir(), "bench-lsp-"));
try {
  // 5.7 times the blocks of FLUX.1-dev have 6,000 modules.
  const large = writeSized(models.flux, 5.7, folder).model;
  const fixture = join(root, "test/fixtures/flux/flux.dynamo18-dynamic.onnx");
  for (const each of [
    { name: "fixture flux, 105 modules", model: fixture },
    { name: "6,000 modules", model: large },
  ]) {
    await measure(each);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

type Times = readonly [first: number, end: number];

interface Client {
  /** From sending to the first diagnostics of the version, and to those of the proof. */
  readonly until: (method: string, params: object, version: number) => Promise<Times>;
  readonly ask: (method: string) => Promise<number>;
  readonly end: () => Promise<void>;
}

async function connect(uri: string): Promise<Client> {
  const server = spawn("node", [join(root, "bin/onnx-cp.js"), "lsp", "--stdio"], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const reader = new rpc.StreamMessageReader(server.stdout);
  const connection = rpc.createMessageConnection(reader, new rpc.StreamMessageWriter(server.stdin));
  let heard: (published: Published) => void = () => undefined;
  connection.onNotification("textDocument/publishDiagnostics", (published: Published) => heard(published));
  connection.listen();
  await connection.sendRequest("initialize", { processId: null, rootUri: null, capabilities: {} });
  await connection.sendNotification("initialized", {});
  return {
    until: async (method, params, version) => {
      const begin = performance.now();
      let first: number | null = null;
      const done = new Promise<number>((resolve) => {
        heard = (published) => {
          if (published.version !== version) return;
          const now = performance.now() - begin;
          first ??= now;
          if (published.diagnostics.every(({ code }) => code !== "CP7603")) resolve(now);
        };
      });
      await connection.sendNotification(method, params);
      const end = await done;
      return [first ?? end, end];
    },
    ask: async (method) => {
      const begin = performance.now();
      await connection.sendRequest(method, { textDocument: { uri }, position: { line: 2, character: 12 } });
      return performance.now() - begin;
    },
    end: async () => {
      await connection.sendRequest("shutdown");
      await connection.sendNotification("exit");
    },
  };
}

async function measure({ name, model }: Case): Promise<void> {
  const uri = pathToFileURL(join(folder, "a.plan.json")).href;
  const client = await connect(uri);
  let version = 1;
  const change = (text: string): Promise<Times> => {
    version += 1;
    const params = { textDocument: { uri, version }, contentChanges: [{ text }] };
    return client.until("textDocument/didChange", params, version);
  };
  const document = { uri, languageId: "json", version, text: planText(model, "proj_out", 1) };
  const [, cold] = await client.until("textDocument/didOpen", { textDocument: document }, version);
  const [names, proofs, hovers, completions]: [Times[], Times[], number[], number[]] = [[], [], [], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    names.push(await change(planText(model, "proj_ot", 1)));
    proofs.push(await change(planText(model, "proj_out", round % 2 === 0 ? 2 : 1)));
    hovers.push(await client.ask("textDocument/hover"));
    completions.push(await client.ask("textDocument/completion"));
  }
  await client.end();
  const rows = [
    ["first check, the model is read", [cold]],
    ["a misspelt name: diagnostics", names.map(([first]) => first)],
    ["a proof: first diagnostics", proofs.map(([first]) => first)],
    ["a proof: all diagnostics", proofs.map(([, end]) => end)],
    ["hover", hovers],
    ["completion", completions],
  ] as const;
  for (const [what, times] of rows) process.stdout.write(`${name}; ${what}: ${median(times).toFixed(0)} ms\n`);
}

function planText(model: string, proj: string, axis: number): string {
  const plan = {
    $model: model,
    "": {
      hidden_states: { split_dim: axis },
      encoder_hidden_states: { split_dim: 1 },
      img_ids: { split_dim: 0 },
      txt_ids: { split_dim: 0 },
    },
    [proj]: { gather_dim: 1 },
  };
  return JSON.stringify(plan, null, 2);
}

function median(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 2)] ?? NaN;
}
