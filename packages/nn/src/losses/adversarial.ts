import { DTypeError, isFloat, softplus, type Tensor } from '@evenkeel/tensor';

/**
 * What the two networks of a generative adversarial network play for: `nonSaturating` the likelihood of telling them apart
 * (arXiv 1406.2661), `leastSquares` scores of 1 for real and 0 for made up (arXiv 1611.04076), `hinge` scores beyond 1
 * and -1 (arXiv 1705.02894).
 */
export type AdversarialGame = 'nonSaturating' | 'leastSquares' | 'hinge';

interface Costs {
  readonly real: (scores: Tensor) => Tensor;
  readonly fake: (scores: Tensor) => Tensor;
  readonly generator: (scores: Tensor) => Tensor;
}

const away = (scores: Tensor, from: number): Tensor => scores.sub(from).square().mul(0.5);

const games: Readonly<Record<AdversarialGame, Costs>> = {
  nonSaturating: {
    real: (scores) => softplus(scores.neg()),
    fake: softplus,
    generator: (scores) => softplus(scores.neg()),
  },
  leastSquares: {
    real: (scores) => away(scores, 1),
    fake: (scores) => away(scores, 0),
    generator: (scores) => away(scores, 1),
  },
  hinge: {
    real: (scores) => scores.neg().add(1).relu(),
    fake: (scores) => scores.add(1).relu(),
    generator: (scores) => scores.neg(),
  },
};

function costsOf(name: string, game: AdversarialGame, ...scores: readonly Tensor[]): Costs {
  const wrong = scores.find(({ dtype }) => !isFloat(dtype));
  if (wrong) throw new DTypeError(`${name}: expected scores of a float dtype, got ${wrong.dtype}`);
  if (!Object.hasOwn(games, game)) {
    throw new RangeError(`${name}: game must be nonSaturating, leastSquares or hinge, got ${game}`);
  }
  return games[game];
}

/**
 * What a discriminator's scores of real and of generated samples, of any shapes, cost it: the mean over each, added.
 * @throws DTypeError for scores that are no floats; RangeError for an unknown game
 */
export function discriminatorLoss(
  real: Tensor,
  fake: Tensor,
  game: AdversarialGame = 'nonSaturating',
): Tensor {
  const costs = costsOf('discriminatorLoss', game, real, fake);
  return costs.real(real).mean().add(costs.fake(fake).mean());
}

/** What a discriminator's scores of generated samples cost the generator: the mean. @throws as `discriminatorLoss` */
export const generatorLoss = (fake: Tensor, game: AdversarialGame = 'nonSaturating'): Tensor =>
  costsOf('generatorLoss', game, fake).generator(fake).mean();
