/**
 * @file The devices by name: which there are, which take a number, and what each needs. Asks no library.
 */
import { deviceMessages } from "../../compiler/diagnostics/catalog/running/devices.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import { suggest } from "../../compiler/diagnostics/suggest.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";

/** A device as a caller names it; `cuda:1` is the second of its kind. */
export type DeviceName = KindName | `${"cuda" | "tensorrt" | "dml"}:${number}`;

interface Kind {
  /** Whether a number chooses among several of the kind, `cuda:1`; if not, why. */
  readonly numbered: true | string;
  /** What must be on the machine, for people. */
  readonly needs: string;
  /** Whether its sessions in all threads of the process must take turns. */
  readonly takesTurns: boolean;
}

/** The execution providers that onnxruntime-node has for Node, each on some platform. */
type KindName = "cpu" | "webgpu" | "cuda" | "tensorrt" | "dml" | "coreml";

const KINDS: Readonly<Record<KindName, Kind>> = {
  cpu: { numbered: "all cores are one device", needs: "nothing", takesTurns: false },
  webgpu: {
    numbered: "it has one adapter per process",
    needs:
      "a graphics driver: Vulkan with libvulkan.so.1 on Linux, Direct3D 12 on Windows, Metal on macOS. Without graphics hardware, a software " +
      "driver such as SwiftShader serves (VK_DRIVER_FILES names its file)",
    // One adapter and one queue, without locks: two threads at once end the process.
    takesTurns: true,
  },
  cuda: {
    numbered: true,
    needs:
      "Linux on x64, an NVIDIA driver, CUDA 12, cuDNN 9 and libonnxruntime_providers_cuda.so, which the install script of onnxruntime-node " +
      "downloads (node node_modules/onnxruntime-node/script/install.js)",
    takesTurns: false,
  },
  tensorrt: {
    numbered: true,
    needs:
      "Linux on x64, all that cuda needs, TensorRT 10 and libonnxruntime_providers_tensorrt.so, which the install script of onnxruntime-node " +
      "downloads (node node_modules/onnxruntime-node/script/install.js)",
    takesTurns: false,
  },
  dml: { numbered: true, needs: "Windows and a driver for Direct3D 12", takesTurns: false },
  coreml: { numbered: "Core ML chooses the processor", needs: "macOS", takesTurns: false },
};

/** A device as onnxruntime-node takes it. */
export interface Device extends Pick<Kind, "needs" | "takesTurns"> {
  /** The execution provider. */
  readonly name: KindName;
  /** `null` where none is given. */
  readonly number: number | null;
}

/** What is wrong with the names, each reported once. */
export function checkNames(devices: readonly string[]): readonly Diagnostic[] {
  return [...new Set(devices)].flatMap((device) => {
    const read = readDevice(device);
    return "code" in read ? [read] : [];
  });
}

/** `cuda:1` names device 1 of the provider `cuda`. A diagnostic where there is no such device on any machine. */
export function readDevice(text: string): Device | Diagnostic {
  const colon = text.indexOf(":");
  const name = colon < 0 ? text : text.slice(0, colon);
  if (!isKind(name)) {
    const known = Object.keys(KINDS);
    return diagnose(deviceMessages.unknown, { device: text, meant: suggest(name, known), known });
  }
  const { numbered, needs, takesTurns } = KINDS[name];
  if (colon < 0) return { name, number: null, needs, takesTurns };
  const number = text.slice(colon + 1);
  if (numbered !== true) return diagnose(deviceMessages.number, { device: text, name, why: numbered });
  if (!/^\d{1,4}$/.test(number)) return diagnose(deviceMessages.number, { device: text, name, why: null });
  return { name, number: Number(number), needs, takesTurns };
}

function isKind(name: string): name is KindName {
  return Object.hasOwn(KINDS, name);
}

/** Whether ranks on this device must take turns; for names that `checkNames` accepts. */
export function takesTurns(device: string): boolean {
  const read = readDevice(device);
  return !("code" in read) && read.takesTurns;
}
