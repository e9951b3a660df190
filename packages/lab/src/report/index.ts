export type { ReportFacts } from './facts.js';
export { indexPage, type ReportEntry } from './indexPage.js';
export { reportPage } from './reportPage.js';
