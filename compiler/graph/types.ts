/**
 * @file An ONNX graph as immutable data, in the form of the file. Knows nothing of protobuf, plans or canonical forms.
 */

/** ONNX element types by their lower-case ONNX names. */
export type ElemType =
  | "float32"
  | "uint8"
  | "int8"
  | "uint16"
  | "int16"
  | "int32"
  | "int64"
  | "string"
  | "bool"
  | "float16"
  | "float64"
  | "uint32"
  | "uint64"
  | "bfloat16"
  | "uint4"
  | "int4"
  | Float8Elem;

/** Floating types of 8 bits: exponent and mantissa bits, `fn` without infinities, `uz` without a negative zero. */
export type Float8Elem = "float8e4m3fn" | "float8e4m3fnuz" | "float8e5m2" | "float8e5m2fnuz";

/** A length as written in the file: a number, a symbol or symbolic expression (`img + txt`), or unknown. */
export type Dim = number | string | null;

export interface TensorType {
  readonly elem: ElemType;
  /** `null` when even the rank is unknown. */
  readonly dims: readonly Dim[] | null;
}

/** A run of bytes of a file; `file` is absolute. */
export interface Place {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/**
 * Bytes of a constant, little-endian, row-major; of 4-bit elements two in a byte, the first in its lower half. External data stays on disk. So do the large constants of a large model file: these have a
 * `place`, and each access to `bytes` reads them.
 */
export type TensorData =
  | { readonly kind: "inline"; readonly bytes: Uint8Array; readonly place?: Place }
  | ({ readonly kind: "external" } & Place);

/** A constant tensor; `file` of external data is an absolute path inside the model's folder. */
export interface Tensor {
  readonly elem: ElemType;
  readonly dims: readonly number[];
  readonly data: TensorData;
}

export type Attribute =
  | { readonly kind: "int"; readonly value: number }
  | { readonly kind: "float"; readonly value: number }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "ints"; readonly value: readonly number[] }
  | { readonly kind: "floats"; readonly value: readonly number[] }
  | { readonly kind: "strings"; readonly value: readonly string[] }
  | { readonly kind: "tensor"; readonly value: Tensor }
  | { readonly kind: "graph"; readonly value: Graph };

export type Attributes = Readonly<Record<string, Attribute>>;

export interface Node {
  /** Unique in the graph; made from the first output where the file gives none. */
  readonly name: string;
  /** Operator type, for example `MatMul`. */
  readonly op: string;
  /** `""` is ai.onnx. */
  readonly domain: string;
  /** Value names; `""` is an absent optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Attributes;
  /** `metadata_props` of the node. */
  readonly metadata: Readonly<Record<string, string>>;
}

export interface GraphValue {
  readonly name: string;
  readonly type: TensorType;
  /** The value is a sequence of such tensors; only inside a subgraph that the compiler writes. */
  readonly sequence?: true;
}

/** A graph in topological order. `Constant` nodes have become constants; initialisers that are also inputs are constants. */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly Node[];
  readonly constants: ReadonlyMap<string, Tensor>;
  /** Types that the file states for intermediate values. */
  readonly types: ReadonlyMap<string, TensorType>;
}

/** A model file: the graph and where it came from. */
export interface Model {
  /** Path as the caller gave it. */
  readonly file: string;
  /** Absolute folder of the file, which also holds the external data. */
  readonly folder: string;
  readonly irVersion: number;
  /** Domain to version; `""` is ai.onnx. */
  readonly opsets: Readonly<Record<string, number>>;
  /** sha256 of the model file's bytes (without external data), hex. */
  readonly sha256: string;
  readonly graph: Graph;
}
