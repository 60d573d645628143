/**
 * @file Errors in the options of ONNX Runtime's sessions that a caller of attach gives. Codes CP6590-6594.
 */
import type { Catalog } from "../catalog.ts";

export const sessionMessages: Catalog<{
  refused: { name: string; why: string; instead: string };
  unknown: { name: string; meant: string | null; known: readonly string[] };
  value: { name: string; expected: string; actual: string };
  provider: { provider: string; devices: readonly string[] };
  setting: { provider: string; name: string; known: readonly string[] };
}> = {
  refused: {
    code: "CP6590",
    severity: "error",
    title: "Session option that is refused",
    message: ({ name, why }) => `sessionOptions.${name} is refused: ${why}`,
    hint: ({ instead }) => instead,
  },
  unknown: {
    code: "CP6591",
    severity: "error",
    title: "Unknown session option",
    message: ({ name }) => `there is no session option "${name}"`,
    hint: ({ meant, known }) =>
      `${meant === null ? "write" : `did you mean "${meant}"? Write`} one of ${known.join(", ")}`,
  },
  value: {
    code: "CP6592",
    severity: "error",
    title: "Wrong value of a session option",
    message: ({ name, expected, actual }) => `sessionOptions.${name} must be ${expected}, and is ${actual}`,
    hint: ({ name }) => `correct ${name}, or leave it out: every option has a default that suits several ranks`,
  },
  provider: {
    code: "CP6593",
    severity: "error",
    title: "Execution provider that no rank uses",
    message: ({ provider, devices }) =>
      `sessionOptions.executionProviders has settings for ${provider}, and the devices of the ranks are ${devices.join(", ")}`,
    hint: ({ provider }) =>
      `choose where ranks compute with devices, for example devices: ["${provider}", ...]; executionProviders only adds settings to them`,
  },
  setting: {
    code: "CP6594",
    severity: "error",
    title: "Unknown setting of an execution provider",
    message: ({ provider, name }) =>
      `sessionOptions.executionProviders gives ${provider} the setting "${name}", which is not known for it`,
    hint: ({ provider, known }) =>
      known.length === 0
        ? `${provider} has no settings; leave it out of executionProviders`
        : `write one of ${known.join(", ")}`,
  },
};
