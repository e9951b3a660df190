/** Pieces of which the description is put together. */

export const text = { type: 'string' } as const;
export const flag = { type: 'boolean' } as const;
export const count = { type: 'integer', minimum: 0 } as const;
export const moment = { type: 'string', format: 'date-time' } as const;
export const day = { type: 'string', format: 'date' } as const;
/** By which Hugging Face's API names things. */
export const objectId = { type: 'string', pattern: '^[0-9a-f]{24}$' } as const;

export const whole = (minimum: number, maximum: number, otherwise?: number) => ({
  type: 'integer',
  minimum,
  maximum,
  ...(otherwise !== undefined && { default: otherwise }),
});

export const reference = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const listOf = (items: object) => ({ type: 'array', items });

export const query = (name: string, schema: object, description: string) => ({
  name,
  in: 'query',
  schema,
  description,
});

export const inPath = (name: string, description: string, schema: object = text) => ({
  name,
  in: 'path',
  required: true,
  schema,
  description,
});

export const answer = (description: string, schema: object, type = 'application/json') => ({
  description,
  content: { [type]: { schema } },
});

export const problem = (description: string) => answer(description, reference('Error'));

const tooMany = problem('More requests than are allowed; `Retry-After` says when to come back');
const bad = problem('A bad parameter; the message says which, and what was expected');
const refusals = {
  '401': problem('No token of an account in the `Authorization` header'),
  '403': problem('The account may not do this'),
  '404': problem('No such paper or author'),
};

/** What anybody reads. @param ok answers that are no refusal, or the one that is usual */
export const get = (
  summary: string,
  ok: object,
  { parameters = [], other = {} }: { parameters?: readonly object[]; other?: object } = {},
) => ({
  get: {
    summary,
    ...(parameters.length > 0 && { parameters }),
    responses: {
      '200': ok,
      '304': { description: 'As it was by `If-None-Match`' },
      '400': bad,
      '429': tooMany,
      ...other,
    },
  },
});

/** What an account does. */
export const post = (
  summary: string,
  body: { readonly required?: readonly string[]; readonly properties: Readonly<Record<string, object>> },
  { ok, parameters = [], other = {} }: { ok: object; parameters?: readonly object[]; other?: object },
) => ({
  post: {
    summary,
    security: [{ token: [] }],
    ...(parameters.length > 0 && { parameters }),
    requestBody: {
      required: true,
      content: { 'application/json': { schema: { type: 'object', ...body } } },
    },
    responses: { '200': ok, '400': bad, '429': tooMany, ...refusals, ...other },
  },
});
