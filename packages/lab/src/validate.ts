/** Looks at a value of unknown origin and returns it typed, or throws an error that says where it is wrong. */
export type Check<T> = (value: unknown, where: string) => T;

/** @throws TypeError in one line, with the value cut short. */
export function refuse(where: string, value: unknown, expected: string): never {
  const got = value === undefined ? 'nothing' : JSON.stringify(value);
  throw new TypeError(
    `${where}: got ${got.length > 60 ? `${got.slice(0, 60)}…` : got}, expected ${expected}`,
  );
}

export const text: Check<string> = (value, where) =>
  typeof value === 'string' ? value : refuse(where, value, 'a text');

/** @param most characters */
export const textUpTo =
  (most: number): Check<string> =>
  (value, where) =>
    text(value, where).length <= most
      ? (value as string)
      : refuse(where, value, `at most ${most} characters`);

export const finite: Check<number> = (value, where) =>
  Number.isFinite(value) ? (value as number) : refuse(where, value, 'a finite number');

export const amount: Check<number> = (value, where) =>
  finite(value, where) >= 0 ? (value as number) : refuse(where, value, 'a number from 0');

export const whole: Check<number> = (value, where) =>
  Number.isSafeInteger(value) && (value as number) >= 0
    ? (value as number)
    : refuse(where, value, 'a whole number from 0');

export const truth: Check<boolean> = (value, where) =>
  typeof value === 'boolean' ? value : refuse(where, value, 'true or false');

export const oneOf =
  <T extends string | number>(...allowed: readonly T[]): Check<T> =>
  (value, where) =>
    allowed.find((each) => each === value) ?? refuse(where, value, `one of ${allowed.join(', ')}`);

export const list =
  <T>(element: Check<T>, { least = 0, most = Number.POSITIVE_INFINITY } = {}): Check<T[]> =>
  (value, where) => {
    if (!Array.isArray(value)) return refuse(where, value, 'a list');
    if (value.length < least) return refuse(where, value, `at least ${least} elements`);
    if (value.length > most) return refuse(where, value, `at most ${most} elements`);
    return value.map((each, i) => element(each, `${where}[${i}]`));
  };

/** Any names, each with a value that passes. */
export const record =
  <T>(element: Check<T>): Check<Record<string, T>> =>
  (value, where) => {
    const entries = Object.entries(object(value, where));
    return Object.fromEntries(entries.map(([name, each]) => [name, element(each, `${where}.${name}`)]));
  };

/** A field that may be absent. */
export const optional =
  <T>(check: Check<T>): Check<T> =>
  (value, where) =>
    value === undefined ? (undefined as T) : check(value, where);

/** An object with these fields; others are left out of what it returns. */
export const shape =
  <T>(fields: { readonly [Name in keyof T]-?: Check<T[Name]> }): Check<T> =>
  (value, where) => {
    const given = object(value, where);
    const names = Object.keys(fields) as (keyof T & string)[];
    const entries = names.map((name) => {
      const own = Object.hasOwn(given, name) ? given[name] : undefined;
      return [name, fields[name](own, `${where}.${name}`)] as const;
    });
    return Object.fromEntries(entries.filter(([, each]) => each !== undefined)) as T;
  };

const object = (value: unknown, where: string): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : refuse(where, value, 'an object');
