const rank = 1 + 1;
export const ids = { split_dim: 0, expected_dims: rank };
export const broken = { split_dims: 1 };
export enum Axis {
  Batch,
  Sequence,
  Last = -1,
}
