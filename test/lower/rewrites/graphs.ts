/**
 * @file Small graphs that the rewrites of lowering match, and variants that they must leave alone, in the test language.
 */

const PLAN = `
plan {
  "": [{
    "x": { "split_dim": 1 }
  }, { "gather_dim": 1 }]
}
`;

const TWO_STREAMS = `
plan {
  "": [{
    "text": { "split_dim": 1 },
    "image": { "split_dim": 1 }
  }, { "gather_dim": 1 }]
}
`;

/** A joint stream that is taken apart and joined again, in this order. */
export const joined = (first: string, second: string): string => `
in text float32 [1, txt, 8]
in image float32 [1, img, 8]
  stream = Concat(text, image) {axis=1}
  h = Relu(stream)
  t = Slice(h, start [0], end [txt], axes [1])
  i = Slice(h, middle [txt], all [txt + img], axes [1])
  again = Concat(${first}, ${second}) {axis=1}
  y = Neg(again)
out y
${TWO_STREAMS}`;

/** adaLN: `more` may read the values in between; `out` is the output. */
export const scaled = (more = "  y = Neg(added)"): string => `
in x float32 [batch, n, 8]
in scale float32 [batch, 8]
in shift float32 [batch, 8]
const w float32 [8] = 1, 2, 1, 1, 0.5, 1, 1, 3
const b float32 [8] = 0, 0, 1, 0, 0, -2, 0, 0
  s = Unsqueeze(scale, axes [1]) -> float32 [batch, 1, 8]
  t = Unsqueeze(shift, axes [1]) -> float32 [batch, 1, 8]
  norm = LayerNormalization(x, w, b) {axis=-1, epsilon=0.00001}
  product = Mul(norm, s)
  added = Add(t, product)
${more}
out y
${PLAN}`;

/** A rotary embedding of neighbouring pairs; `repeat` makes the angles (n, 8) of `half` (n, 4). */
export const rotary = (repeat: string, turn = "n1, e1"): string => `
in x float32 [2, n, 3, 8]
in half float32 [n, 4]
${repeat}
  cos = Cos(angles)
  sin = Sin(angles)
  cos4 = Unsqueeze(cos, outer [0, 2]) -> float32 [1, n, 1, 8]
  sin4 = Unsqueeze(sin, outer [0, 2]) -> float32 [1, n, 1, 8]
  pairs = Reshape(x, [2, -1, 3, 4, 2])
  a = Slice(pairs, zero [0], one [1], last [-1])
  b = Slice(pairs, one [1], two [2], last [-1])
  e = Squeeze(a, last [-1]) -> float32 [2, n, 3, 4]
  o = Squeeze(b, last [-1]) -> float32 [2, n, 3, 4]
  no = Neg(o)
  n1 = Unsqueeze(no, last [-1]) -> float32 [2, n, 3, 4, 1]
  e1 = Unsqueeze(e, last [-1]) -> float32 [2, n, 3, 4, 1]
  stack = Concat(${turn}) {axis=-1}
  turned = Reshape(stack, [2, -1, 3, 8])
  plain = Mul(x, cos4)
  crossed = Mul(turned, sin4)
  y = Add(plain, crossed)
out y
${PLAN}`;

export const NEIGHBOURS = `
  half1 = Unsqueeze(half, inner [2]) -> float32 [n, 4, 1]
  twice = Expand(half1, shape [n, 4, 2])
  angles = Reshape(twice, [-1, 8])`;

/** Each angle comes again four elements later. */
export const HALVES = `
  angles = Concat(half, half) {axis=1}`;

/** Attention of two streams over both; `attributes` of the attention. */
export const twoStreams = (attributes = "scale=0.5"): string => `
in text float32 [1, txt, 4, 8]
in image float32 [1, img, 4, 8]
attn:
  joint = Concat(text, image) {axis=1}
  keys = Relu(joint)
  a = cp.Attention(joint, keys, joint) {${attributes}}
  t, y = Split(a, sizes [txt, img]) {axis=1} -> float32 [1, txt, 4, 8], float32 [1, img, 4, 8]
out y
${TWO_STREAMS}`;

/** Attention within a model that cuts two values and joins the cuts in turn; `cuts` of the keys, and of the values. */
export const interleaved = (keys: string, values: string): string => `
in text float32 [1, 6, 4, 8]
in image float32 [1, 6, 4, 8]
in other float32 [1, n, 4]
attn:
  q0, q1 = Split(text, [2, 4]) {axis=1} -> float32 [1, 2, 4, 8], float32 [1, 4, 4, 8]
  q2, q3 = Split(image, [2, 4]) {axis=1} -> float32 [1, 2, 4, 8], float32 [1, 4, 4, 8]
  q = Concat(q0, q2, q1, q3) {axis=1}
  rt = Relu(text)
  ri = Relu(image)
  k0, k1 = Split(rt, ${keys}
  k2, k3 = Split(ri, ${keys}
  k = Concat(k0, k2, k1, k3) {axis=1}
  nt = Neg(text)
  ni = Neg(image)
  v0, v1 = Split(nt, ${values}
  v2, v3 = Split(ni, ${values}
  v = Concat(v0, v2, v1, v3) {axis=1}
  a = cp.Attention(q, k, v) {scale=0.5}
  a0, a2, a1, a3 = Split(a, [2, 2, 4, 4]) {axis=1} -> float32 [1, 2, 4, 8], float32 [1, 2, 4, 8], float32 [1, 4, 4, 8], float32 [1, 4, 4, 8]
  t = Concat(a0, a1) {axis=1}
  i = Concat(a2, a3) {axis=1}
  y = Sub(t, i)
"":
  z = Neg(other)
out z
out y

plan {
  "": [{
    "other": { "split_dim": 1 }
  }, { "gather_dim": 1 }]
}`;

export const SHORT_LONG = "[2, 4]) {axis=1} -> float32 [1, 2, 4, 8], float32 [1, 4, 4, 8]";
export const LONG_SHORT = "[4, 2]) {axis=1} -> float32 [1, 4, 4, 8], float32 [1, 2, 4, 8]";
