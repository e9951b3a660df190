import { BatchNorm } from '@evenkeel/nn';
import { add, cast, greaterEqual, mul, Tensor } from '@evenkeel/tensor';
import { AdaB2N, type AdaB2NOptions } from './layer.js';

type Replace = (value: object) => object | undefined;

/** A tree in which `replace` has put others in the place of some objects; what holds none of them stays as it is. */
function replaceObjects(tree: unknown, replace: Replace): unknown {
  if (typeof tree !== 'object' || tree === null || tree instanceof Tensor || ArrayBuffer.isView(tree))
    return tree;
  const replacement = replace(tree);
  if (replacement) return replacement;
  const entries = Object.entries(tree).map(
    ([key, child]) => [key, child, replaceObjects(child, replace)] as const,
  );
  if (entries.every(([, child, next]) => child === next)) return tree;
  const next = entries.map(([key, , value]) => [key, value] as const);
  if (Array.isArray(tree)) return next.map(([, value]) => value);
  return Object.assign(Object.create(Object.getPrototypeOf(tree)), Object.fromEntries(next));
}

/** Does something to every AdaB2N layer of a model. @throws RangeError when there is none */
function mapLayers<Model>(name: string, model: Model, change: (layer: AdaB2N) => AdaB2N): Model {
  let found = 0;
  const result = replaceObjects(model, (value) => {
    if (!(value instanceof AdaB2N)) return undefined;
    found++;
    return change(value);
  });
  if (found === 0) throw new RangeError(`${name}: the model has no AdaB2N layer`);
  return result as Model;
}

/**
 * The model with AdaB2N in the place of every batch normalization: scale, shift, running statistics, ε and (unless said
 * otherwise) the momentum stay. AdaB2N has all that BatchNorm has, so that the model's own code stays as it is.
 * @throws RangeError for a model without batch normalization, and as `AdaB2N`
 */
export function useAdaB2N<Model>(model: Model, options: Omit<AdaB2NOptions, 'epsilon' | 'dtype'>): Model {
  let found = 0;
  const result = replaceObjects(model, (value) => {
    if (!(value instanceof BatchNorm)) return undefined;
    found++;
    const { scale, shift, running, momentum, epsilon } = value;
    const layer = new AdaB2N(scale.size, { momentum, ...options, epsilon, dtype: scale.dtype });
    return Object.assign(layer, { scale, shift, running });
  });
  if (found === 0) throw new RangeError('useAdaB2N: the model has no BatchNorm layer');
  return result as Model;
}

/**
 * The model whose AdaB2N layers know the task of every example of the next batch, `[n]`: inside a loss,
 * `withTasks(model, tasks).train(x)`. @throws as the layers' `withTasks`; RangeError for a model without them
 */
export const withTasks = <Model>(model: Model, tasks: Tensor): Model =>
  mapLayers('withTasks', model, (layer) => layer.withTasks(tasks));

/**
 * The model when the next task begins. Running statistics go on as they are.
 * @throws RangeError when the layers were made for no further task, and for a model without them
 */
export const endTask = <Model>(model: Model): Model =>
  mapLayers('endTask', model, (layer) => layer.endTask());

/** When the adaptation loss counts. */
export interface AdaptationLossOptions {
  /** The first task with it, 0 unless said: before, it is 0. */
  readonly from?: number;
}

/**
 * The sum of the adaptation losses of a model's AdaB2N layers, to be weighted and added to the loss: it draws the
 * statistics of batches towards the running ones.
 * @param model what `train` has returned
 * @throws RangeError for a model without such layers, or whose layers have not been trained on a batch
 */
export function adaptationLoss(model: unknown, { from = 0 }: AdaptationLossOptions = {}): Tensor {
  if (!(Number.isSafeInteger(from) && from >= 0)) {
    throw new RangeError(`adaptationLoss: from must be a non-negative integer, got ${from}`);
  }
  const losses: Tensor[] = [];
  mapLayers('adaptationLoss', model, (layer) => {
    const { balance, currentTask } = layer;
    if (!balance) throw new RangeError('adaptationLoss: expected the model that train has returned');
    const counts = cast(greaterEqual(currentTask, from), currentTask.dtype);
    losses.push(from === 0 ? balance.adaptation : mul(balance.adaptation, counts));
    return layer;
  });
  return losses.reduce(add);
}
