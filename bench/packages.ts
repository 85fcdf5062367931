import { installOwnPackages } from '../scripts/own-packages.ts';

/** Installs the peers and the load generator, where they are not there yet. @throws Error where npm fails */
export function installBenchPackages(): void {
  installOwnPackages(
    import.meta.dirname,
    'the peers of the benchmarks and the load generator from bench/package-lock.json',
  );
}
