/**
 * @file Checks the options of the advice, since a caller in JavaScript may pass anything. Knows no plan and no model.
 */
import { adviseMessages } from "../compiler/diagnostics/catalog/cli.ts";
import { diagnose } from "../compiler/diagnostics/diagnose.ts";
import type { Diagnostic } from "../compiler/diagnostics/types.ts";
import { limits } from "../compiler/limits/limits.ts";
import type { AdviseOptions } from "./types.ts";

/** Every option that is wrong by itself or without another. */
export function checkAdviseOptions(options: AdviseOptions): readonly Diagnostic[] {
  const wrong = (option: string, expected: string, actual: string): Diagnostic =>
    diagnose(adviseMessages.option, { option, expected, actual });
  const rates = (["bandwidth", "flops", "hostBandwidth"] as const).flatMap((option) => {
    const value: unknown = options[option];
    return value === undefined || isRate(value) ? [] : [wrong(option, "a finite number above 0", String(value))];
  });
  const { devicesPerHost } = options;
  const hosts =
    devicesPerHost === undefined || isCount(devicesPerHost)
      ? []
      : [wrong("devicesPerHost", "an integer of 1 or more", String(devicesPerHost))];
  const counts: readonly unknown[] = Array.isArray(options.devices) ? options.devices : [];
  const bad = counts.find((count) => !isCount(count) || count > limits.ranks.most);
  const expected = `a list of integers from 1 to ${limits.ranks.most}`;
  const devices =
    counts.length === 0
      ? [wrong("devices", expected, String(options.devices))]
      : bad === undefined
        ? []
        : [wrong("devices", expected, String(bad))];
  return [...devices, ...rates, ...hosts, ...missing(options)];
}

/** Rates of other devices say nothing about exchanges here, and hosts are of a network. */
const NEEDS = [
  ["flops", "bandwidth"],
  ["devicesPerHost", "hostBandwidth"],
  ["hostBandwidth", "devicesPerHost"],
  ["devicesPerHost", "bandwidth"],
] as const;

function missing(options: AdviseOptions): readonly Diagnostic[] {
  return NEEDS.filter(([option, other]) => options[option] !== undefined && options[other] === undefined).map(
    ([option, other]) => diagnose(adviseMessages.together, { option, other }),
  );
}

function isRate(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 1;
}
