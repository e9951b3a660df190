export { isDay } from './calendar.js';
export { ImportError } from './errors.js';
export { openFeed } from './feed.js';
export type * from './types.js';
