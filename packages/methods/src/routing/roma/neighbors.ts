import { formatShape, ShapeError, type Tensor, tensor } from '@evenkeel/tensor';
import { requireOneOf, requirePositive, requireWhole } from '../checks.js';

export interface NeighborOptions {
  /** `knn`: the k most similar successes. `epsilon`: all successes at least so similar. `knn` unless said. */
  readonly mode?: 'knn' | 'epsilon';
  /** Of `knn`: 3 unless said. */
  readonly k?: number;
  /** Of `epsilon`: least similarity, from 0 to 1; 0.5 unless said. */
  readonly epsilon?: number;
  /** Of the similarity; half the median distance between two samples unless said. */
  readonly sigma?: number;
  /** Told when no sample was successful. */
  readonly onWarning?: (message: string) => void;
}

/** Whose routing each sample is drawn to, and how much. */
export interface Neighborhoods {
  /** Of each sample its successful neighbours, most similar first. */
  readonly lists: readonly (readonly number[])[];
  /** The lists side by side: int32 `[n, widest]`, -1 where there is no further one. */
  readonly neighbors: Tensor;
  /** Their weights W: float64 `[n, widest]`, which sum to 1 for each sample that has neighbours; 0 where there is none. */
  readonly weights: Tensor;
  readonly sigma: number;
}

/** More samples than this tell the median distance no better. */
const enough = 1000;

type Rows = readonly Float64Array[];

const squaredDistance = (a: Float64Array, b: Float64Array): number => {
  let total = 0;
  for (let i = 0; i < a.length; i++) total += (a[i]! - b[i]!) ** 2;
  return total;
};

/** Half the median distance between two of the samples, which are thinned evenly where there are very many. */
function halfMedianDistance(rows: Rows): number {
  const stride = Math.ceil(rows.length / enough);
  const some = rows.filter((_, i) => i % stride === 0);
  const squares = some.flatMap((row, i) => some.slice(0, i).map((other) => squaredDistance(row, other)));
  const sorted = Float64Array.from(squares).sort();
  const [low, high] = [(sorted.length - 1) >> 1, sorted.length >> 1];
  return sorted.length > 0 ? (Math.sqrt(sorted[low]!) + Math.sqrt(sorted[high]!)) / 4 : 1;
}

/**
 * The neighbourhoods of RoMA (arXiv 2511.07419): to every sample, solved or not, those of the solved ones S that are like
 * it, itself apart.
 *
 *   sim(e_i, e_j) = exp(-‖e_i - e_j‖² / (2 σ²)),  W_ij = sim_ij / Σ_{j' ∈ N(i)} sim_ij'
 *
 * `knn` takes the k of S with the largest similarity, or all where S has fewer; `epsilon` takes { j ∈ S : sim ≥ ε }. Among
 * equals the first. Weights are computed as a softmax of -d² / (2 σ²), so that far neighbours count too. Takes O(n |S|).
 * @param embeddings of the samples' tasks, by a frozen model: float `[n, features]`
 * @param success whether each was answered correctly: n booleans, or a tensor of them
 * @throws RangeError for a k that is no positive integer, an epsilon outside [0, 1], a sigma that is not positive, and
 *   embeddings that are not finite or, without a sigma, mostly the same; ShapeError for other shapes
 */
export async function successfulNeighbors(
  embeddings: Tensor,
  success: Tensor | readonly boolean[],
  { mode = 'knn', k = 3, epsilon = 0.5, sigma: given, onWarning }: NeighborOptions = {},
): Promise<Neighborhoods> {
  const name = 'successfulNeighbors';
  requireOneOf(name, 'mode', mode, ['knn', 'epsilon']);
  requireWhole(name, 'k', k, [1, Number.POSITIVE_INFINITY]);
  if (!(epsilon >= 0 && epsilon <= 1)) {
    throw new RangeError(`${name}: epsilon must be from 0 to 1, got ${epsilon}`);
  }
  if (given !== undefined) requirePositive(name, 'sigma', given);
  const rows = await rowsOf(name, embeddings);
  const solved = Array.from(Array.isArray(success) ? success : await (success as Tensor).data(), Boolean);
  if (solved.length !== rows.length) {
    throw new ShapeError(
      `${name}: success: expected ${rows.length} booleans, one a sample, got ${solved.length}`,
    );
  }
  const sigma = given ?? halfMedianDistance(rows);
  if (!(sigma > 0)) {
    throw new RangeError(`${name}: most embeddings are the same, which gives a sigma of 0; give one`);
  }
  const successes = solved.flatMap((each, i) => (each ? [i] : []));
  if (successes.length === 0) onWarning?.(`${name}: no sample was successful: the manifold term is 0`);
  // As a distance, so that 1 leaves nothing but duplicates, whatever rounding makes of the similarity.
  const farthest = mode === 'epsilon' ? -2 * Math.log(epsilon) : Number.POSITIVE_INFINITY;
  const near = rows.map((row, i) =>
    successes
      .filter((j) => j !== i)
      .map((j) => ({ j, square: squaredDistance(row, rows[j]!) }))
      .filter(({ square }) => square / sigma / sigma <= farthest)
      .sort((a, b) => a.square - b.square)
      .slice(0, mode === 'knn' ? k : undefined),
  );
  return {
    ...neighborhoods(
      near.map((each) => each.map(({ j }) => j)),
      near.map((each) =>
        similarityShares(
          each.map(({ square }) => square),
          sigma,
        ),
      ),
    ),
    sigma,
  };
}

/** Neighbourhoods of lists, which count alike unless weights are given. */
export function neighborhoods(
  lists: readonly (readonly number[])[],
  weights = lists.map((list) => list.map(() => 1 / list.length)),
): Omit<Neighborhoods, 'sigma'> {
  const shape = [lists.length, Math.max(1, ...lists.map((list) => list.length))] as const;
  const side = (rows: readonly (readonly number[])[], rest: number) =>
    rows.flatMap((row) => Array.from({ length: shape[1] }, (_, at) => row[at] ?? rest));
  return {
    lists,
    neighbors: tensor(Int32Array.from(side(lists, -1)), { shape }),
    weights: tensor(Float64Array.from(side(weights, 0)), { shape }),
  };
}

/** A softmax of -d² / (2 σ²); the first distance is the least. */
function similarityShares(squares: readonly number[], sigma: number): number[] {
  const shares = squares.map((square) => Math.exp((squares[0]! - square) / sigma / sigma / 2));
  const total = shares.reduce((sum, each) => sum + each, 0);
  return shares.map((each) => each / total);
}

async function rowsOf(name: string, embeddings: Tensor): Promise<Rows> {
  if (embeddings.rank !== 2 || embeddings.size === 0) {
    throw new ShapeError(
      `${name}: expected embeddings [samples, features], got ${formatShape(embeddings.shape)}`,
    );
  }
  const values = Float64Array.from(await embeddings.data(), Number);
  const wrong = values.find((each) => !Number.isFinite(each));
  if (wrong !== undefined) throw new RangeError(`${name}: embeddings must be finite, got ${wrong}`);
  const [count, width] = embeddings.shape as [number, number];
  return Array.from({ length: count }, (_, i) => values.subarray(i * width, (i + 1) * width));
}

/** Mean share of the samples' neighbours that are among the others too, over samples that have any: from 0 to 1. */
export function neighborhoodOverlap(
  lists: readonly (readonly number[])[],
  others: readonly (readonly number[])[],
): number {
  const shares = lists.flatMap((list, i) =>
    list.length > 0 ? [list.filter((j) => others[i]!.includes(j)).length / list.length] : [],
  );
  return shares.length > 0 ? shares.reduce((sum, each) => sum + each, 0) / shares.length : 0;
}
