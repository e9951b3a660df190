import { paths } from './paths.js';
import { schemas } from './schemas.js';

/** The description of everything that programs ask here, OpenAPI 3.1. @param base address of the site */
export const openApiDocument = (base: string) => ({
  openapi: '3.1.0',
  info: {
    title: 'Evenkeel',
    version: '1',
    description:
      'Papers, in the wire format of Hugging Face’s papers API; our own data stand under `evenkeel`. Answers have an ETag; refusals have JSON with `error`, and the headers `x-error-code` and `x-error-message`; `RateLimit` says what is left.',
  },
  servers: [{ url: base }],
  paths,
  components: { schemas, securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
});
