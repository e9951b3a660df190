import type { DataFile } from './dataFile.js';
import { mnistFile } from './mnist.js';
import { spamMailsFile } from './spamMails.js';
import { stateOfTheUnionFile } from './stateOfTheUnion.js';

/** The files that a data server has for pages: each at its name. */
export const dataFiles: readonly DataFile[] = [mnistFile, stateOfTheUnionFile, spamMailsFile];
