/**
 * @file The entry for `require`, on every Node. It loads the ES module at the first call of a function, so that a process has one copy of the
 * package, whoever asks for it. Holds no code of the package.
 */
"use strict";

/** The ES module, once it is there. */
let loaded;

async function load() {
  return (loaded = await import("../dist/index.js"));
}

/** Diagnostics and errors come from the module, so that it is there when they are. */
function present(name) {
  if (loaded === undefined) {
    throw new Error(
      `${name} needs diagnostics of this package: await one of its functions, compilePlan for example, before`,
    );
  }
  return loaded;
}

const delayed =
  (name) =>
  async (...parameters) =>
    (await load())[name](...parameters);

/** Stands for the class of the same name: `instanceof` and `new` mean that one. */
class ContextParallelError extends Error {
  constructor(diagnostics, cause) {
    super();
    return new (present("ContextParallelError").ContextParallelError)(diagnostics, cause);
  }

  static [Symbol.hasInstance](value) {
    return loaded !== undefined && value instanceof loaded.ContextParallelError;
  }
}

module.exports = {
  advise: delayed("advise"),
  applyContextParallel: delayed("applyContextParallel"),
  attach: delayed("attach"),
  compilePlan: delayed("compilePlan"),
  inferPlan: delayed("inferPlan"),
  inspectModel: delayed("inspectModel"),
  loadProgram: delayed("loadProgram"),
  definePlan: (plan) => plan,
  formatDiagnostics: (...parameters) => present("formatDiagnostics").formatDiagnostics(...parameters),
  ContextParallelError,
};
