/** `npm run count` as a process of its own, on DynamoDB Local with the proxy between them. */
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createTable } from '../../scripts/emulator.ts';
import { TableStream } from '../../scripts/stream.ts';
import { createCount } from '../../src/app/count.ts';
import { DynamoDBStore } from '../../src/cache/drivers/dynamodb.ts';
import { DynamoDBCounter } from '../../src/cache/drivers/dynamodb/counter.ts';
import { DynamoDBProxy } from '../service/dynamodb-proxy.ts';
import { endpointOf } from '../support/dynamodb.ts';

const ROOT = join(import.meta.dirname, '../..');
const endpoint = endpointOf('dynamoDBLocal');

let proxy: DynamoDBProxy;

beforeAll(async () => {
  proxy = await DynamoDBProxy.start(endpoint);
});

afterEach(() => proxy.reset());

afterAll(() => proxy[Symbol.asyncDispose]());

/** A table with a stream, and what the function `count` does with it. */
async function counted() {
  const table = `count-${randomUUID()}`;
  // The emulator's own TTL looks at another attribute.
  await createTable(endpoint, table, { expires: 'unused' }, { stream: true });
  const store = new DynamoDBStore({ endpoint, table });
  const past = new DynamoDBStore({ endpoint, table, clock: () => Date.now() - 120_000 });
  const counter = new DynamoDBCounter({ endpoint, table, name: 'sessions' });
  const count = createCount({ counter });
  const stream = await TableStream.open(endpoint, table);
  return {
    table,
    counter,
    store,
    /** Adds sessions, of which `expired` have expired, and as many records of the cache. */
    add: async (sessions: number, expired = 0) => {
      const records = (prefix: string, some: number, ttl: number) =>
        Array.from({ length: some }, () => [`${prefix}:secret-${randomUUID()}`, 1, ttl] as const);
      await store.setMany([...records('session', sessions - expired, 9999), ...records('cache', sessions, 9999)]);
      await past.setMany([...records('session', expired, 60), ...records('cache', expired, 60)]);
    },
    /** Counts what the stream has. */
    follow: async () => {
      for await (const event of stream.batches()) await count(event, {});
    },
    /** Lets the stream go by uncounted. */
    lose: async () => {
      const batches = stream.batches();
      while ((await batches.next()).done !== true);
    },
  };
}

interface Ended {
  readonly code: number | null;
  readonly output: string;
  readonly errors: string;
}

function start(table: string, args: readonly string[] = [], wait = '0') {
  const given = ['--table', table, '--endpoint', proxy.url, '--wait', wait, ...args];
  const child = spawn(process.execPath, [join(ROOT, 'scripts/count.ts'), ...given], {
    env: { PATH: process.env['PATH'], HOME: '/nonexistent', AWS_EC2_METADATA_DISABLED: 'true' },
  });
  let output = '';
  let errors = '';
  let said = (): void => {};
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString();
    said();
  });
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const ended = once(child, 'close').then((): Ended => ({ code: child.exitCode, output, errors }));
  const says = (text: string) =>
    new Promise<void>((resolve) => {
      said = () => {
        if (output.includes(text)) resolve();
      };
      said();
    });
  return { ended, says, interrupt: () => child.kill('SIGINT') };
}

const run = (table: string, ...args: readonly string[]) => start(table, args).ended;

const operations = () => new Set(proxy.exchanges.map(({ operation }) => operation));

describe('npm run count', { timeout: 30_000 }, () => {
  it('shows the count, the scan and that they agree, but no key, and writes nothing', async () => {
    const { table, add, follow } = await counted();
    await add(60, 20);
    await follow();
    const { code, output, errors } = await run(table);
    expect(output).toMatch(
      /^Count: 60 sessions as of \d{4}-.*Z\n {2}60 created, 0 logged out, .*\n {2}no purge .*\nScan: 60 sessions, 20 of them expired, in 141 records: .*\nDrift: 0, with 0 changes meanwhile\n$/,
    );
    expect([code, errors]).toEqual([0, '']);
    expect(output).not.toContain('secret');
    expect(operations()).toEqual(new Set(['DescribeTable', 'GetItem', 'Scan']));
  });

  it('shows how many sessions the count lost, adds them with --correct, and has nothing to add the second time', async () => {
    const { table, counter, add, lose, follow } = await counted();
    await add(30, 3); // from before the stream, or in a batch that was given up
    await lose();
    await add(5);
    await follow();
    expect(await run(table)).toMatchObject({ code: 0, output: expect.stringMatching(/Drift: -30, with 0 changes/) });
    expect(await counter.read()).toMatchObject({ count: 5 });

    expect(await run(table, '--correct')).toMatchObject({
      code: 0,
      errors: '',
      output: expect.stringMatching(/Corrected by \+30: 35 sessions\n$/),
    });
    const second = await run(table, '--correct');
    expect(second.output).toMatch(/\+30 corrected\n[^]*Drift: 0, .*\nNothing was corrected: the count is right\.\n$/);
    expect(second).toMatchObject({ code: 0, errors: '' });
    expect(await counter.read()).toMatchObject({ count: 35, sums: { created: 5, corrected: 30 } });
  });

  it('begins the count of a table where nothing was counted', async () => {
    const { table, counter, add, lose, follow } = await counted();
    await add(12);
    await lose();
    expect(await run(table, '--correct')).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^Nothing was counted yet.*\n[^]*Corrected by \+12: 12 sessions\n$/),
    });
    await add(1);
    await follow();
    expect(await counter.read()).toMatchObject({ count: 13 });
  });

  it('takes off what is no longer there', async () => {
    const { table, counter, add, store, lose, follow } = await counted();
    await add(4);
    await follow();
    await store.namespace('session').clear();
    await lose();
    expect(await run(table, '--correct')).toMatchObject({
      code: 0,
      output: expect.stringContaining('Corrected by -4'),
    });
    expect(await counter.read()).toMatchObject({ count: 0 });
  });

  /** 10 sessions that were lost, and 2 that come while the scan runs. */
  async function whileSessionsCome(...args: readonly string[]) {
    const { table, counter, add, lose, follow } = await counted();
    await add(10);
    await lose();
    const held = proxy.holdAnswer({ operation: 'Scan', times: 1 });
    const { ended } = start(table, args);
    await held.reached;
    await add(2);
    await follow();
    held.release();
    return { ...(await ended), counts: await counter.read() };
  }

  it('refuses to correct where sessions came during the scan', async () => {
    const { code, output, errors, counts } = await whileSessionsCome('--correct');
    expect(output).toMatch(/Drift: -1\d, with 2 changes meanwhile \(2 came, 0 went\): from -1\d to -\d+\n$/);
    expect(errors).toMatch(/^Nothing was corrected: a scan is no snapshot,.* --yes .*\n$/);
    expect(code).toBe(1);
    expect(counts).toMatchObject({ count: 2, sums: { corrected: 0 } });
  });

  it('corrects by an estimate with --yes, which is off by no more than came and went', async () => {
    const { code, output, counts } = await whileSessionsCome('--correct', '--yes');
    expect(output).toMatch(/Corrected by \+\d+: \d+ sessions\n$/);
    expect(code).toBe(0);
    expect(Math.abs((counts?.count ?? 0) - 12)).toBeLessThanOrEqual(2);
  });

  it('corrects once where the answer to the correction gets lost', async () => {
    const { table, counter, add, lose } = await counted();
    await add(6);
    await lose();
    proxy.on({
      operation: 'UpdateItem',
      times: 1,
      fault: async (forward) => {
        await forward();
        return 'reset';
      },
    });
    expect(await run(table, '--correct')).toMatchObject({ code: 0, output: expect.stringMatching(/\+6: 6 sessions/) });
    expect(await counter.read()).toMatchObject({ count: 6 });
  });

  it('corrects nothing once it is interrupted', async () => {
    const { table, counter, add, lose } = await counted();
    await add(6);
    await lose();
    const { ended, says, interrupt } = start(table, ['--correct'], '3600');
    await says('Waiting 3600 s');
    interrupt();
    expect(await ended).toMatchObject({ code: 130, output: expect.stringMatching(/Interrupted\. Nothing was/) });
    expect(await counter.read()).toBeUndefined();
  });

  it('says so in one line of a table that is not there', async () => {
    const { code, output, errors } = await run('missing');
    expect(errors).toMatch(/^There is no table missing at http.* --table.*\n$/);
    expect([code, output]).toEqual([1, '']);
  });

  it('refuses wrong options with exit code 2', async () => {
    const { code, output, errors } = await run('any', '--corect');
    expect(errors).toMatch(/^Unknown option '--corect'\. Usage: .*\n$/);
    expect([code, output]).toEqual([2, '']);
  });
});
