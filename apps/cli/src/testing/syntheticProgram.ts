import { processIo } from '../io.js';
import { main } from '../main.js';
import { childProcess } from '../pool/childProcess.js';
import { syntheticCatalogue } from './syntheticCatalogue.js';

// The program as it is, with experiments that learn nothing.
process.exitCode = await main(process.argv.slice(2), {
  ...processIo(),
  ...syntheticCatalogue,
  startWorker: (patience) => childProcess(new URL('./syntheticChild.js', import.meta.url), patience),
});
