import { type Application, applicationOf } from '../graph/primitive.js';
import { sameShape } from '../graph/shape.js';
import type { Tensor } from '../graph/tensor.js';
import { concat, pad } from '../ops/movement.js';

/** A tensor that stands from `start` to `end` of an axis, between zeros. */
interface Piece {
  readonly tensor: Tensor;
  readonly axis: number;
  readonly start: number;
  readonly end: number;
}

/** What a padded tensor is, if it is padded along one axis. */
function pieceOf({ inputs: [tensor], attributes, output }: Application): Piece | undefined {
  const { before } = attributes as { before: readonly number[] };
  const axes = output.shape.flatMap((length, axis) => (length === tensor!.shape[axis] ? [] : [axis]));
  const [axis, ...more] = axes;
  if (axis === undefined || more.length > 0) return undefined;
  return { tensor: tensor!, axis, start: before[axis]!, end: before[axis]! + tensor!.shape[axis]! };
}

/** The padded tensors that a sum is made of; undefined if there are other terms. */
function piecesOf(sum: Tensor): Piece[] | undefined {
  const pieces: Piece[] = [];
  const open = [sum];
  for (let term = open.pop(); term; term = open.pop()) {
    const application = applicationOf(term);
    const name = application?.primitive.name;
    const piece = name === 'pad' ? pieceOf(application!) : undefined;
    if (!sameShape(term.shape, sum.shape)) return undefined;
    if (name === 'add') open.push(...application!.inputs);
    else if (piece) pieces.push(piece);
    else return undefined;
  }
  return pieces;
}

/** The tensors that a concatenation along an axis is made of. */
function partsOf(tensor: Tensor, axis: number): readonly Tensor[] {
  const application = applicationOf(tensor);
  const joined =
    application?.primitive.name === 'concat' && (application.attributes as { axis: number }).axis === axis;
  return joined ? application.inputs : [tensor];
}

/**
 * A sum of padded tensors that lie side by side is their concatenation: the gradient of a tensor that was cut into pieces.
 * @returns undefined for sums of anything else
 */
export function joinPads({ output }: Application): Tensor | undefined {
  const pieces = piecesOf(output)?.sort((a, b) => a.start - b.start);
  if (!pieces) return undefined;
  const { axis, start } = pieces[0]!;
  const adjoin = pieces.every(
    (piece, i) => piece.axis === axis && (i === 0 || piece.start === pieces[i - 1]!.end),
  );
  if (!adjoin) return undefined;
  const whole = concat(
    pieces.flatMap(({ tensor }) => partsOf(tensor, axis)),
    axis,
  );
  const rest = output.shape[axis]! - pieces.at(-1)!.end;
  if (start === 0 && rest === 0) return whole;
  const along = (count: number) => output.shape.map((_, each) => (each === axis ? count : 0));
  return pad(whole, along(start), along(rest));
}
