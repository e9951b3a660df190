import {
  evaluate,
  flatten,
  formatShape,
  mapTree,
  ShapeError,
  sameShape,
  type Tensor,
  withLeaves,
  zeros,
} from '@evenkeel/tensor';
import type { Reparameterization } from './reparameterization.js';

/** Which tensors of a model are meant: those whose path matches, or for which the function says so. */
export type LeafChoice = RegExp | ((path: string, leaf: Tensor) => boolean);

/** How the weight at a path is made. */
export interface WeightMaker {
  readonly path: string;
  readonly reparameterization: Reparameterization;
}

/**
 * A model some of whose weights are functions of free parameters. It is what training holds: a tree whose tensors are the
 * free parameters and all other tensors of the model, each under its path. `materialize` makes the model of it.
 */
export class Reparameterized<Model> {
  /** θ of each chosen weight by the weight's path. */
  readonly free: Readonly<Record<string, unknown>>;
  /** All other tensors by their paths. */
  readonly others: Readonly<Record<string, Tensor>>;
  /** The form of the model, and what makes the chosen weights: no parameters. */
  readonly form: () => { readonly model: Model; readonly makers: readonly WeightMaker[] };

  /** @internal `reparameterize` makes them. */
  constructor(
    free: Readonly<Record<string, unknown>>,
    others: Readonly<Record<string, Tensor>>,
    form: Reparameterized<Model>['form'],
  ) {
    this.free = free;
    this.others = others;
    this.form = form;
  }

  /** The weights that θ stands for, by their paths. */
  weights(): Readonly<Record<string, Tensor>> {
    const { model, makers } = this.form();
    const { leaves, paths } = flatten(model);
    const entries = makers.map(({ path, reparameterization }) => {
      const weight = reparameterization.weight(this.free[path]);
      const { shape } = leaves[paths.indexOf(path)]!;
      if (!sameShape(weight.shape, shape)) {
        throw new ShapeError(
          `${reparameterization.name}: ${path} is ${formatShape(shape)}, its free parameters made ${formatShape(weight.shape)}`,
        );
      }
      return [path, weight] as const;
    });
    return Object.fromEntries(entries);
  }

  /**
   * The same with the other tensors of `model`: brings new state, such as running statistics, back from a loss.
   * @throws RangeError when the model lacks one
   */
  withOthers(model: Model): Reparameterized<Model> {
    const { leaves, paths } = flatten(model);
    const entries = Object.keys(this.others).map((path) => {
      const leaf = leaves[paths.indexOf(path)];
      if (!leaf) throw new RangeError(`Reparameterized: the model has no tensor at ${path}`);
      return [path, leaf] as const;
    });
    return new Reparameterized(this.free, Object.fromEntries(entries), this.form);
  }
}

/**
 * Replaces the chosen weights of a model by free parameters. Train the result as any model, and make the network of it
 * inside the loss: `loss: (model, batch) => lossOf(materialize(model), batch)`. A tied weight is one, and goes by its
 * first path. Weights of a model that has some reparameterized already can be chosen too, each once.
 * @throws RangeError when nothing is chosen, or a weight that has a reparameterization; what `init` throws
 */
export async function reparameterize<Model>(
  model: Model | Reparameterized<Model>,
  choice: LeafChoice,
  reparameterization: Reparameterization,
): Promise<Reparameterized<Model>> {
  const { free, others, form } = model instanceof Reparameterized ? model : untouched(model);
  const { model: skeleton, makers } = form();
  const isChosen = (path: string, leaf: Tensor) =>
    choice instanceof RegExp ? path.search(choice) >= 0 : choice(path, leaf);
  const { leaves: shapes, paths } = flatten(skeleton);
  const again = makers.find(({ path }) => isChosen(path, shapes[paths.indexOf(path)]!));
  if (again) {
    throw new RangeError(`reparameterize: ${again.path} is made by ${again.reparameterization.name} already`);
  }
  const chosen = Object.keys(others).filter((path) => isChosen(path, others[path]!));
  if (chosen.length === 0) {
    throw new RangeError(
      `reparameterize: ${choice instanceof RegExp ? choice : 'the choice'} matches no tensor; there are ${paths.join(', ')}`,
    );
  }
  const weights = chosen.map((path) => others[path]!);
  await evaluate(weights);
  const added = await Promise.all(
    chosen.map(
      async (path, index) => [path, await reparameterization.init(weights[index]!, { path, index })] as const,
    ),
  );
  const every = [...makers, ...chosen.map((path) => ({ path, reparameterization }))];
  const result = new Reparameterized(
    { ...free, ...Object.fromEntries(added) },
    Object.fromEntries(Object.entries(others).filter(([path]) => !chosen.includes(path))),
    () => ({ model: skeleton, makers: every }),
  );
  result.weights();
  return result;
}

function untouched<Model>(model: Model): Reparameterized<Model> {
  const { leaves, paths } = flatten(model);
  // Without its elements, so that the weights that are replaced can be freed.
  const skeleton = mapTree(({ shape, dtype }) => zeros(shape, dtype), model);
  const others = Object.fromEntries(paths.map((path, i) => [path, leaves[i]!]));
  return new Reparameterized({}, others, () => ({ model: skeleton, makers: [] }));
}

/** The model with its weights computed from the free parameters: differentiable, for use inside a loss. */
export function materialize<Model>(reparameterized: Reparameterized<Model>): Model {
  const { model } = reparameterized.form();
  const tensors = { ...reparameterized.others, ...reparameterized.weights() };
  return withLeaves(
    model,
    flatten(model).paths.map((path) => tensors[path]!),
  );
}

/** The plain model, its weights computed once and for all: what is used, stored and exported after training. */
export async function fold<Model>(reparameterized: Reparameterized<Model>): Promise<Model> {
  const model = materialize(reparameterized);
  await evaluate(flatten(model).leaves);
  return model;
}
