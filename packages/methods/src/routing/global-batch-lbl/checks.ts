import { DTypeError, formatShape, isFloat, ShapeError, type Tensor } from '@evenkeel/tensor';
import { known, requireNotNegative, requireOneOf, requireWhole } from '../checks.js';
import type { LoadBalanceOptions } from './loss.js';

const name = 'loadBalanceLoss';

/**
 * @throws ShapeError unless probabilities are [G, n, E] and choices [G, n, K] or as them, not empty, with a mask that fits;
 *   DTypeError unless they are float, and int32 or bool; RangeError for a K outside [1, E] and, where values are known, probabilities that do
 *   not sum to 1, choices of no expert, and micro-batches without tokens
 */
export function requireRouting(probabilities: Tensor, chosen: Tensor, mask: Tensor | undefined): void {
  if (!isFloat(probabilities.dtype)) {
    throw new DTypeError(`${name}: probabilities must be float, got ${probabilities.dtype}`);
  }
  if (probabilities.rank !== 3 || probabilities.size === 0) {
    throw new ShapeError(
      `${name}: expected probabilities [micro-batches, tokens, experts], none of them 0, got ${formatShape(probabilities.shape)}`,
    );
  }
  const [groups, tokens, experts] = probabilities.shape as [number, number, number];
  const isMask = chosen.dtype === 'bool';
  if (chosen.dtype !== 'int32' && !isMask) {
    throw new DTypeError(
      `${name}: choices must be numbers of experts, int32, or a mask, bool, since counts have no gradient; got ${chosen.dtype}`,
    );
  }
  const fits = chosen.rank === 3 && chosen.length(0) === groups && chosen.length(1) === tokens;
  if (!fits || (isMask && chosen.length(2) !== experts)) {
    const last = isMask ? experts : 'topK';
    throw new ShapeError(
      `${name}: expected choices [${groups}, ${tokens}, ${last}], got ${formatShape(chosen.shape)}`,
    );
  }
  requireWhole(name, 'topK', chosen.length(2), [1, experts]);
  if (mask && `${mask.shape}` !== `${[groups, tokens]}`) {
    throw new ShapeError(`${name}: expected a mask [${groups}, ${tokens}], got ${formatShape(mask.shape)}`);
  }
  requireKnownValues(probabilities, chosen, mask);
}

function requireKnownValues(probabilities: Tensor, chosen: Tensor, mask: Tensor | undefined): void {
  const [, tokens, experts] = probabilities.shape as [number, number, number];
  const [values, present] = [known(probabilities), mask ? known(mask) : []];
  for (let token = 0; token * experts < values.length; token++) {
    const row = values.slice(token * experts, (token + 1) * experts);
    const total = row.reduce((sum, each) => sum + each, 0);
    if (present[token] !== 0 && !(row.every((each) => each >= 0) && Math.abs(total - 1) <= 1e-4)) {
      throw new RangeError(
        `${name}: probabilities of token ${token} must not be negative and sum to 1, got ${total}`,
      );
    }
  }
  requireKnownChoices(chosen, tokens, experts);
  for (let from = 0; from < present.length; from += tokens) {
    if (present.slice(from, from + tokens).every((each) => each === 0)) {
      throw new RangeError(`${name}: micro-batch ${from / tokens} has no tokens under its mask`);
    }
  }
}

function requireKnownChoices(chosen: Tensor, tokens: number, experts: number): void {
  const choices = known(chosen);
  if (chosen.dtype !== 'bool') {
    const wrong = choices.find((each) => each < 0 || each >= experts);
    if (wrong !== undefined) throw new RangeError(`${name}: choice ${wrong} is outside [0, ${experts})`);
    return;
  }
  for (let from = 0; from < choices.length; from += tokens * experts) {
    if (choices.slice(from, from + tokens * experts).every((each) => each === 0)) {
      throw new RangeError(`${name}: micro-batch ${from / (tokens * experts)} chooses no expert`);
    }
  }
}

/** @throws RangeError unless domains come with their number; DTypeError, ShapeError for domains of no micro-batch or token */
export function requireDomains(
  [groups, tokens]: readonly number[],
  { domains, domainCount }: LoadBalanceOptions,
): void {
  if (!domains !== (domainCount === undefined)) {
    throw new RangeError(`${name}: domains and domainCount go together, got only one of them`);
  }
  if (!domains) return;
  requireWhole(name, 'domainCount', domainCount!, [1, Number.POSITIVE_INFINITY]);
  if (domains.dtype !== 'int32') {
    throw new DTypeError(`${name}: domains must be int32, got ${domains.dtype}`);
  }
  if (![`${groups}`, `${[groups, tokens]}`].includes(`${domains.shape}`)) {
    throw new ShapeError(
      `${name}: expected domains [${groups}] or [${groups}, ${tokens}], got ${formatShape(domains.shape)}`,
    );
  }
}

/** @throws RangeError for options that are unknown, out of range, or do not go together */
export function requireOptions(
  groups: number,
  { level, weight, frequencySum, microMix, accumulationSteps, buffer, key }: LoadBalanceOptions,
): void {
  requireOneOf(name, 'level', level, ['micro', 'global', 'buffer', 'shuffle', undefined]);
  requireOneOf(name, 'frequencySum', frequencySum, ['1', 'K', undefined]);
  requireNotNegative(name, 'weight', weight ?? 0);
  requireNotNegative(name, 'microMix', microMix ?? 0);
  if (level === 'shuffle' && !key) throw new RangeError(`${name}: shuffle needs a random key`);
  if (level !== 'buffer' && (buffer || accumulationSteps !== undefined)) {
    throw new RangeError(
      `${name}: accumulationSteps and buffer belong to the level buffer, got ${level ?? 'global'}`,
    );
  }
  if (level !== 'buffer') return;
  if (Boolean(buffer) === (accumulationSteps !== undefined)) {
    throw new RangeError(`${name}: the level buffer needs either accumulationSteps or a buffer`);
  }
  if (accumulationSteps !== undefined) {
    requireWhole(name, 'accumulationSteps', accumulationSteps, [1, groups]);
    if (groups % accumulationSteps !== 0) {
      throw new RangeError(
        `${name}: ${groups} micro-batches cannot be divided into ${accumulationSteps} accumulation steps`,
      );
    }
  }
}
