/**
 * @file The open documents and what is known of each: checks soon after a change, one at a time, stale results dropped. Knows no protocol
 * beyond the documents.
 */
import type { TextDocument } from "vscode-languageserver-textdocument";
import { editorMessages } from "../compiler/diagnostics/catalog/editing/editor.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import type { Checker } from "./checker/client.ts";
import { modelOf } from "./checker/model-name.ts";
import type { Bound, CheckReply, CheckSettings } from "./checker/protocol.ts";
import { pathOf, textOf } from "./convert.ts";
import { type Outline, outlineOf } from "./outline.ts";

/** A pause in typing. */
const PAUSE_MS = 50;
/** The result of binding is shown alone only if the proof takes longer. */
const PROOF_MS = 400;

export interface Known {
  readonly diagnostics: readonly Diagnostic[];
  readonly bounds: readonly Bound[];
  /** Version of the document that it is about. */
  readonly version: number;
  readonly imports: readonly string[];
  /** Path of the model of the last check. */
  readonly model: string | null;
}

export interface Documents {
  readonly opened: (document: TextDocument) => void;
  readonly closed: (document: TextDocument) => void;
  /** All are checked again: settings or a model changed. */
  readonly checkAll: () => void;
  readonly known: (uri: string) => Known | undefined;
  readonly outline: (document: TextDocument) => Promise<Outline | null>;
}

interface Options {
  readonly checker: Checker;
  readonly settings: () => CheckSettings;
  /** The documents that are open, plans and others. */
  readonly all: () => readonly TextDocument[];
  readonly show: (document: TextDocument, known: Known) => void;
}

export function isPlan(uri: string): boolean {
  return /\.plan\.(?:json|jsonc|ts)$/.test(uri);
}

export function createDocuments({ checker, settings, all, show }: Options): Documents {
  const known = new Map<string, Known>();
  const timers = createTimers();
  const outlines = createOutlines(checker);
  const heard = (document: TextDocument, reply: CheckReply): void => {
    if (!all().includes(document) || reply.stage === "dropped") return;
    const { uri, version } = document;
    const keep = (): void => {
      const next = knownFrom(reply, version);
      known.set(uri, next);
      show(document, next);
    };
    timers.stop(`${uri}#proof`);
    if (reply.stage === "bound") timers.start(`${uri}#proof`, PROOF_MS, keep);
    else keep();
    if (reply.model !== null) void outlines(reply.model.file, reply.model.version);
  };
  const check = (document: TextDocument): void => {
    const { version, uri } = document;
    const buffers = new Map(all().flatMap(bufferOf));
    const request = { file: pathOf(uri), text: textOf(document), buffers, settings: settings() };
    checker.check(request, (reply) => void (document.version === version && heard(document, reply)));
  };
  const later = (document: TextDocument): void => {
    timers.stop(`${document.uri}#proof`);
    timers.start(document.uri, PAUSE_MS, () => void check(document));
  };
  return {
    opened: (document) => {
      if (isPlan(document.uri)) later(document);
      for (const other of importersOf(document, all(), known)) later(other);
    },
    closed: ({ uri }) => {
      for (const id of [uri, `${uri}#proof`]) timers.stop(id);
      known.delete(uri);
    },
    checkAll: () => {
      for (const document of all()) if (isPlan(document.uri)) later(document);
    },
    known: (uri) => known.get(uri),
    outline: async (document) => {
      const named = modelOf(textOf(document), pathOf(document.uri), settings().model);
      // What the text alone does not show, a check has found.
      const file = named === settings().model ? (known.get(document.uri)?.model ?? named) : named;
      return file === null ? null : outlines(file, null);
    },
  };
}

function knownFrom({ stage, diagnostics, bounds, imports, model }: CheckReply, version: number): Known {
  const running = stage === "bound" ? [diagnose(editorMessages.proving, {})] : [];
  return { diagnostics: [...diagnostics, ...running], bounds, imports, version, model: model?.file ?? null };
}

/** Open plans that were read from this document too. */
function importersOf(
  document: TextDocument,
  all: readonly TextDocument[],
  known: ReadonlyMap<string, Known>,
): readonly TextDocument[] {
  const path = pathOf(document.uri);
  return all.filter((other) => other !== document && known.get(other.uri)?.imports.includes(path) === true);
}

/** Only TypeScript is imported. */
function bufferOf(document: TextDocument): readonly (readonly [string, string])[] {
  return document.uri.endsWith(".ts") ? [[pathOf(document.uri), textOf(document)]] : [];
}

interface Timers {
  /** Replaces the one of that name. */
  readonly start: (name: string, ms: number, act: () => void) => void;
  readonly stop: (name: string) => void;
}

function createTimers(): Timers {
  const running = new Map<string, NodeJS.Timeout>();
  const stop = (name: string): void => {
    clearTimeout(running.get(name));
    running.delete(name);
  };
  return {
    start: (name, ms, act) => {
      stop(name);
      running.set(name, setTimeout(act, ms));
    },
    stop,
  };
}

/** Outlines by the path of a model; `version` is that of the file, `null` for whichever is known. */
function createOutlines(checker: Checker): (file: string, version: string | null) => Promise<Outline | null> {
  const known = new Map<string, { readonly version: string | null; readonly outline: Promise<Outline | null> }>();
  return (file, version) => {
    const before = known.get(file);
    if (before !== undefined && (version === null || before.version === version)) return before.outline;
    // The first answer is of the state in which a check then finds the file.
    const isFirst = before?.version === null && version !== null;
    const outline = isFirst
      ? before.outline
      : checker.outline(file).then((inspection) => (inspection === null ? null : outlineOf(inspection)));
    known.set(file, { version, outline });
    return outline;
  };
}

/** What is told of a check that failed by itself. */
export function failure(problem: string): Known {
  return {
    diagnostics: [diagnose(editorMessages.stopped, { problem })],
    bounds: [],
    imports: [],
    version: 0,
    model: null,
  };
}
