import { Conv, Linear, type ModelCall } from '@evenkeel/nn';
import { evaluate, leavesOf, reshape, Tensor, transpose } from '@evenkeel/tensor';
import { type ArmorProgress, type ArmorResult, factorArmor, lastOf } from './factor.js';
import { ArmorConv, type ArmorSize, armorSize, type PatchGeometry, patchesOf } from './layer.js';
import { inputImportance } from './normalize.js';
import { type FactorOptions, requireFactorable } from './options.js';

/** A layer that can be factored. */
export type PrunableLayer = Linear | Conv;

/** Which layers are meant, by their paths in the model such as `steps.0`. */
export type LayerChoice = RegExp | ((path: string, layer: PrunableLayer) => boolean);

/** Where layers are, and what they are given. */
export interface Calibration<Model> {
  /** Evaluation. */
  readonly call: ModelCall<Model>;
  /** What `call` takes: a few hundred samples like those in use. */
  readonly inputs: readonly Tensor[];
  /** All unless said: convolutions in groups cannot be. */
  readonly layers?: LayerChoice;
}

/** How the layers of a model are factored. */
export interface ArmorModelOptions<Model> extends Calibration<Model>, FactorOptions {}

/** Where factoring a model stands. */
export interface ArmorModelProgress extends ArmorProgress {
  /** Of the layer. */
  readonly path: string;
}

/** A layer's weight, factored. */
export interface FactoredLayer extends ArmorResult {
  readonly size: ArmorSize;
}

/** A model with factored layers. */
export interface ArmorModelResult<Model> {
  /** With an `ArmorLinear` or `ArmorConv` in the place of each chosen layer: use layers by their `call` alone. */
  readonly model: Model;
  /** By the paths of the layers. */
  readonly layers: Readonly<Record<string, FactoredLayer>>;
}

/**
 * Prunes a trained model after training, as `factorArmorModel` does, in one go.
 * @throws as `factorArmorModel`
 */
export const armorModel = <Model>(
  model: Model,
  options: ArmorModelOptions<Model>,
): Promise<ArmorModelResult<Model>> => lastOf(factorArmorModel(model, options));

/**
 * Prunes a trained model: the weight of every chosen layer, one after the other, is factored for the inputs that the layer
 * has in the dense model. All else stays, and nothing is trained.
 * @throws RangeError where no layer is chosen, or one is a convolution in groups; what `factorArmor` throws, and
 *   before any work where the layer's path is told
 */
export async function* factorArmorModel<Model>(
  model: Model,
  { call, inputs, layers: choice, ...options }: ArmorModelOptions<Model>,
): AsyncGenerator<ArmorModelProgress, ArmorModelResult<Model>, void> {
  const chosen = chosenLayers(model, choice);
  const importances = await layerImportances(model, {
    call,
    inputs,
    layers: (_, layer) => chosen.has(layer),
  });
  for (const [layer, path] of chosen) {
    await requireFactorable(weightMatrix(layer), options).catch((error: Error) => {
      throw new RangeError(`${path}: ${error.message}`, { cause: error });
    });
  }
  const replacements = new Map<PrunableLayer, unknown>();
  const layers: Record<string, FactoredLayer> = {};
  for (const [layer, path] of chosen) {
    const importance = importances[path]!;
    const steps = factorArmor(weightMatrix(layer), { ...options, importance, bias: layer.bias });
    const result = yield* named(path, steps);
    layers[path] = { ...result, size: armorSize(result.layer, options) };
    const { layer: linear } = result;
    replacements.set(layer, layer instanceof Conv ? new ArmorConv(linear, geometryOf(layer)) : linear);
  }
  return { model: mapLayers(model, (layer) => replacements.get(layer) ?? layer), layers };
}

async function* named(
  path: string,
  steps: AsyncGenerator<ArmorProgress, ArmorResult, void>,
): AsyncGenerator<ArmorModelProgress, ArmorResult, void> {
  try {
    for (;;) {
      const { value, done } = await steps.next();
      if (done) return value;
      yield { path, ...value };
    }
  } finally {
    // Whoever stops here stops the factoring too, which then returns nothing.
    await steps.return(undefined as never);
  }
}

/**
 * The importances h of the inputs of layers, by the layers' paths: of convolutions, those of patches, in the order of the
 * flattened kernel.
 * @throws RangeError where no layer is chosen, or one is a convolution in groups, or is not called
 */
export async function layerImportances<Model>(
  model: Model,
  { call, inputs, layers }: Calibration<Model>,
): Promise<Readonly<Record<string, Tensor>>> {
  const chosen = chosenLayers(model, layers);
  const seen = new Map<string, Tensor[]>();
  const watched = mapLayers(model, (layer) => {
    const path = chosen.get(layer);
    return path === undefined ? layer : watch(layer, (x) => seen.set(path, [...(seen.get(path) ?? []), x]));
  });
  call(watched, ...inputs);
  const importances = [...chosen].map(([layer, path]) => {
    const given = seen.get(path);
    if (!given) throw new RangeError(`layerImportances: the call does not use ${path}`);
    const each = given.map((x) => importanceFor(layer, x));
    return [path, each.reduce((sum, h) => sum.add(h)).div(each.length)] as const;
  });
  return evaluate(Object.fromEntries(importances));
}

const importanceFor = (layer: PrunableLayer, x: Tensor): Tensor =>
  inputImportance(layer instanceof Conv ? patchesOf(x, geometryOf(layer)) : x);

/** The weight of a layer as `[outputs, inputs]`: of a convolution, the flattened kernel. */
export const weightMatrix = (layer: PrunableLayer): Tensor =>
  layer instanceof Conv
    ? reshape(layer.weight, [layer.weight.length(0), layer.weight.size / layer.weight.length(0)])
    : transpose(layer.weight);

const geometryOf = ({ weight, options }: Conv): PatchGeometry => ({
  ...options,
  inputs: weight.length(1),
  kernel: weight.shape.slice(2),
});

/** The chosen layers with their paths, each once. */
function chosenLayers(model: unknown, choice: LayerChoice = () => true): Map<PrunableLayer, string> {
  const paths: string[] = [];
  const chosen = new Map<PrunableLayer, string>();
  mapLayers(model, (layer, path) => {
    paths.push(path);
    const isChosen = choice instanceof RegExp ? path.search(choice) >= 0 : choice(path, layer);
    if (isChosen && !chosen.has(layer)) chosen.set(layer, path);
    return layer;
  });
  if (chosen.size === 0)
    throw new RangeError(`armorModel: no layer is chosen; there are: ${paths.join(', ') || 'none'}`);
  for (const [layer, path] of chosen) {
    if (layer instanceof Conv && (layer.options.groups ?? 1) !== 1)
      throw new RangeError(`armorModel: ${path}: a convolution in groups cannot be factored; choose layers`);
  }
  return chosen;
}

/** The layer with the same parameters, whose calls are noted. */
function watch<Layer extends PrunableLayer>(layer: Layer, note: (x: Tensor) => void): Layer {
  const watched = Object.assign(Object.create(Object.getPrototypeOf(layer)), layer) as Layer;
  const call = (x: Tensor) => {
    note(x);
    return layer.call(x);
  };
  return Object.defineProperty(watched, 'call', { value: call, enumerable: false });
}

/** The same tree with other layers. */
function mapLayers<Model>(
  model: Model,
  replace: (layer: PrunableLayer, path: string) => unknown,
  path = '',
): Model {
  if (model instanceof Linear || model instanceof Conv) return replace(model, path) as Model;
  if (model instanceof Tensor || leavesOf(model).length === 0) return model;
  const children = Object.entries(model as object).map(
    ([key, child]) => [key, mapLayers(child, replace, path ? `${path}.${key}` : key)] as const,
  );
  if (children.every(([key, child]) => (model as Record<string, unknown>)[key] === child)) return model;
  if (Array.isArray(model)) return children.map(([, child]) => child) as Model;
  return Object.assign(Object.create(Object.getPrototypeOf(model)), Object.fromEntries(children));
}
