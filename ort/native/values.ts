/**
 * @file Values of a rank: JavaScript's memory that the library looks at, and memory of the library that JavaScript looks at. Knows no session.
 */
import { dataOf, bytesPerElement } from "../tensors.ts";
import type { OrtElem, OrtTensor } from "../types.ts";
import type { OrtValue } from "../values.ts";
import { check, result } from "./api.ts";
import type { Native } from "./api.ts";
import { elementCodes, elementOf } from "./elements.ts";
import type { Ledger } from "./ledger.ts";
import type { Pointer } from "./members.ts";

export interface NativeValue extends OrtValue {
  /** The `OrtValue` of the library. */
  readonly pointer: () => Pointer;
}

export interface ValueSource {
  readonly native: Native;
  readonly ledger: Ledger;
  /** Describes CPU memory. */
  readonly memory: Pointer;
}

/** A tensor in JavaScript's memory, shared or not. The library's object is made when it is first asked for. */
export function heldTensor(source: ValueSource, tensor: OrtTensor): NativeValue {
  const { elem, dims } = tensor;
  let owned: NativeValue | undefined;
  return {
    elem,
    dims,
    tensor: () => tensor,
    pointer: () => (owned ??= ownedValue(source, describe(source, tensor))).pointer(),
    release: () => {
      owned?.release();
      owned = undefined;
    },
  };
}

function describe({ native, memory }: ValueSource, { elem, dims, data }: OrtTensor): Pointer {
  const shape = BigInt64Array.from(dims, BigInt);
  return result(native, "run", (out) =>
    native.api.CreateTensorWithDataAsOrtValue(
      memory,
      data,
      data.byteLength,
      shape,
      dims.length,
      elementCodes[elem],
      out,
    ),
  );
}

/** Takes over a value of the library; type, shape and data are looked at when they are asked for. */
export function ownedValue({ native, ledger }: ValueSource, pointer: Pointer): NativeValue {
  const strike = ledger.note(pointer);
  let released = false;
  let type: Pick<OrtTensor, "elem" | "dims"> | undefined;
  let tensor: OrtTensor | undefined;
  const typed = (): Pick<OrtTensor, "elem" | "dims"> => (type ??= typeOf(native, pointer));
  return {
    get elem() {
      return typed().elem;
    },
    get dims() {
      return typed().dims;
    },
    tensor: () => (tensor ??= { ...typed(), data: dataAt(native, pointer, typed()) }),
    pointer: () => pointer,
    release: () => {
      if (released) return;
      released = true;
      // Not parted: a value that is struck out and not released is lost, one that is released and not struck out is released twice.
      native.guard(() => {
        strike();
        native.api.ReleaseValue(pointer);
      });
    },
  };
}

function typeOf(native: Native, value: Pointer): { readonly elem: OrtElem; readonly dims: readonly number[] } {
  const { api } = native;
  const info = result(native, "run", (out) => api.GetTensorTypeAndShape(value, out));
  try {
    const elem = elementOf(Number(result(native, "run", (out) => api.GetTensorElementType(info, out))));
    const rank = Number(result(native, "run", (out) => api.GetDimensionsCount(info, out)));
    const dims = new BigInt64Array(rank);
    check(native, "run", api.GetDimensions(info, dims, rank));
    return { elem, dims: Array.from(dims, Number) };
  } finally {
    api.ReleaseTensorTypeAndShapeInfo(info);
  }
}

function dataAt(native: Native, value: Pointer, { elem, dims }: Pick<OrtTensor, "elem" | "dims">): OrtTensor["data"] {
  const bytes = bytesPerElement(elem) * dims.reduce((a, b) => a * b, 1);
  if (bytes === 0) return dataOf(elem, new Uint8Array(0));
  const address = result(native, "run", (out) => native.api.GetTensorMutableData(value, out));
  return dataOf(elem, new Uint8Array(native.view(address, bytes)));
}
