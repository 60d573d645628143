/**
 * @file Settings of the execution providers that a caller of `attach` may give: by provider, as data. A device is compared with the CPU under
 * the same settings, so that none can change results unseen. Knows no session.
 */
import { sessionMessages as messages } from "../../compiler/diagnostics/catalog/running/sessions.ts";
import { diagnose } from "../../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../../compiler/diagnostics/types.ts";
import type { Providers } from "../../ort/types.ts";
import { describeValue, isNames, isRecord } from "../describe.ts";

/** As onnxruntime has it: `{ name: "webgpu", preferredLayout: "NHWC" }`. */
export interface ProviderOption {
  readonly name: string;
  readonly [setting: string]: unknown;
}

interface Setting {
  readonly expected: string;
  readonly holds: (value: unknown) => boolean;
}

const choice = (...names: readonly string[]): Setting => ({
  expected: `one of ${names.join(", ")}`,
  holds: (value) => names.includes(value as string),
});
const flag: Setting = { expected: "true or false", holds: (value) => typeof value === "boolean" };
const cache = choice("disabled", "lazyRelease", "simple", "bucket");

/** `deviceId` is missing on purpose: the number of a device is part of its name in `devices`. */
const SETTINGS: Readonly<Record<string, Readonly<Record<string, Setting>>>> = {
  cpu: {},
  cuda: {},
  tensorrt: {},
  dml: {},
  webgpu: {
    preferredLayout: choice("NCHW", "NHWC"),
    validationMode: choice("disabled", "wgpuOnly", "basic", "full"),
    enableRobustness: flag,
    forceCpuNodeNames: { expected: "a list of names of nodes", holds: isNames },
    storageBufferCacheMode: cache,
    uniformBufferCacheMode: cache,
    queryResolveBufferCacheMode: cache,
    defaultBufferCacheMode: cache,
  },
  coreml: {
    coreMlFlags: {
      expected: "an integer of 0 or above",
      holds: (value) => Number.isInteger(value) && Number(value) >= 0,
    },
    useCPUOnly: flag,
    useCPUAndGPU: flag,
    enableOnSubgraph: flag,
    onlyEnableDeviceWithANE: flag,
  },
};

/** All that is wrong with `sessionOptions.executionProviders`. */
export function checkProviders(given: readonly unknown[], devices: readonly string[]): readonly Diagnostic[] {
  const used = new Set(devices.map((device) => device.split(":")[0]!));
  const seen = new Set<string>();
  return Array.from(given).flatMap((entry, i) => {
    const option = optionOf(entry);
    const wrong = (expected: string, actual: string): readonly Diagnostic[] => [
      diagnose(messages.value, { name: `executionProviders[${i}]`, expected, actual }),
    ];
    if (option === null) return wrong("a name, or an object with a name", describeValue(entry));
    const { name } = option;
    if (seen.has(name)) return wrong("a provider that the list has not named before", describeValue(name));
    seen.add(name);
    if (!used.has(name)) return [diagnose(messages.provider, { provider: name, devices: [...new Set(devices)] })];
    return checkSettings(option);
  });
}

function checkSettings({ name: provider, ...settings }: ProviderOption): readonly Diagnostic[] {
  const known = SETTINGS[provider] ?? {};
  return Object.entries(settings).flatMap(([name, value]) => {
    if (value === undefined) return [];
    if (!Object.hasOwn(known, name)) {
      return [diagnose(messages.setting, { provider, name, known: Object.keys(known) })];
    }
    const { expected, holds } = known[name]!;
    const where = `executionProviders, ${provider}.${name},`;
    return holds(value) ? [] : [diagnose(messages.value, { name: where, expected, actual: describeValue(value) })];
  });
}

/** For a list that `checkProviders` accepts: settings by provider. */
export function providersOf(given: readonly (string | ProviderOption)[]): Providers {
  return Object.fromEntries(
    given.map((entry) => {
      const { name, ...settings } = typeof entry === "string" ? { name: entry } : entry;
      return [name, settings];
    }),
  );
}

function optionOf(entry: unknown): ProviderOption | null {
  if (typeof entry === "string") return { name: entry };
  return isRecord(entry) && typeof entry["name"] === "string" ? (entry as unknown as ProviderOption) : null;
}
