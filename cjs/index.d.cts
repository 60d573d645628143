/**
 * @file Types of the entry for `require`: those of the ES module.
 */
import type * as Package from "../dist/index.js" with { "resolution-mode": "import" };

export type * from "../dist/index.js" with { "resolution-mode": "import" };

export declare const advise: typeof Package.advise;
export declare const applyContextParallel: typeof Package.applyContextParallel;
export declare const attach: typeof Package.attach;
export declare const compilePlan: typeof Package.compilePlan;
export declare const inferPlan: typeof Package.inferPlan;
export declare const inspectModel: typeof Package.inspectModel;
export declare const loadProgram: typeof Package.loadProgram;
export declare const definePlan: typeof Package.definePlan;
/** Only after an awaited call of one of the functions above, which diagnostics come from. */
export declare const formatDiagnostics: typeof Package.formatDiagnostics;
export declare const ContextParallelError: typeof Package.ContextParallelError;
export type ContextParallelError = Package.ContextParallelError;
