/**
 * Scalar products of many rows of 8-bit numbers with one, by the vector instructions of WebAssembly: eight times as fast as
 * JavaScript's numbers one by one. The module is small enough to be written here as it is, instruction by instruction.
 */

interface Assembly {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => {
    readonly exports: { readonly m: { readonly buffer: ArrayBuffer }; readonly f: Multiplier['multiply'] };
  };
}

/** Rows are as many numbers long, or a multiple of it. */
export const lane = 16;

// Where things lie in the module's memory, in bytes: the one row, the products, then the rows.
const [oneAt, productsAt, rowsAt, end] = [0, 8192, 65_536, 17 * 65_536];
/** Rows whose products have room. */
const mostRows = (rowsAt - productsAt) / 4;

/** Whole numbers in as many bytes as they need. */
function signed(value: number): number[] {
  const byte = value & 0x7f;
  const rest = value >> 7;
  const last = (rest === 0 && byte < 0x40) || (rest === -1 && byte >= 0x40);
  return last ? [byte] : [byte | 0x80, ...signed(rest)];
}
const unsigned = (value: number): number[] =>
  value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...unsigned(value >> 7)];

const get = (local: number) => [0x20, local];
const set = (local: number) => [0x21, local];
const tee = (local: number) => [0x22, local];
const number = (value: number) => [0x41, ...signed(value)];
const vector = (operation: number, ...operands: number[]) => [0xfd, ...unsigned(operation), ...operands];
const [add, subtract, isLess, again, repeat, close] = [
  [0x6a],
  [0x6b],
  [0x49],
  [0x0d, 0],
  [0x03, 0x40],
  [0x0b],
];
const store = [0x36, 2, 0];
const load = vector(0x00, 0, 0);
const zeros = vector(0x0c, ...new Array(16).fill(0));
const [timesLow, timesHigh, addPairs, addFours] = [vector(0x9c), vector(0x9d), vector(0x7e), vector(0xae)];
const laneOf = (index: number) => vector(0x1b, index);

const [rows, length, row, at, product, sums, left, right] = [0, 1, 2, 3, 4, 5, 6, 7] as const;
const instructions = [
  ...[number(rowsAt), set(row), number(productsAt), set(product)],
  ...[repeat, zeros, set(sums), number(0), set(at)],
  ...[repeat, get(row), get(at), add, load, set(left), get(at), load, set(right)],
  ...[get(sums), get(left), get(right), timesLow, addPairs, addFours],
  ...[get(left), get(right), timesHigh, addPairs, addFours, set(sums)],
  ...[get(at), number(lane), add, tee(at), get(length), isLess, again, close],
  ...[get(product), get(sums), laneOf(0), get(sums), laneOf(1), add],
  ...[get(sums), laneOf(2), add, get(sums), laneOf(3), add, store],
  ...[get(product), number(4), add, set(product), get(row), get(length), add, set(row)],
  ...[get(rows), number(1), subtract, tee(rows), again, close, close],
].flat();

const sized = (bytes: readonly number[]) => [...unsigned(bytes.length), ...bytes];
const section = (id: number, bytes: readonly number[]) => [id, ...sized(bytes)];
const [i32, v128] = [0x7f, 0x7b];
const letter = (text: string) => sized([text.charCodeAt(0)]);
// Node has it; the types of Node leave it to those of browsers.
const { Module, Instance } = (globalThis as unknown as { readonly WebAssembly: Assembly }).WebAssembly;
const module = new Module(
  Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    // One function of two numbers that gives none; one memory; both are exported.
    ...section(1, [1, 0x60, 2, i32, i32, 0]),
    ...section(3, [1, 0]),
    ...section(5, [1, 0, ...unsigned(end / 65_536)]),
    ...section(7, [2, ...letter('m'), 2, 0, ...letter('f'), 0, 0]),
    ...section(10, [1, ...sized([2, 3, i32, 3, v128, ...instructions])]),
  ]),
);

interface Multiplier {
  readonly memory: ArrayBuffer;
  multiply(rows: number, length: number): void;
}

let multiplier: Multiplier | undefined;

function open(): Multiplier {
  const { m, f } = new Instance(module).exports;
  return { memory: m.buffer, multiply: f };
}

/**
 * Tells the scalar product of each row with one row.
 * @param elements rows of `one.length` numbers, one after the other
 * @param one as many numbers as a multiple of 16, at most 8192
 */
export function eachProduct(
  elements: Int8Array,
  one: Int8Array,
  tell: (row: number, product: number) => void,
): void {
  multiplier ??= open();
  const { memory, multiply } = multiplier;
  const size = one.length;
  const perBlock = Math.min(mostRows, Math.floor((end - rowsAt) / size));
  new Int8Array(memory, oneAt).set(one);
  const block = new Int8Array(memory, rowsAt);
  const products = new Int32Array(memory, productsAt, perBlock);
  for (let first = 0; first * size < elements.length; first += perBlock) {
    const some = elements.subarray(first * size, (first + perBlock) * size);
    block.set(some);
    multiply(some.length / size, size);
    for (let index = 0; index < some.length / size; index++) tell(first + index, products[index]!);
  }
}
