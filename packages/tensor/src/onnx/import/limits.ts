import { OnnxError } from './errors.js';

/** What a file may ask for. Everything is checked before memory is set aside for it. */
export interface ImportLimits {
  /** Length of the file in bytes; 2 GiB, the most that the format can have, unless said. */
  readonly fileBytes: number;
  /** Nodes in the file, and nodes that one call goes through with loops unrolled; 200,000 unless said. */
  readonly nodes: number;
  /** How deep graphs lie within graphs, and functions within functions; 32 unless said. */
  readonly depth: number;
  /** Length of a name or of another text in bytes; 1 MiB unless said. */
  readonly stringBytes: number;
  /** Numbers or texts in one attribute; 1,048,576 unless said. */
  readonly attributeElements: number;
  /** Memory for everything that is read, estimated, with the weights as they are held; 4 GiB unless said. */
  readonly decodedBytes: number;
}

const defaultLimits: ImportLimits = {
  fileBytes: 2 ** 31,
  nodes: 200_000,
  depth: 32,
  stringBytes: 2 ** 20,
  attributeElements: 2 ** 20,
  decodedBytes: 2 ** 32,
};

/** The default limits with some replaced. @throws RangeError for names that are no limits and numbers that are no counts */
export function limitsOf(given: Partial<ImportLimits> = {}): ImportLimits {
  for (const [name, limit] of Object.entries(given)) {
    if (!Object.hasOwn(defaultLimits, name)) {
      const names = Object.keys(defaultLimits).join(', ');
      throw new RangeError(`importOnnx: limits: ${name} is no limit; there are ${names}`);
    }
    if (!(Number.isInteger(limit) && limit >= 0)) {
      throw new RangeError(`importOnnx: limits: ${name}: got ${limit}, expected a non-negative integer`);
    }
  }
  return { ...defaultLimits, ...given };
}

/** What reading one file may still use up. */
export class Budget {
  readonly limits: ImportLimits;
  #bytes = 0;
  #nodes = 0;

  constructor(limits: ImportLimits) {
    this.limits = limits;
  }

  /** @throws OnnxError when the file needs more memory than `decodedBytes` */
  takeBytes(bytes: number, where: string): void {
    this.#bytes += bytes;
    if (this.#bytes > this.limits.decodedBytes) {
      throw new OnnxError(
        `${where}: the model needs more than ${this.limits.decodedBytes} bytes of memory (limits.decodedBytes)`,
      );
    }
  }

  /** @throws OnnxError when there are more nodes than `nodes` */
  takeNode(where: string): void {
    if (++this.#nodes > this.limits.nodes) {
      throw new OnnxError(`${where}: the model has more than ${this.limits.nodes} nodes (limits.nodes)`);
    }
  }
}
