/** JSON in which all numbers come back as they were: NaN, infinities and -0 are records `{ "number": "NaN" }`. */
export const writeJson = (value: unknown): string =>
  JSON.stringify(
    value,
    (_, each) => {
      if (typeof each !== 'number' || (Number.isFinite(each) && !Object.is(each, -0))) return each;
      return { number: Object.is(each, -0) ? '-0' : String(each) };
    },
    1,
  );

/** What `writeJson` wrote; undefined for a text that is no JSON. */
export function readJson(text: string): unknown {
  try {
    return JSON.parse(text, (_, each) => {
      const isNumber = typeof each === 'object' && each !== null && typeof each.number === 'string';
      return isNumber ? Number(each.number) : each;
    });
  } catch {
    return undefined;
  }
}
