import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  Connection,
  backoffMs,
  consumedBy,
  type ConnectionOptions,
  type RequestReport,
} from '../../../../src/cache/drivers/dynamodb/connection.ts';
import { AmbiguousWriteError, StoreUnavailableError } from '../../../../src/cache/errors.ts';
import { CAPACITY, answeringServer, refusal, type Answering } from './answering-server.ts';

afterEach(() => {
  vi.restoreAllMocks();
});

const THROTTLED = refusal('ThrottlingException');
const BROKEN = refusal('InternalServerError', 500);

async function connect(answer: Answering, options: ConnectionOptions = {}) {
  const { endpoint, received, state } = await answeringServer(answer);
  const reports: RequestReport[] = [];
  const onRequest = (report: RequestReport) => void reports.push(report);
  return { connection: new Connection({ endpoint, onRequest, ...options }), received, reports, state };
}

function failure(promise: Promise<unknown>): Promise<unknown> {
  return promise.catch((error: unknown) => error);
}

describe('A call', () => {
  it.each([
    ['GetItem', { CapacityUnits: 0.5 }, { readUnits: 0.5, writeUnits: 0 }],
    ['BatchGetItem', [{ CapacityUnits: 1 }, { CapacityUnits: 2 }], { readUnits: 3, writeUnits: 0 }],
    ['Scan', { CapacityUnits: 4 }, { readUnits: 4, writeUnits: 0 }],
    ['UpdateItem', { CapacityUnits: 5 }, { readUnits: 0, writeUnits: 5 }],
    ['DeleteItem', {}, { readUnits: 0, writeUnits: 0 }],
    ['BatchWriteItem', [], { readUnits: 0, writeUnits: 0 }],
  ] as const)('of %s tells what it consumed', async (operation, consumed, units) => {
    const { connection, reports } = await connect(() => ({ body: { ConsumedCapacity: consumed } }));
    const answer = await connection.call(operation, {});
    expect(answer).toStrictEqual({ ok: true, output: { ConsumedCapacity: consumed }, ambiguous: false });
    const common = { operation, outcome: 'ok', attempts: 1, throttles: 0, durationMs: expect.any(Number) };
    expect(reports).toStrictEqual([{ ...common, ...units }]);
  });

  it('whose condition fails answers the record, and no error', async () => {
    const item = { key: { S: 'k' } };
    const { connection, reports } = await connect(() =>
      refusal('ConditionalCheckFailedException', 400, { Item: item }),
    );
    expect(await connection.call('UpdateItem', {})).toStrictEqual({ ok: false, item, ambiguous: false });
    expect(reports).toMatchObject([{ outcome: 'condition-failed', attempts: 1, throttles: 0, writeUnits: 0 }]);
  });

  it.each([
    [undefined, 1],
    [{ key: { S: 'k' }, value: { S: 'v'.repeat(1024) } }, 2],
    [null, 1],
  ])('whose condition fails says what that is billed, by the record: %#', async (item, conditionUnits) => {
    const { connection, reports } = await connect(() =>
      refusal('ConditionalCheckFailedException', 400, { Item: item }),
    );
    expect(await connection.call('UpdateItem', {})).toMatchObject({ ok: false, item });
    expect(reports).toMatchObject([{ outcome: 'condition-failed', conditionUnits }]);
  });

  it("whose condition fails on what can't be measured has failed all the same", async () => {
    const { connection } = await connect(() =>
      refusal('ConditionalCheckFailedException', 400, { Item: { other: null } }),
    );
    expect(await connection.call('UpdateItem', {})).toMatchObject({ ok: false });
  });

  it('that is throttled is repeated, and says how often it was', async () => {
    const { connection, reports, received } = await connect((_, count) => (count < 3 ? THROTTLED : { body: CAPACITY }));
    expect(await connection.call('UpdateItem', {}, { repeatable: false })).toMatchObject({
      ok: true,
      ambiguous: false,
    });
    expect(reports).toMatchObject([{ outcome: 'ok', attempts: 3, throttles: 2 }]);
    expect(received).toHaveLength(3);
  });

  it('that may have been applied before it succeeds, or before its condition fails, says so', async () => {
    const ok = await connect((_, count) => (count === 1 ? BROKEN : { body: CAPACITY }));
    expect(await ok.connection.call('UpdateItem', {})).toMatchObject({ ok: true, ambiguous: true });
    expect(ok.reports).toMatchObject([{ attempts: 2, throttles: 0 }]);
    const failed = await connect((_, count) => (count === 1 ? undefined : refusal('ConditionalCheckFailedException')));
    expect(await failed.connection.call('UpdateItem', {})).toStrictEqual({
      ok: false,
      item: undefined,
      ambiguous: true,
    });
  });

  it('ends after five tries, or as many as it is told', async () => {
    for (const [options, tries] of [
      [{}, 5],
      [{ maxAttempts: 2 }, 2],
    ] as const) {
      const { connection, received, reports } = await connect(() => BROKEN, options);
      const error = await failure(connection.call('GetItem', {}, { key: 'k' }));
      expect(error).toBeInstanceOf(StoreUnavailableError);
      expect(error).toMatchObject({ key: 'k', ambiguous: true });
      expect(error).toHaveProperty(
        'message',
        expect.stringContaining(`did not do GetItem, after ${tries} tries: Inter`),
      );
      expect(error).toHaveProperty('cause.name', 'InternalServerError');
      expect(received).toHaveLength(tries);
      expect(reports).toMatchObject([{ outcome: 'error', attempts: tries, readUnits: 0, writeUnits: 0 }]);
    }
  });

  it('that is refused is not repeated, and was not applied', async () => {
    const { connection, received } = await connect(() => refusal('ResourceNotFoundException'));
    const error = await failure(connection.call('UpdateItem', {}, { repeatable: false }));
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(error).toMatchObject({ ambiguous: false });
    expect(error).not.toHaveProperty('key');
    expect(error).toHaveProperty(
      'message',
      'DynamoDB did not do UpdateItem, at the first try: ResourceNotFoundException: a message',
    );
    expect(received).toHaveLength(1);
  });

  it('that must not be repeated ends with the first try that may have been applied', async () => {
    const { connection, received, reports } = await connect((_, count) => (count === 1 ? THROTTLED : BROKEN));
    const error = await failure(connection.call('UpdateItem', {}, { repeatable: false, key: 'k' }));
    expect(error).toBeInstanceOf(AmbiguousWriteError);
    expect(error).toMatchObject({ key: 'k', message: 'The answer to UpdateItem was lost: it may have been applied.' });
    expect(error).toHaveProperty('cause.name', 'InternalServerError');
    expect(received).toHaveLength(2);
    expect(reports).toMatchObject([{ outcome: 'error', attempts: 2, throttles: 1 }]);
    expect(await failure(connection.call('UpdateItem', {}, { repeatable: false }))).toHaveProperty('key', '');
  });

  it('that is not answered is broken off, and repeated', async () => {
    const options = { requestTimeoutMs: 60, maxAttempts: 2 };
    const { connection, received, state } = await connect(() => 'never', options);
    const error = await failure(connection.call('GetItem', {}));
    expect(error).toMatchObject({ ambiguous: true });
    expect(error).toHaveProperty('cause.name', 'TimeoutError');
    expect(error).toHaveProperty('cause.message', 'No answer within 60 ms.');
    expect(received).toHaveLength(2);
    await vi.waitFor(() => expect(state.brokenOff).toBe(2));
  });

  it('ends with its time, and begins no try that would reach beyond it', async () => {
    const { connection, received } = await connect(() => 'never', { timeoutMs: 80 });
    const started = Date.now();
    const error = await failure(connection.call('GetItem', {}));
    expect(Date.now() - started).toBeLessThan(600);
    expect(error).toHaveProperty('cause.name', 'TimeoutError');
    expect(received).toHaveLength(1);
  });

  it('ends with the deadline it is given, where that comes first', async () => {
    const { connection } = await connect(() => 'never');
    const started = Date.now();
    await failure(connection.call('GetItem', {}, { deadline: started + 80 }));
    expect(Date.now() - started).toBeLessThan(600);
    await failure(connection.call('GetItem', {}, { deadline: started - 1000 }));
    expect(Date.now() - started).toBeLessThan(900);
  });

  it('waits between its tries, the longer the more there were', async () => {
    vi.spyOn(Math, 'random').mockReturnValue(0.999);
    const { connection } = await connect((_, count) => (count < 3 ? THROTTLED : { body: CAPACITY }));
    const started = performance.now();
    await connection.call('GetItem', {});
    expect(performance.now() - started).toBeGreaterThan(24 + 49);
  });

  it('leaves no timer behind', async () => {
    const { connection } = await connect(() => ({ body: CAPACITY }), { requestTimeoutMs: 60_000 });
    const timers = () => process.getActiveResourcesInfo().filter((resource) => resource === 'Timeout').length;
    const before = timers();
    for (let call = 0; call < 20; call += 1) await connection.call('GetItem', {});
    await sleep(1);
    expect(timers()).toBeLessThan(before + 20);
  });

  it.each<[string, unknown]>([
    ['nothing that was asked for', {}],
    ['a record that is a list', { ...CAPACITY, Item: [] }],
    ['a record of text', { ...CAPACITY, Item: { key: 'k' } }],
    ['a record with an attribute of null', { ...CAPACITY, Attributes: { key: null } }],
    ['an old record that is none', { ...CAPACITY, Attributes: 'text' }],
    ['capacity that is no object', { ConsumedCapacity: 5 }],
  ])('with an answer that is not DynamoDB’s fails: %s', async (_, body) => {
    const { connection } = await connect(() => ({ body }), { maxAttempts: 1 });
    const error = await failure(connection.call('GetItem', {}));
    expect(error).toHaveProperty('cause.name', 'UnexpectedAnswerError');
    expect(error).toHaveProperty('cause.message', 'The answer is none that DynamoDB gives.');
  });

  it.each<[string, object]>([
    ['capacity', { ConsumedCapacity: {} }],
    ['a record', { Item: { key: { S: 'k' } } }],
    ['an old record', { Attributes: {} }],
    ['results', { Responses: {} }],
  ])('with an answer that only has %s succeeds', async (_, body) => {
    const { connection } = await connect(() => ({ body }), { maxAttempts: 1 });
    expect(await connection.call('GetItem', {})).toMatchObject({ ok: true, output: body });
  });

  it('without a hook is the same', async () => {
    const { endpoint } = await answeringServer(() => ({ body: CAPACITY }));
    expect(await new Connection({ endpoint }).call('GetItem', {})).toMatchObject({ ok: true });
  });
});

it('A pause is any time below 25, 50, 100, 200 and then 400 ms', () => {
  vi.spyOn(Math, 'random').mockReturnValue(1);
  expect([1, 2, 3, 4, 5, 6, 20].map(backoffMs)).toEqual([25, 50, 100, 200, 400, 400, 400]);
  vi.spyOn(Math, 'random').mockReturnValue(0);
  expect(backoffMs(5)).toBe(0);
});

it('Capacity is summed up over tables', () => {
  expect(consumedBy({})).toBe(0);
  expect(consumedBy({ ConsumedCapacity: {} })).toBe(0);
  expect(consumedBy({ ConsumedCapacity: { CapacityUnits: 1.5 } })).toBe(1.5);
  expect(consumedBy({ ConsumedCapacity: [{ CapacityUnits: 1.5 }, {}, { CapacityUnits: 2 }] })).toBe(3.5);
});
