import { spawnSync } from 'node:child_process';
import { requirements, virtualEnvironment } from '../peerCommands.js';

/** Installs the peers that do not come with the repository: Python's into a virtual environment. */
export async function install(): Promise<{ results: readonly string[]; failed: boolean }> {
  const system = process.platform === 'win32' ? 'python' : 'python3';
  run(system, ['-m', 'venv', virtualEnvironment]);
  run(`${virtualEnvironment}/bin/python`, ['-m', 'pip', 'install', '--requirement', requirements]);
  return { results: [virtualEnvironment], failed: false };
}

function run(program: string, parameters: readonly string[]): void {
  const { status, error } = spawnSync(program, parameters, { stdio: 'inherit' });
  if (status !== 0) {
    throw new Error(
      `install: ${program} ${parameters.join(' ')}: ${error?.message ?? `ended with ${status}`}`,
    );
  }
}
