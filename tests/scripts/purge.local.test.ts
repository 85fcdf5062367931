/** `npm run purge` as a process of its own, on DynamoDB Local with the proxy between them. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { endpointOf } from '../support/dynamodb.ts';
import { DynamoDBProxy } from '../service/dynamodb-proxy.ts';
import { Table } from '../service/table.ts';

const ROOT = join(import.meta.dirname, '../..');
const endpoint = endpointOf('dynamoDBLocal');

let proxy: DynamoDBProxy;

beforeAll(async () => {
  proxy = await DynamoDBProxy.start(endpoint);
});

afterEach(() => proxy.reset());

afterAll(() => proxy[Symbol.asyncDispose]());

/** A table with 60 records that have expired and 40 that have not; `table.keys()` names them. */
async function filled(): Promise<Table> {
  const name = `purge-${randomUUID()}`;
  // The emulator's own TTL looks at another attribute.
  await createTable(endpoint, name, { expires: 'unused' });
  const past = new DynamoDBStore({ endpoint, table: name, clock: () => Date.now() - 120_000 });
  await past.setMany(Array.from({ length: 100 }, (_, number) => [`secret-${number}`, 1, number < 60 ? 60 : 9999]));
  return new Table(endpoint, name);
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const child = spawn(process.execPath, [join(ROOT, 'scripts/purge.ts'), ...args], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true', ...env },
  });
  let output = '';
  let errors = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then((): Ended => ({ code: child.exitCode, output, errors }));
  return { ended, interrupt: () => child.kill('SIGINT') };
}

const run = (args: readonly string[], env?: Readonly<Record<string, string>>) => start(args, env).ended;

describe('npm run purge', { timeout: 20_000 }, () => {
  it('deletes what has expired, and tells counts and units but no key', async () => {
    const table = await filled();
    const { code, output, errors } = await run(['--table', table.name, '--endpoint', proxy.url]);
    expect(output).toMatch(
      /^100 scanned, 60 expired, 60 deleted in [\d.]+ s: \d+ requests, [\d.]+ read units, 60 write units\n$/,
    );
    expect(code).toBe(0);
    expect(errors).toBe('');
    expect((await table.keys()).length).toBe(40);
  });

  it('only counts with --dry-run', async () => {
    const table = await filled();
    const env = { DYNAMODB_CACHE_TABLE: table.name, DYNAMODB_ENDPOINT: proxy.url };
    const { code, output } = await run(['--dry-run'], env);
    expect(output).toMatch(
      /^100 scanned, 60 expired, 0 deleted in .* 0 write units\nNothing was deleted: --dry-run\.\n$/,
    );
    expect(code).toBe(0);
    expect((await table.keys()).length).toBe(100);
    expect(new Set(proxy.exchanges.map(({ operation }) => operation))).toEqual(new Set(['DescribeTable', 'Scan']));
  });

  it('ends after the request under way when interrupted', async () => {
    const table = await filled();
    // Batches of five, of which twenty records may go in a second: it would take seconds.
    const held = proxy.holdAnswer({ operation: 'BatchExecuteStatement' });
    const { ended, interrupt } = start(['--table', table.name, '--endpoint', proxy.url, '--capacity', '20']);
    await held.reached;
    interrupt();
    held.release();
    const { code, output, errors } = await ended;
    expect(output).toMatch(/ deleted in .*\nInterrupted\. Run it again for the rest/);
    expect(code).toBe(130);
    expect(errors).toBe('');
    expect(output).not.toContain('secret');
    const batches = proxy.exchanges.filter(({ operation }) => operation === 'BatchExecuteStatement');
    expect(batches.length).toBeLessThan(12);
    expect(await run(['--table', table.name, '--endpoint', proxy.url])).toMatchObject({ code: 0 });
    expect((await table.keys()).length).toBe(40);
  });

  it.each<[what: string, args: string[], env: Record<string, string>, message: RegExp]>([
    ['a table that is not there', ['--table', 'missing'], {}, /^There is no table missing at http.* --table/],
    ['an address where nothing is', ['--endpoint', 'http://127.0.0.1:1'], {}, /^Nothing answers at http:/],
  ])('says of %s so in one line', async (_, args, env, message) => {
    const { code, output, errors } = await run(args, { DYNAMODB_ENDPOINT: proxy.url, ...env });
    expect(errors).toMatch(message);
    expect(errors.trim()).not.toContain('\n');
    expect(output).toBe('');
    expect(code).toBe(1);
  });

  it.each([
    ['credentials', { AWS_REGION: 'eu-central-1' }, /^No AWS credentials were found\. Set AWS_PROFILE/],
    ['a region', {}, /^No AWS region was found\. Set AWS_REGION\./],
  ])('says so in one line where there are no %s', async (_, env, message) => {
    const { code, errors } = await run([], env);
    expect(errors).toMatch(message);
    expect(errors.trim()).not.toContain('\n');
    expect(code).toBe(1);
  });

  it('says so where the table throttles, after the summary of what was done', async () => {
    const table = await filled();
    proxy.on({
      operation: 'Scan',
      fault: async () => ({
        status: 400,
        body: '{"__type":"x#ProvisionedThroughputExceededException","message":"Too fast."}',
      }),
    });
    const { code, output, errors } = await run(['--table', table.name, '--endpoint', proxy.url]);
    expect(errors).toMatch(
      /^The table purge-\S+ has less capacity than this takes\. Keep below it with --capacity\.\n$/,
    );
    expect(output).toMatch(/^0 scanned, 0 expired, 0 deleted/);
    expect(code).toBe(1);
  });

  it('goes on without the number of records where it may not ask for it', async () => {
    const table = await filled();
    const body = '{"__type":"x#AccessDeniedException","message":"no"}';
    proxy.on({ operation: 'DescribeTable', fault: async () => ({ status: 400, body }) });
    expect(await run(['--table', table.name, '--endpoint', proxy.url])).toMatchObject({ code: 0 });
  });

  it('refuses wrong options with exit code 2', async () => {
    const { code, output, errors } = await run(['--tabel', 'x']);
    expect(errors).toMatch(/^Unknown option '--tabel'\. Usage: .*\n$/);
    expect([code, output]).toEqual([2, '']);
  });
});
