import { add, mapTree } from '@evenkeel/tensor';

/**
 * A step between gradients and the change of the parameters. Its state is a tree of tensors that the training step takes
 * and returns. Transforms compose by `chain`; the last one's output is added to the parameters.
 */
export interface GradientTransform<State = unknown> {
  /** The state before the first step. */
  init(params: unknown): State;
  /**
   * What is made of the gradients, and the next state.
   * @param gradients a tree like `params`: gradients, or what an earlier transform made of them
   */
  update<Params>(gradients: Params, state: State, params: Params): readonly [updates: Params, state: State];
}

/** A transform without state that looks at each gradient and its parameter. */
export const stateless = (
  update: <Params>(gradients: Params, params: Params) => Params,
): GradientTransform<readonly []> => ({
  init: () => [],
  update: (gradients, state, params) => [update(gradients, params), state],
});

/** One transform after the other; the state is the list of their states. */
export const chain = (
  ...transforms: readonly GradientTransform[]
): GradientTransform<readonly unknown[]> => ({
  init: (params) => transforms.map((transform) => transform.init(params)),
  update(gradients, states, params) {
    let updates = gradients;
    const next = transforms.map((transform, i) => {
      const [changed, state] = transform.update(updates, states[i], params);
      updates = changed;
      return state;
    });
    return [updates, next];
  },
});

/** The parameters after a step. */
export const applyUpdates = <Params>(params: Params, updates: Params): Params =>
  mapTree(add, params, updates);
