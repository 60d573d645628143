/**
 * @file Decides where the constants of each piece are stored: in the piece, in the model's external data, or in the program's weights file.
 * No weight is loaded, and none is copied that can stay where it is.
 */
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import { invariant } from "../../diagnostics/diagnose.ts";
import { bytesIn } from "../../graph/tensors.ts";
import type { Place, Tensor, TensorData } from "../../graph/types.ts";
import { WEIGHTS_FILE } from "../../../program/types.ts";
import type { ProgramPiece } from "../../../program/types.ts";
import type { WeightBlock } from "../types.ts";

/** Inline constants of this many bytes or more leave the piece. */
const LARGE = 64 * 1024;
/** Mapped data starts at a page boundary. */
const PAGE = 4096;

interface PlacedConstants {
  readonly constants: ReadonlyMap<string, Tensor>;
  readonly home: ProgramPiece["weights"];
}

export interface WeightStore {
  /** Places the constants of one piece. */
  readonly place: (constants: ReadonlyMap<string, Tensor>) => PlacedConstants;
  readonly blocks: () => readonly WeightBlock[];
}

/** A store that puts equal constants in one place. */
export function weightStore(): WeightStore {
  const blocks: WeightBlock[] = [];
  const offsets = new Map<string, number>();
  let end = 0;
  const moved = (tensor: Tensor): Tensor => {
    const key = contentOf(tensor.data);
    let offset = offsets.get(key);
    if (offset === undefined) {
      offset = end;
      offsets.set(key, offset);
      blocks.push({ offset, data: tensor.data });
      end = Math.ceil((offset + bytesIn(tensor.data)) / PAGE) * PAGE;
    }
    return { ...tensor, data: { kind: "external", file: WEIGHTS_FILE, offset, length: bytesIn(tensor.data) } };
  };
  const place = (constants: ReadonlyMap<string, Tensor>): PlacedConstants => {
    const external = total(constants, isExternal);
    const large = total(constants, isLarge);
    // A piece reads one folder, and the model's cannot be written to: the smaller side is moved to the other side's folder.
    if (external > 0 && external >= large) return { constants, home: "model" };
    if (external + large === 0) return { constants, home: null };
    const leaves = (tensor: Tensor): boolean => isExternal(tensor) || isLarge(tensor);
    return {
      constants: new Map([...constants].map(([name, tensor]) => [name, leaves(tensor) ? moved(tensor) : tensor])),
      home: "program",
    };
  };
  return { place, blocks: () => blocks };
}

/** A piece finds its external data by one folder; a model with data in several is refused when it is read. */
export function checkFolders(constants: ReadonlyMap<string, Tensor>): void {
  const files = [...constants.values()].flatMap(({ data }) => (data.kind === "external" ? [dirname(data.file)] : []));
  const folders = [...new Set(files)].sort();
  invariant(folders.length <= 1, `external data in ${folders.length} folders: ${folders.join(", ")}`);
}

function isExternal({ data }: Tensor): boolean {
  return data.kind === "external";
}

function isLarge({ data }: Tensor): boolean {
  return data.kind === "inline" && bytesIn(data) >= LARGE;
}

function total(constants: ReadonlyMap<string, Tensor>, counts: (tensor: Tensor) => boolean): number {
  return [...constants.values()].filter(counts).reduce((sum, { data }) => sum + bytesIn(data), 0);
}

function contentOf(data: TensorData): string {
  if (data.kind === "external") return contentAt(data);
  return data.place === undefined ? createHash("sha256").update(data.bytes).digest("hex") : contentAt(data.place);
}

/** What stays on disk is not read to compare it. */
function contentAt({ file, offset, length }: Place): string {
  return `${file}\n${offset}\n${length}`;
}
