/**
 * @file The client of a session: what it can do and gave at the start, and the files that it watches for us. Knows no document.
 */
import { DidChangeWatchedFilesNotification } from "vscode-languageserver/lib/common/api.js";
import type * as Lsp from "vscode-languageserver/lib/common/api.js";
import { pathOf } from "./convert.ts";

export interface Client {
  /** Of the workspace; `null` if there is none. */
  readonly folder: string | null;
  /** Its settings are asked for. */
  readonly pulls: boolean;
  /** It asks again for hints in the line when it is told so. */
  readonly refreshes: boolean;
  /** It watches the files that a server names. */
  readonly watches: boolean;
  /** Settings that it gave at the start. */
  readonly initial: unknown;
}

export const NO_CLIENT: Client = { folder: null, pulls: false, refreshes: false, watches: false, initial: {} };

export function clientOf({ capabilities, workspaceFolders, initializationOptions }: Lsp.InitializeParams): Client {
  const { workspace } = capabilities;
  const [folder] = workspaceFolders ?? [];
  return {
    folder: folder === undefined ? null : pathOf(folder.uri),
    pulls: workspace?.configuration === true,
    refreshes: workspace?.inlayHint?.refreshSupport === true,
    watches: workspace?.didChangeWatchedFiles?.dynamicRegistration === true,
    initial: initializationOptions as unknown,
  };
}

/** A model that is exported again is checked again; so is a plan whose imports change. */
export async function watchFiles({ client }: Lsp.Connection): Promise<void> {
  const watchers = [{ globPattern: "**/*.onnx" }, { globPattern: "**/*.ts" }];
  await client.register(DidChangeWatchedFilesNotification.type, { watchers }).catch(() => undefined);
}
