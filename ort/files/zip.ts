/**
 * @file The members of a zip archive, as its central directory and their own headers state them: both must agree, and the content must
 * have the size and the CRC-32 that they state. Reads what numpy and zipfile write, zip64 included. Knows no array.
 */
import { inflateRawSync } from "node:zlib";
import { crc32 } from "./crc32.ts";

export interface ZipMember {
  readonly name: string;
  /** As the directory states them. */
  readonly crc: number;
  readonly size: number;
  readonly packedSize: number;
  /** Its bytes in the archive. */
  readonly packed: Uint8Array;
  readonly compressed: boolean;
}

interface Header {
  readonly name: string;
  readonly flags: number;
  readonly method: number;
  readonly crc: number;
  readonly packedSize: number;
  readonly size: number;
}

interface Entry extends Header {
  /** Where its local header begins. */
  readonly offset: number;
}

const SIGNATURE = { end: 0x06054b50, end64: 0x06064b50, locator64: 0x07064b50, entry: 0x02014b50, local: 0x04034b50 };
/** Bytes of each record without its variable part. */
const LENGTH = { end: 22, end64: 56, locator64: 20, entry: 46, local: 30 };
const COMMENT = 0xffff;
const UNKNOWN32 = 0xffffffff;
const ENCRYPTED = 1;
/** The sizes and the CRC follow the content, so that the local header holds zeros. */
const STREAMED = 8;
const [STORED, DEFLATED] = [0, 8];

/** Unpacks nothing. Throws an `Error` whose message says what is wrong with the archive. */
export function zipMembers(bytes: Uint8Array): readonly ZipMember[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const { count, offset } = directoryOf(view);
  if (count * LENGTH.entry > bytes.length) throw new Error("its directory does not fit into the file");
  const members: ZipMember[] = [];
  const names = new Set<string>();
  let at = offset;
  for (let i = 0; i < count; i++) {
    const { entry, next } = entryAt(view, at);
    if (names.has(entry.name)) throw new Error(`it holds "${entry.name}" twice`);
    names.add(entry.name);
    members.push(memberOf(view, bytes, entry, offset));
    at = next;
  }
  return members;
}

/** The content. Throws an `Error` where it does not unpack to the stated size. `crc` is that of the content. */
export function unpackMember(member: ZipMember): { readonly bytes: Uint8Array; readonly crc: number } {
  const { name, packed, size, compressed } = member;
  let bytes: Uint8Array;
  try {
    bytes = compressed
      ? new Uint8Array(inflateRawSync(packed, { maxOutputLength: Math.max(size, 1) }))
      : new Uint8Array(packed);
  } catch (error) {
    throw new Error(`the content of "${name}" does not unpack to ${size} bytes`, { cause: error });
  }
  if (bytes.length !== size) throw new Error(`"${name}" has ${bytes.length} bytes; its header states ${size}`);
  return { bytes, crc: crc32(bytes) };
}

function directoryOf(view: DataView): { readonly count: number; readonly offset: number } {
  const end = endOf(view);
  const short = { count: view.getUint16(end + 10, true), offset: view.getUint32(end + 16, true) };
  const locator = end - LENGTH.locator64;
  if (locator < 0 || view.getUint32(locator, true) !== SIGNATURE.locator64) return short;
  const at = wide(view, locator + 8);
  if (at + LENGTH.end64 > view.byteLength || view.getUint32(at, true) !== SIGNATURE.end64) {
    throw new Error("it has no zip64 directory where it states one");
  }
  return { count: wide(view, at + 32), offset: wide(view, at + 48) };
}

/** The record stands at the end, before a comment. */
function endOf(view: DataView): number {
  const last = view.byteLength - LENGTH.end;
  for (let at = last; at >= Math.max(0, last - COMMENT); at--) {
    if (view.getUint32(at, true) === SIGNATURE.end) return at;
  }
  throw new Error("it has no directory");
}

function entryAt(view: DataView, at: number): { readonly entry: Entry; readonly next: number } {
  expectRecord(view, at, LENGTH.entry, SIGNATURE.entry, "its directory is damaged");
  const [nameLength, extraLength] = [view.getUint16(at + 28, true), view.getUint16(at + 30, true)];
  const next = at + LENGTH.entry + nameLength + extraLength + view.getUint16(at + 32, true);
  if (next > view.byteLength) throw new Error("its directory does not fit into the file");
  const name = nameAt(view, at + LENGTH.entry, nameLength);
  const stated = [view.getUint32(at + 24, true), view.getUint32(at + 20, true), view.getUint32(at + 42, true)] as const;
  const [size, packedSize, offset] = widened(view, stated, at + LENGTH.entry + nameLength, extraLength, name);
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  return { entry: { name, flags, method, crc: view.getUint32(at + 16, true), size, packedSize, offset }, next };
}

function memberOf(view: DataView, bytes: Uint8Array, entry: Entry, directory: number): ZipMember {
  const { name, flags, method, crc, size, packedSize, offset } = entry;
  expectRecord(view, offset, LENGTH.local, SIGNATURE.local, `the header of "${name}" is damaged`);
  const [nameLength, extraLength] = [view.getUint16(offset + 26, true), view.getUint16(offset + 28, true)];
  const begin = offset + LENGTH.local + nameLength + extraLength;
  if (begin + packedSize > directory) throw new Error(`"${name}" extends beyond its place in the file`);
  compare(entry, localHeader(view, offset, nameLength, extraLength));
  if (flags & ENCRYPTED) throw new Error(`"${name}" is encrypted`);
  if (method !== STORED && method !== DEFLATED)
    throw new Error(`"${name}" has the unsupported compression method ${method}`);
  const packed = bytes.subarray(begin, begin + packedSize);
  return { name, crc, size, packedSize, packed, compressed: method === DEFLATED };
}

function localHeader(view: DataView, at: number, nameLength: number, extraLength: number): Header {
  const name = nameAt(view, at + LENGTH.local, nameLength);
  const stated = [view.getUint32(at + 22, true), view.getUint32(at + 18, true)] as const;
  const [size, packedSize] = widened(view, stated, at + LENGTH.local + nameLength, extraLength, name);
  const [flags, method] = [view.getUint16(at + 6, true), view.getUint16(at + 8, true)];
  return { name, flags, method, crc: view.getUint32(at + 14, true), size, packedSize };
}

function compare(entry: Entry, local: Header): void {
  const streamed = (local.flags & STREAMED) !== 0;
  const fields: readonly (keyof Header)[] = streamed
    ? ["name", "flags", "method"]
    : ["name", "flags", "method", "crc", "packedSize", "size"];
  const differs = fields.find((field) => entry[field] !== local[field]);
  if (differs === undefined) return;
  throw new Error(
    `the directory and the header of "${entry.name}" disagree: ${differs} is ${entry[differs]} and ${local[differs]}`,
  );
}

/** The zip64 extra field holds, in this order, those of the numbers that do not fit into 32 bits. */
function widened<T extends readonly number[]>(view: DataView, stated: T, at: number, length: number, name: string): T {
  if (!stated.includes(UNKNOWN32)) return stated;
  for (let field = at; field + 4 <= at + length;) {
    const end = field + 4 + view.getUint16(field + 2, true);
    if (view.getUint16(field, true) === 1 && end <= at + length) {
      let next = field + 4;
      return stated.map((number) => {
        if (number !== UNKNOWN32 || next + 8 > end) return number;
        next += 8;
        return wide(view, next - 8);
      }) as unknown as T;
    }
    field = end;
  }
  throw new Error(`the header of "${name}" is damaged`);
}

function expectRecord(view: DataView, at: number, length: number, signature: number, problem: string): void {
  if (at + length > view.byteLength || view.getUint32(at, true) !== signature) throw new Error(problem);
}

function nameAt(view: DataView, at: number, length: number): string {
  if (at + length > view.byteLength) throw new Error("its directory does not fit into the file");
  return new TextDecoder().decode(new Uint8Array(view.buffer, view.byteOffset + at, length));
}

/** Beyond 2^53 it is beyond any file too. */
function wide(view: DataView, at: number): number {
  return Number(view.getBigUint64(at, true));
}
