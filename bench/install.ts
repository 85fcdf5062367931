import { installBenchPackages } from './packages.ts';

installBenchPackages();
