/**
 * @file Vitest reporter: prints `N passed, N failed` as the last line of a run. A file that does not load, or an error outside any test,
 * counts as a failure.
 */
import type { Reporter, TestModule } from "vitest/node";

const summary: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const before = count.failed;
      for (const test of module.children.allTests()) count[test.result().state] += 1;
      if (!module.ok() && count.failed === before) count.failed += 1;
    }
    const skipped = count.skipped + count.pending;
    const tail = skipped > 0 ? `, ${skipped} skipped` : "";
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${tail}\n`);
  },
};

export default summary;
