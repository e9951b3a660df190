import { nodesMade, type Shape, Tensor } from '@evenkeel/tensor';
import { countParameters } from './parameters.js';

/** A module of a model: an instance of a class, or the model itself. */
export interface Module {
  readonly path: string;
  /** The name of its class; `record` or `array` for a model that is one. */
  readonly className: string;
  /** Numbers in its tensors and those of the modules below, tied ones once. */
  readonly parameters: number;
  /** Calls from outside of it, and the shape of the first tensor that the last of them returned. */
  calls: number;
  output?: Shape;
}

/** The modules of a model in order, and a watch on their methods. */
export interface Instrumented {
  readonly modules: readonly Module[];
  /** The path of the innermost module that made a node, from its number; `''` for the model itself. */
  readonly makerOf: (serial: number) => string;
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' &&
  value !== null &&
  !(value instanceof Tensor) &&
  !ArrayBuffer.isView(value) &&
  !(value instanceof Map || value instanceof Set || value instanceof Date);

const isPlain = (value: object): boolean => {
  const prototype = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === Object.prototype || prototype === null;
};

const classNameOf = (value: object): string => {
  if (Array.isArray(value)) return 'array';
  return isPlain(value) ? 'record' : value.constructor.name || 'class';
};

/** Names of the methods that an object has by its classes. */
function methodsOf(value: object): Set<string> {
  const names = new Set<string>();
  for (let at = Object.getPrototypeOf(value); at && at !== Object.prototype; at = Object.getPrototypeOf(at)) {
    for (const [name, { value: method }] of Object.entries(Object.getOwnPropertyDescriptors(at))) {
      if (name !== 'constructor' && typeof method === 'function') names.add(name);
    }
  }
  return names;
}

function firstTensor(result: unknown): Tensor | undefined {
  if (result instanceof Tensor) return result;
  if (!isObject(result) || !isPlain(result)) return undefined;
  for (const child of Object.values(result)) {
    const found = firstTensor(child);
    if (found) return found;
  }
  return undefined;
}

/**
 * Watches which module makes which nodes: the methods of every instance in `model` are replaced, on these very objects,
 * by ones that note when they begin and end. Enumeration of the model stays as it was.
 */
export function instrument(model: unknown): Instrumented {
  const modules: Module[] = [];
  const changes: { readonly after: number; readonly path: string }[] = [];
  const stack: string[] = [''];
  const enter = (path: string) => {
    stack.push(path);
    changes.push({ after: nodesMade(), path });
  };
  const leave = () => {
    stack.pop();
    changes.push({ after: nodesMade(), path: stack.at(-1)! });
  };
  const watch = (value: object, module: Module) => {
    for (const name of methodsOf(value)) {
      const method = (value as Record<string, (...args: unknown[]) => unknown>)[name]!;
      const watched = (...args: unknown[]) => {
        const isOutside = stack.at(-1) !== module.path || stack.length === 1;
        enter(module.path);
        try {
          const result = method.apply(value, args);
          const output = isOutside ? firstTensor(result) : undefined;
          if (isOutside) module.calls++;
          if (output) module.output = output.shape;
          return result;
        } finally {
          leave();
        }
      };
      Object.defineProperty(value, name, { value: watched, enumerable: false, configurable: true });
    }
  };
  const walk = (value: unknown, path: string) => {
    if (!isObject(value)) return;
    if (path === '' || !isPlain(value)) {
      const module: Module = {
        path,
        className: classNameOf(value),
        parameters: countParameters(value),
        calls: 0,
      };
      modules.push(module);
      if (!isPlain(value)) watch(value, module);
    }
    for (const [key, child] of Object.entries(value)) walk(child, path ? `${path}.${key}` : key);
  };
  walk(model, '');
  return {
    modules,
    makerOf: (serial) => changes.findLast(({ after }) => after < serial)?.path ?? '',
  };
}
