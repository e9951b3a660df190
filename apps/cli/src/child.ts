import { examples, registry } from '@evenkeel/methods/papers';
import { serveTasks } from './pool/serveTasks.js';

// The program of the processes that `evenkeel reproduce` starts.
serveTasks({ registry, examples });
