/**
 * @file Writes `cp.Attention` in operators that onnxruntime runs: the kernel without a logits matrix where it gives the model's result, else
 * blocks of rows. Batch and sequence extents are never written down, so one model serves all lengths and all ranks.
 */
import type { AttentionOperation } from "../ir/cp.ts";
import type { Builder } from "./builder.ts";
import { emitExplicit } from "./explicit.ts";
import { emitKernel } from "./kernel.ts";
import { adapt, fitsKernel, rowsSee, scoresKept } from "./kernel-site.ts";
import type { KernelSite } from "./kernel-site.ts";
import { siteOf } from "./site.ts";
import type { Shapes } from "./site.ts";
import { allFinite, allOf } from "./vectors.ts";

export function emitAttention(b: Builder, operation: AttentionOperation, shapes: Shapes): void {
  const site = siteOf(operation, shapes);
  if (fitsKernel(site)) emitByKernel(b, site, operation.result);
  else emitExplicit(b, site, operation.result);
}

/**
 * The kernel gives NaN where the weights are undefined, and hides no NaN elsewhere: a finite result has no weight that becomes 0. Where the
 * result may not be the model's, the explicit form computes it again.
 */
function emitByKernel(b: Builder, site: KernelSite, result: string): void {
  const exact = [...scoresKept(b, site), ...rowsSee(b, site)];
  const operands = adapt(b, site);
  if (exact.length === 0 && !site.nanToZero) return emitKernel(b, operands, result);
  const out = b.fresh("kernel");
  emitKernel(b, operands, out);
  const all = site.nanToZero ? [...exact, allFinite(b, out, site.elem)] : exact;
  b.addAs(result, "If", [allOf(b, all)], {
    then_branch: b.branch(site.elem, (inner) => [inner.add("Identity", [out])]),
    else_branch: b.branch(site.elem, (inner) => {
      const explicit = inner.fresh("explicit");
      emitExplicit(inner, site, explicit);
      return [explicit];
    }),
  });
}
