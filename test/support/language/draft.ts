/**
 * @file A graph of the test language during parsing. Knows no statement.
 */
import type { Tensor } from "../../../compiler/graph/types.ts";
import type {
  CanonicalNode,
  IntegerValue,
  Length,
  Marker,
  ModuleInfo,
  ValueShape,
} from "../../../compiler/ir/types.ts";

export type Constants = ReadonlyMap<string, Tensor>;

export interface Draft {
  readonly known: Constants;
  readonly inputs: { name: string; shape: ValueShape }[];
  readonly outputs: string[];
  readonly nodes: CanonicalNode[];
  readonly constants: Map<string, Tensor>;
  readonly integers: Map<string, IntegerValue>;
  readonly shapes: Map<string, ValueShape>;
  readonly lengths: Length[];
  readonly markers: Marker[];
  readonly modules: Map<string, ModuleInfo>;
  opsets: Readonly<Record<string, number>>;
  prefix: string | null;
  /** Module of the nodes that follow. */
  scope: string;
}
