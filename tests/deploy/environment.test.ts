import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { Variables } from '../../src/config/variables.ts';

const ROOT = join(import.meta.dirname, '../..');

/** Those of AWS, and of serverless-offline, are not settings of the service. */
const SETTINGS = Object.keys(Variables.entries).filter((name) => !name.startsWith('AWS_') && name !== 'IS_OFFLINE');

test('serverless.yml hands every setting to the functions, and to the purge alone its own', async () => {
  // CloudFormation's short tags are unknown to the parser, and not the subject here.
  const service: {
    provider: { environment: Record<string, string> };
    functions: { purge: { environment: Record<string, string> } };
  } = parse(await readFile(join(ROOT, 'serverless.yml'), 'utf8'), { logLevel: 'error' });
  const { DYNAMODB_CACHE_TABLE, ...others } = service.provider.environment;
  expect(DYNAMODB_CACHE_TABLE).toBe('${self:custom.table}');
  for (const [name, value] of Object.entries(others)) expect(value).toBe(`\${env:${name}, null}`);
  const own = service.functions.purge.environment;
  expect(own).toEqual({ PURGE_CAPACITY: '${setting:PURGE_CAPACITY, param:purgeCapacity}' });
  expect(Object.keys({ ...service.provider.environment, ...own }).toSorted()).toEqual(SETTINGS.toSorted());
  expect(service.provider.environment).not.toHaveProperty('PURGE_CAPACITY');
});

test('.env.example names every setting once, and changes nothing as it stands', async () => {
  const lines = (await readFile(join(ROOT, '.env.example'), 'utf8')).split('\n');
  expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).toEqual([]);
  const names = lines.flatMap((line) => /^#([A-Z_]+)=/.exec(line)?.[1] ?? []);
  expect(names.toSorted()).toEqual([...SETTINGS, 'PORT'].toSorted());
});
