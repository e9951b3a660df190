// Prints the outcome of the last test run in one line: `N passed, N failed, N skipped`.
import { readFileSync } from 'node:fs';

const report = JSON.parse(readFileSync(new URL('../coverage/tests.json', import.meta.url), 'utf8'));
const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = report;
console.log(`${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests + numTodoTests} skipped`);
