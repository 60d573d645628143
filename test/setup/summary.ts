/**
 * @file Vitest reporter: prints `N passed, N failed` as the last line of a run. A file that does not load, or an error outside any test,
 * counts as a failure. A test that passed only when it was repeated is named, with what it said first.
 */
import type { Reporter, TestCase, TestModule } from "vitest/node";

const summary: Reporter = {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[]): void {
    const count = { passed: 0, failed: errors.length, skipped: 0, pending: 0 };
    for (const module of modules) {
      const before = count.failed;
      for (const test of module.children.allTests()) {
        count[test.result().state] += 1;
        if ((test.diagnostic()?.retryCount ?? 0) > 0) process.stdout.write(`repeated: ${repeated(test, module)}\n`);
      }
      if (!module.ok() && count.failed === before) count.failed += 1;
    }
    const skipped = count.skipped + count.pending;
    const tail = skipped > 0 ? `, ${skipped} skipped` : "";
    process.stdout.write(`\n${count.passed} passed, ${count.failed} failed${tail}\n`);
  },
};

function repeated(test: TestCase, module: TestModule): string {
  const said = (test.result().errors ?? []).map((error) => error.message).join("\n  ");
  return `${module.relativeModuleId} > ${test.fullName}\n  ${said}`;
}

export default summary;
