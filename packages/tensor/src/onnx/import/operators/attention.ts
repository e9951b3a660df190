import { formatShape } from '../../../graph/shape.js';
import type { Tensor } from '../../../graph/tensor.js';
import { broadcastTo, reshape } from '../../../ops/broadcast.js';
import { add, cast, div, equal, logicalAnd, mul, sub, tanh, where } from '../../../ops/elementwise.js';
import { take, triangle } from '../../../ops/gather.js';
import { matMul } from '../../../ops/matMul.js';
import { concat, slice, split, stack, transpose } from '../../../ops/movement.js';
import { any } from '../../../ops/reduce.js';
import { softmax } from '../../../ops/softmax.js';
import type { Call, Operators } from '../call.js';

/** [batch, length, heads · size] → [batch, heads, length, size] */
function toHeads(call: Call, x: Tensor, heads: number): Tensor {
  if (x.rank === 4) return x;
  if (x.rank !== 3 || !(heads >= 1) || x.length(-1) % heads !== 0) {
    throw call.error(`${formatShape(x.shape)} cannot be cut into ${heads} heads`);
  }
  return transpose(reshape(x, [x.length(0), x.length(1), heads, x.length(2) / heads]), [0, 2, 1, 3]);
}

/** [batch, heads, length, size] → [batch, length, heads · size] */
const fromHeads = (x: Tensor): Tensor =>
  reshape(transpose(x, [0, 2, 1, 3]), [x.length(0), x.length(2), x.length(1) * x.length(3)]);

/** Repeats heads that serve several heads of the query. */
function repeatHeads(x: Tensor, heads: number): Tensor {
  const [batch, own, length, size] = x.shape as [number, number, number, number];
  if (own === heads) return x;
  const spread = broadcastTo(reshape(x, [batch, own, 1, length, size]), [
    batch,
    own,
    heads / own,
    length,
    size,
  ]);
  return reshape(spread, [batch, heads, length, size]);
}

interface Weighing {
  readonly scale: number | undefined;
  /** Bound of the scores, which they approach smoothly; 0 for none. */
  readonly softcap?: number;
  readonly causal: boolean;
  /** What is added to the scores, or, if it is bool, where values are looked at. */
  readonly mask: Tensor | undefined;
  /** Keys before those that belong to the query's positions. */
  readonly past: number;
}

/** Below any score. Finite, so that queries which see nothing have derivatives. */
const lowest = -3.4028234663852886e38;

/**
 * Heads of values, weighed by how their keys fit the queries: all [batch, heads, length, size]. Queries that may see
 * nothing get zeros.
 */
function attend(call: Call, query: Tensor, key: Tensor, value: Tensor, how: Weighing): Tensor {
  const heads = query.length(1);
  if (heads % key.length(1) !== 0) {
    throw call.error(`${key.length(1)} heads of keys do not serve ${heads} heads of queries`);
  }
  const scale = how.scale ?? query.length(-1) ** -0.5;
  const exact = mul(matMul(query, repeatHeads(key, heads), { transposeB: true }), scale);
  const scores = how.softcap ? mul(tanh(div(exact, how.softcap)), how.softcap) : exact;
  const seen = how.mask?.dtype === 'bool' ? how.mask : undefined;
  const biased = how.mask && !seen ? add(scores, how.mask) : scores;
  const before = how.causal ? triangle(query.length(2), key.length(2), how.past) : undefined;
  const visible = seen && before ? logicalAnd(seen, before) : (seen ?? before);
  const values = repeatHeads(value, heads);
  if (!visible) return matMul(softmax(biased), values);
  const weights = softmax(where(visible, biased, lowest));
  // Without a mask every query sees itself.
  if (!seen) return matMul(weights, values);
  return matMul(mul(weights, cast(any(visible, { axis: -1, keepAxes: true }), weights.dtype)), values);
}

/** Attributes of attention that are known; others would change what it computes. */
const attributes = [
  'is_causal',
  'kv_num_heads',
  'q_num_heads',
  'qk_matmul_output_mode',
  'scale',
  'softcap',
  'softmax_precision',
];

function attention(call: Call): readonly (Tensor | undefined)[] {
  call.requireAttributes(attributes);
  if (call.optional(6)) throw call.error('nonpad_kv_seqlen is not supported');
  const given = call.tensor(0);
  const [queryHeads, keyHeads] = [call.int('q_num_heads', 0), call.int('kv_num_heads', 0)];
  const query = toHeads(call, given, queryHeads);
  const [newKey, newValue] = [1, 2].map((at) => toHeads(call, call.tensor(at), keyHeads)) as [Tensor, Tensor];
  const [pastKey, pastValue] = [call.optional(4), call.optional(5)];
  const key = pastKey ? concat([pastKey, newKey], 2) : newKey;
  const value = pastValue ? concat([pastValue, newValue], 2) : newValue;
  const output = attend(call, query, key, value, {
    scale: call.has('scale') ? call.float('scale') : undefined,
    softcap: call.float('softcap', 0),
    causal: call.int('is_causal', 0) !== 0,
    mask: call.optional(3),
    past: pastKey?.length(2) ?? 0,
  });
  return [given.rank === 3 ? fromHeads(output) : output, key, value];
}

/** ONNX Runtime's own: separate [batch, length, heads · size] queries, keys and values. */
function multiHeadAttention(call: Call): readonly (Tensor | undefined)[] {
  const heads = call.int('num_heads');
  const query = call.tensor(0);
  const [key, value] = [call.optional(1), call.optional(2)];
  if (!key || !value || query.rank !== 3)
    throw call.error('queries, keys and values in one tensor are not supported');
  const biases =
    call.optional(3) && split(call.tensor(3), [query.length(-1), query.length(-1), value.length(-1)]);
  const biased = [query, key, value].map((x, i) =>
    toHeads(call, biases && x.rank === 3 ? add(x, biases[i]!) : x, heads),
  ) as [Tensor, Tensor, Tensor];
  const padding = call.optional(4);
  if (padding && padding.rank !== 2) throw call.error('only a padding mask [batch, length] is supported');
  const [pastKey, pastValue] = [call.optional(6), call.optional(7)];
  const keys = pastKey ? concat([pastKey, biased[1]], 2) : biased[1];
  const values = pastValue ? concat([pastValue, biased[2]], 2) : biased[2];
  const scale = call.float('scale', 0);
  const hidden =
    padding &&
    mul(
      cast(equal(reshape(padding, [padding.length(0), 1, 1, padding.length(1)]), 0), query.dtype),
      call.float('mask_filter_value', -10000),
    );
  const extra = call.optional(5);
  const output = attend(call, biased[0], keys, values, {
    scale: scale === 0 ? undefined : scale,
    causal: call.int('unidirectional', 0) !== 0,
    mask: hidden && extra ? add(hidden, extra) : (hidden ?? extra),
    past: pastKey?.length(2) ?? 0,
  });
  return [fromHeads(output), keys, values];
}

/** Turns pairs of features by angles that grow with the position. */
function rotaryEmbedding(call: Call): Tensor {
  const given = call.tensor(0);
  const x = toHeads(call, given, call.int('num_heads', 0));
  const [batch, , length, size] = x.shape as [number, number, number, number];
  const turned = call.int('rotary_embedding_dim', 0) || size;
  const half = turned / 2;
  const positions = call.optional(3);
  // Without positions the tables have a row for every position of every sequence.
  const table = (index: number) => {
    const rows = positions ? take(call.tensor(index), positions) : call.tensor(index);
    return reshape(slice(rows, [0, 0, 0], [batch, length, half]), [batch, 1, length, half]);
  };
  const [cosines, sines] = [table(1), table(2)];
  const [part, rest] = split(x, [turned, size - turned], 3) as [Tensor, Tensor];
  const interleaved = call.int('interleaved', 0) !== 0;
  const pairs = reshape(part, [...part.shape.slice(0, 3), ...(interleaved ? [half, 2] : [2, half])]);
  const axis = interleaved ? 4 : 3;
  const [a, b] = split(pairs, 2, axis).map((each) => reshape(each, [...part.shape.slice(0, 3), half])) as [
    Tensor,
    Tensor,
  ];
  const rotated = [sub(mul(a, cosines), mul(b, sines)), add(mul(a, sines), mul(b, cosines))];
  const joined = concat([reshape(stack(rotated, axis), part.shape), rest], 3);
  return given.rank === 3 ? fromHeads(joined) : joined;
}

export const attentions: Operators = { Attention: attention, RotaryEmbedding: rotaryEmbedding };

export const microsoftAttentions: Operators = { MultiHeadAttention: multiHeadAttention };
