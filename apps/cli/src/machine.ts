import { createRequire } from 'node:module';
import { arch, cpus, platform } from 'node:os';
import type { Machine } from '@evenkeel/lab';

const require = createRequire(import.meta.url);

/** Version of the program. */
export const version = versionOf('../package.json')!;

/** The computer that this program runs on. */
export function thisMachine(): Machine {
  const processors = cpus();
  return {
    processor: processors[0]?.model.trim() || 'unknown',
    cores: processors.length,
    system: `${platform()} ${arch()}`,
  };
}

/** Versions of what computes results here. */
export function versions(): Record<string, string> {
  const runtime = versionOf('onnxruntime-node/package.json');
  return {
    evenkeel: version,
    node: process.versions.node,
    ...(runtime !== undefined && { 'onnxruntime-node': runtime }),
  };
}

function versionOf(manifest: string): string | undefined {
  try {
    return (require(manifest) as { version: string }).version;
  } catch {
    return undefined;
  }
}
