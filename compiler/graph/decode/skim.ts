/**
 * @file The bytes of a large model file without its weights: where the raw data of the main graph's large initialisers lies, and the rest as
 * a message that any decoder reads. Knows the wire format and five field numbers, and decides nothing about a model.
 */

import { limits } from "../../limits/limits.ts";

/** A run of bytes of the model file. */
export interface Run {
  readonly offset: number;
  readonly length: number;
}

export interface Skimmed {
  /** The model; the raw data that `stored` lists is left out. */
  readonly bytes: Buffer;
  /** By position among the initialisers of the main graph. */
  readonly stored: ReadonlyMap<number, Run>;
}

/** Fills the buffer from a position of the file. Throws as `fs` does, or if the file ends before. */
export type ReadAt = (buffer: Buffer, position: number) => void;

/** Raw data of fewer bytes stays in the message: patterns read it as numbers. */
const LARGE = 2 ** 20;
const WINDOW = 2 ** 16;
const [VARINT, FIXED64, DELIMITED, FIXED32] = [0, 1, 2, 5];
const MODEL_GRAPH = 7;
const GRAPH_INITIALIZER = 5;
const TENSOR_RAW_DATA = 9;
const TENSOR_DATA_LOCATION = 14;

interface Field {
  readonly number: number;
  readonly type: number;
  /** With its tag; the content of a delimited field starts at `content`. */
  readonly start: number;
  readonly content: number;
  readonly end: number;
}

/** Runs of the file and bytes of its own, in order. */
type Part = Run | Buffer;

/** `null` for bytes that are not protobuf: the decoder explains what is wrong with them. */
export function skim(size: number, read: ReadAt): Skimmed | null {
  const fields = fieldReader(size, read);
  const stored = new Map<number, Run>();
  let position = -1;
  const tensor = (field: Field): readonly Part[] => {
    position += 1;
    const inside = field.end - field.content < LARGE ? [] : fields(field.content, field.end);
    const data = inside.filter(({ number, type }) => number === TENSOR_RAW_DATA && type === DELIMITED);
    const [raw] = data;
    const isExternal = inside.some(({ number }) => number === TENSOR_DATA_LOCATION);
    if (raw === undefined || data.length > 1 || isExternal || raw.end - raw.content < LARGE) return [runOf(field)];
    stored.set(position, { offset: raw.content, length: raw.end - raw.content });
    return delimited(field.number, inside.filter((each) => each !== raw).map(runOf));
  };
  const graph = (field: Field): readonly Part[] =>
    delimited(
      field.number,
      fields(field.content, field.end).flatMap((each) =>
        isMessage(each, GRAPH_INITIALIZER) ? tensor(each) : runOf(each),
      ),
    );
  try {
    const parts = fields(0, size).flatMap((each) => (isMessage(each, MODEL_GRAPH) ? graph(each) : runOf(each)));
    return { bytes: joined(parts, read), stored };
  } catch (error) {
    if (error instanceof Malformed) return null;
    throw error;
  }
}

class Malformed extends Error {}

function isMessage({ number, type }: Field, wanted: number): boolean {
  return number === wanted && type === DELIMITED;
}

function runOf({ start, end }: Field): Run {
  return { offset: start, length: end - start };
}

/** Lists the fields of a message between two positions. */
function fieldReader(size: number, read: ReadAt): (start: number, end: number) => readonly Field[] {
  let window = Buffer.alloc(0);
  let from = 0;
  const byteAt = (at: number): number => {
    if (at >= size) throw new Malformed();
    if (at < from || at >= from + window.length) {
      window = Buffer.alloc(Math.min(WINDOW, size - at));
      from = at;
      read(window, at);
    }
    return window[at - from]!;
  };
  const varint = (at: number): { readonly value: number; readonly end: number } => {
    let value = 0;
    for (let i = 0; i < 10; i++) {
      const byte = byteAt(at + i);
      value += (byte & 127) * 2 ** (7 * i);
      if (byte < 128) return { value, end: at + i + 1 };
    }
    throw new Malformed();
  };
  const field = (start: number): Field => {
    const { value: tag, end: content } = varint(start);
    const [number, type] = [Math.floor(tag / 8), tag % 8];
    if (type === DELIMITED) {
      const { value: length, end } = varint(content);
      return { number, type, start, content: end, end: end + length };
    }
    if (type === VARINT) return { number, type, start, content, end: varint(content).end };
    if (type !== FIXED64 && type !== FIXED32) throw new Malformed();
    return { number, type, start, content, end: content + (type === FIXED64 ? 8 : 4) };
  };
  return (start, end) => {
    const found: Field[] = [];
    for (let at = start; at < end; at = found.at(-1)!.end) {
      if (found.length >= limits.modelFields.most) throw new Malformed();
      found.push(field(at));
    }
    if ((found.at(-1)?.end ?? start) !== end) throw new Malformed();
    return found;
  };
}

/** A delimited field with other content than in the file. */
function delimited(number: number, content: readonly Part[]): readonly Part[] {
  const length = content.reduce((sum, part) => sum + part.length, 0);
  return [Buffer.from([...encoded(number * 8 + DELIMITED), ...encoded(length)]), ...content];
}

function encoded(value: number): readonly number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...encoded(Math.floor(value / 128))];
}

function joined(parts: readonly Part[], read: ReadAt): Buffer {
  const bytes = Buffer.alloc(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of merged(parts)) {
    if (Buffer.isBuffer(part)) part.copy(bytes, at);
    else read(bytes.subarray(at, at + part.length), part.offset);
    at += part.length;
  }
  return bytes;
}

/** Neighbouring runs of the file as one, so that each is one read. */
function merged(parts: readonly Part[]): readonly Part[] {
  const result: Part[] = [];
  for (const part of parts) {
    const last = result.at(-1);
    const continues =
      last !== undefined &&
      !Buffer.isBuffer(last) &&
      !Buffer.isBuffer(part) &&
      last.offset + last.length === part.offset;
    if (continues) result[result.length - 1] = { offset: last.offset, length: last.length + part.length };
    else result.push(part);
  }
  return result;
}
