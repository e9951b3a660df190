import { bilevelQuadratic, noisyRectangles, toTensors } from '@evenkeel/nn';
import { full, type Tensor, tensor } from '@evenkeel/tensor';
import { denoisingProblem } from './denoising.js';
import type { BilevelPoint, BilevelProblem } from './problem.js';
import { quadraticProblem, quadraticValues } from './quadratic.js';

const unknowns = 10;
/** Pictures to learn from, as many again to judge by, and their side. */
export const [pictures, size] = [4, 48];
/** Weight exp(-4) and smoothing exp(-3): most of the noise stays. */
const startTheta = [-4, -3];
/** Held-out pictures are those of a seed that no run has. */
const heldOutSeeds = 1_000;

/** A problem and where it begins. */
export interface Stage {
  readonly problem: BilevelProblem<Tensor, Tensor>;
  readonly start: BilevelPoint<Tensor, Tensor>;
}

export type PictureStage = Stage & { readonly clean: Tensor };

/** What the arms learn. */
export interface Tasks {
  readonly quadratic: Stage & {
    /** (f(θ) - f*) / (f(θ₀) - f*) with exact f. */
    gap(theta: Tensor): Promise<number>;
  };
  readonly denoising: PictureStage;
  /** Pictures that are not learned from. */
  readonly heldOut: PictureStage;
}

export async function loadTasks({ seed }: { readonly seed: number }): Promise<Tasks> {
  return {
    quadratic: await quadraticStage(seed),
    denoising: pictureStage(seed),
    heldOut: pictureStage(seed + heldOutSeeds),
  };
}

async function quadraticStage(seed: number): Promise<Tasks['quadratic']> {
  const terms = toTensors(bilevelQuadratic({ seed, unknowns, hyperparameters: unknowns }).columns);
  const start = { x: full([unknowns], 0, 'float64'), theta: full([unknowns], 1, 'float64') };
  const { value, least } = await quadraticValues(terms);
  const above = async (theta: Tensor) => (await (await value(theta)).item()) - least;
  const first = await above(start.theta);
  return {
    problem: await quadraticProblem(terms),
    start,
    gap: async (theta) => (await above(theta)) / first,
  };
}

function pictureStage(seed: number): PictureStage {
  const pairs = toTensors(noisyRectangles({ seed, samples: pictures, size }).columns);
  const theta = tensor(startTheta, 'float64');
  return { problem: denoisingProblem(pairs), start: { x: pairs.noisy, theta }, clean: pairs.clean };
}

/** Decibels (peak signal to noise) of pictures in [0, 1], from the mean of ½ |x - clean|² over them. */
export const decibels = (loss: number): number => 10 * Math.log10(size ** 2 / (2 * loss));
