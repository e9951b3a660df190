import { processIo } from '../io.js';
import { main } from '../main.js';
import { syntheticEntry, syntheticExperiment } from './synthetic.js';

// The program as it is, with one experiment slow enough to be stopped half way.
const registry = [syntheticEntry(syntheticExperiment({ stepMilliseconds: 15 }))];
process.exitCode = await main(process.argv.slice(2), { ...processIo(), registry });
