import { appendFileSync } from 'node:fs';
import { serveTasks } from '../pool/serveTasks.js';
import { syntheticCatalogue } from './syntheticCatalogue.js';

// Tests look up here which processes there were.
appendFileSync('children.txt', `${process.pid}\n`);
serveTasks(syntheticCatalogue);
