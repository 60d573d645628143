/**
 * @file The options of `advise`, which takes numbers of devices and rates instead of a mesh. Knows commander, no command.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { degree, shapeOption } from "./options.ts";

export function addAdviseOptions(command: Command): Command {
  return command
    .option("--model <MODEL>", "the ONNX model of the plan; overrides its $model")
    .addOption(new Option("--devices <LIST>", "numbers of devices, for example 2,4,8").argParser(counts))
    .addOption(
      new Option(
        "--bandwidth <RATE>",
        "what a device sends to others of its host, 25GB/s; default: threads of this machine",
      ).argParser(rate("B/s")),
    )
    .addOption(
      new Option("--flops <RATE>", "what a device computes, 300TFLOP/s; default: as this machine").argParser(
        rate("FLOP/s"),
      ),
    )
    .addOption(new Option("--devices-per-host <N>", "devices of one host; default: all of them").argParser(degree))
    .addOption(
      new Option("--host-bandwidth <RATE>", "what a host sends to others, 200GB/s; its devices share it").argParser(
        rate("B/s"),
      ),
    )
    .addOption(shapeOption());
}

function counts(text: string): readonly number[] {
  return text.split(",").map((count) => degree(count.trim()));
}

const PREFIXES: Readonly<Record<string, number>> = { "": 1, k: 1e3, M: 1e6, G: 1e9, T: 1e12, P: 1e15 };

/** `25GB/s`, `1.5TB/s`: a number, a prefix and the unit, which is required, since GB/s and Gb/s are confused easily. */
function rate(unit: "B/s" | "FLOP/s"): (text: string) => number {
  const example = unit === "B/s" ? "25GB/s" : "300TFLOP/s";
  return (text) => {
    const match = /^(\d+(?:\.\d+)?) ?([kMGTP]?)(B\/s|FLOP\/s)$/.exec(text.trim());
    const value = match === null || match[3] !== unit ? NaN : Number(match[1]) * PREFIXES[match[2]!]!;
    if (!(value > 0)) throw new InvalidArgumentError(`Write a rate above 0 such as ${example}.`);
    return value;
  };
}
