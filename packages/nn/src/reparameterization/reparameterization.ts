import type { Tensor } from '@evenkeel/tensor';

/** Which weight a reparameterization is asked about. */
export interface Place {
  /** Of the weight in its model, such as `layers.0.weight`. */
  readonly path: string;
  /** Counts the weights that are chosen together, from 0: for keys of their own. */
  readonly index: number;
}

/**
 * A weight as a function of free parameters θ, which are trained in its place: a bounded curve, a low-rank update, a
 * rounded or a masked weight. `Free` is a tree of tensors. A tensor that `init` puts into the θ of several weights is one
 * parameter, which they share.
 */
export interface Reparameterization<Free = unknown> {
  /** For messages, such as `weightCompander`. */
  readonly name: string;
  /** θ to begin with, of a weight that has been computed. */
  init(weight: Tensor, place: Place): Free | Promise<Free>;
  /** The weight of θ, of the shape and dtype of the one that `init` was given. It is traced and differentiated. */
  weight(free: Free): Tensor;
}
