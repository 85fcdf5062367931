import { existsSync } from 'node:fs';

/** As the framework does for `useDotenv`: the stage's file replaces the common one, and the environment wins over both. */
export function loadDotenv(stage = 'dev'): void {
  const file = [`.env.${stage}`, '.env'].find((name) => existsSync(name));
  if (file !== undefined) process.loadEnvFile(file);
}
