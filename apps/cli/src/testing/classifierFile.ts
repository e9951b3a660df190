// A small classifier as an ONNX file, and a table to train it on, both made from numbers that look random.

/** Numbers from -1 to 1. */
function drawing(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  };
}

// ONNX files are protocol buffers: fields with a number and a type, one after the other.

type Field = Uint8Array;

const joined = (parts: readonly Uint8Array[]): Uint8Array =>
  Uint8Array.from(parts.flatMap((part) => [...part]));

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))];
}

const whole = (field: number, value: number): Field =>
  Uint8Array.from([...varint(field * 8), ...varint(value)]);

const message = (field: number, ...parts: readonly Uint8Array[]): Field => {
  const content = joined(parts);
  return joined([Uint8Array.from([...varint(field * 8 + 2), ...varint(content.length)]), content]);
};

const text = (field: number, value: string): Field => message(field, new TextEncoder().encode(value));

const integers = (name: string, values: readonly number[]): Field =>
  message(5, text(1, name), ...values.map((value) => whole(8, value)), whole(20, 7));

const integer = (name: string, value: number): Field =>
  message(5, text(1, name), whole(3, value), whole(20, 2));

const node = (
  type: string,
  inputs: readonly string[],
  output: string,
  ...attributes: readonly Field[]
): Field =>
  message(
    1,
    ...inputs.map((name) => text(1, name)),
    text(2, output),
    text(3, output),
    text(4, type),
    ...attributes,
  );

const tensor = (name: string, shape: readonly number[], values: readonly number[]): Field =>
  message(
    5,
    ...shape.map((length) => whole(1, length)),
    whole(2, 1),
    text(8, name),
    message(9, new Uint8Array(Float32Array.from(values).buffer)),
  );

const value = (field: number, name: string, shape: readonly (string | number)[]): Field => {
  const lengths = shape.map((length) =>
    message(1, typeof length === 'string' ? text(2, length) : whole(1, length)),
  );
  return message(field, text(1, name), message(2, message(1, whole(1, 1), message(2, ...lengths))));
};

/**
 * Two convolutions of 12 channels, unless said, with batch normalization and a linear layer: `[n, 1, 6, 6]` → `[n, 3]`, scores or, with
 * softmax, probabilities.
 */
export function classifierFile({ softmax = false, channels = 12 } = {}): Uint8Array {
  const draw = drawing(3);
  const weights = (name: string, shape: readonly number[], scale: number) =>
    tensor(
      name,
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => scale * draw()),
    );
  const norm = (name: string) => [
    tensor(`${name}.weight`, [channels], Array(channels).fill(1)),
    tensor(`${name}.bias`, [channels], Array(channels).fill(0)),
    tensor(`${name}.mean`, [channels], Array(channels).fill(0)),
    tensor(`${name}.var`, [channels], Array(channels).fill(1)),
  ];
  const normNode = (name: string, input: string) =>
    node(
      'BatchNormalization',
      [input, ...['weight', 'bias', 'mean', 'var'].map((each) => `${name}.${each}`)],
      `${name}.out`,
    );
  const kernel = integers('kernel_shape', [3, 3]);
  const graph = message(
    7,
    node('Conv', ['image', 'conv1.weight'], 'conv1.out', kernel),
    normNode('norm1', 'conv1.out'),
    node('Relu', ['norm1.out'], 'relu1'),
    node('Conv', ['relu1', 'conv2.weight'], 'conv2.out', kernel),
    normNode('norm2', 'conv2.out'),
    node('Relu', ['norm2.out'], 'relu2'),
    node('Flatten', ['relu2'], 'flat'),
    node('Gemm', ['flat', 'head.weight', 'head.bias'], softmax ? 'logits' : 'scores', integer('transB', 1)),
    ...(softmax ? [node('Softmax', ['logits'], 'scores')] : []),
    text(2, 'classifier'),
    weights('conv1.weight', [channels, 1, 3, 3], 0.4),
    ...norm('norm1'),
    weights('conv2.weight', [channels, channels, 3, 3], 0.15),
    ...norm('norm2'),
    weights('head.weight', [3, 4 * channels], 0.2),
    weights('head.bias', [3], 0.1),
    value(11, 'image', ['n', 1, 6, 6]),
    value(12, 'scores', ['n', 3]),
  );
  return joined([whole(1, 8), message(8, text(1, ''), whole(2, 17)), graph]);
}

/** 36 pixels of each sample: a bright bar at the left, in the middle or on the right, and noise. */
function bars(samples: number): { readonly pixels: readonly number[]; readonly label: number }[] {
  const draw = drawing(11);
  return Array.from({ length: samples }, (_, sample) => ({
    label: sample % 3,
    pixels: Array.from(
      { length: 36 },
      (_, i) => Number(Math.floor((i % 6) / 2) === sample % 3) + 0.5 * draw(),
    ),
  }));
}

/** A table of pixels and a class. */
export function threeClasses(rows: number): string {
  const header = [...Array.from({ length: 36 }, (_, i) => `pixel${i}`), 'class'].join(',');
  const lines = bars(rows).map(({ pixels, label }) =>
    [...pixels.map((pixel) => pixel.toFixed(3)), label].join(','),
  );
  return `${[header, ...lines].join('\n')}\n`;
}

/** The same as pictures of the PGM format, by path: folders are called by the place of the bar. */
export const threeFolders = (pictures: number): (readonly [path: string, bytes: Uint8Array])[] =>
  bars(pictures).map(({ pixels, label }, i) => {
    const bytes = pixels.map((pixel) => Math.round(255 * Math.min(1, Math.max(0, pixel))));
    const header = new TextEncoder().encode('P5\n6 6\n255\n');
    return [
      `${['left', 'middle', 'right'][label]}/${i}.pgm`,
      Uint8Array.from([...header, ...bytes]),
    ] as const;
  });
