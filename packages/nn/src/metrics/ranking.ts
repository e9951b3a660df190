import { columnsOf, type Numbers, requireFinite, requireLabels, requirePairs } from './arrays.js';

/**
 * Area under the receiver operating characteristic: the chance that a random positive sample has a higher score than
 * a random negative one, where equal scores count half. In [0, 1]; 0.5 is chance.
 * @param scores one a sample; any increasing function of them gives the same
 * @param labels 1 for positive samples, 0 for others
 * @throws RangeError for lists of unequal length, scores that are not finite, other labels, or labels of one kind only
 */
export function rocAuc(scores: Numbers, labels: Numbers): number {
  requirePairs('rocAuc', 'scores', scores, 'labels', labels);
  requireFinite('rocAuc', 'score', scores);
  requireLabels('rocAuc', 'label', labels, 2);
  const order = Array.from(scores, (_, i) => i).sort((a, b) => scores[a]! - scores[b]!);
  const positives = Array.from(labels).filter((label) => label === 1).length;
  const negatives = labels.length - positives;
  if (positives === 0 || negatives === 0) {
    throw new RangeError(`rocAuc: expected positive and negative samples, got ${positives} and ${negatives}`);
  }
  let [below, won] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    let [ties, wins] = [0, 0];
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) {
      if (labels[order[end++]!] === 1) wins++;
      else ties++;
    }
    won += wins * (below + ties / 2);
    below += ties;
    start = end;
  }
  return won / (positives * negatives);
}

/**
 * Share of samples whose label is among the `k` highest scores, in [0, 1]. Among equal scores the lower class goes first.
 * @param scores a row of scores for each sample, row by row: `[samples, classes]`
 * @param labels one a sample
 * @param k from 1 to the number of classes
 * @throws RangeError for rows that are not whole, scores that are not finite, labels that are no classes, another `k`
 */
export function topKAccuracy(scores: Numbers, labels: Numbers, k: number): number {
  const classes = columnsOf('topKAccuracy', 'scores', scores, labels);
  if (!(Number.isInteger(k) && k >= 1 && k <= classes)) {
    throw new RangeError(`topKAccuracy: k: got ${k}, expected an integer from 1 to ${classes}`);
  }
  let hits = 0;
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i]!;
    const own = scores[i * classes + label]!;
    let before = 0;
    for (let j = 0; j < classes; j++) {
      const other = scores[i * classes + j]!;
      if (other > own || (other === own && j < label)) before++;
    }
    if (before < k) hits++;
  }
  return hits / labels.length;
}
