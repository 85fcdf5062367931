/** What can go wrong between a function and DynamoDB. */
import { setTimeout as delay } from 'node:timers/promises';
import type { Fault, RawAnswer } from './dynamodb-proxy.ts';

const json = (status: number, value: unknown): RawAnswer => ({ status, body: JSON.stringify(value) });

const error = (status: number, type: string): RawAnswer =>
  json(status, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: 'Try again later.' });

const always =
  (answer: RawAnswer | 'reset' | 'hang'): Fault =>
  async () =>
    answer;

/** Instead of doing what was asked. */
export const NOT_APPLIED: Readonly<Record<string, Fault>> = {
  hangs: always('hang'),
  'closes the connection': always('reset'),
  'answers 500': always(error(500, 'InternalServerError')),
  'answers 500 without a word': always({ status: 500, body: '' }),
  'answers 503 with HTML': always({
    status: 503,
    headers: { 'content-type': 'text/html' },
    body: '<html><body>Bad gateway</body></html>',
  }),
  'answers 200 with HTML': always({ status: 200, headers: { 'content-type': 'text/html' }, body: '<html>Hi</html>' }),
  'answers {}': always(json(200, {})),
  'answers []': always(json(200, [])),
  'answers null': always(json(200, null)),
  'answers text': always(json(200, 'rubbish')),
  'answers JSON of somebody else': always(json(200, { error: 'Not found', status: 'ok' })),
  'answers nothing': always({ status: 200, body: '' }),
  'answers an item of a wrong type': always(
    json(200, { Item: 'rubbish', Attributes: 'rubbish', ConsumedCapacity: { CapacityUnits: 1 } }),
  ),
  'answers attributes of a wrong type': always(
    json(200, { Item: { value: 'rubbish' }, Attributes: ['rubbish'], ConsumedCapacity: { CapacityUnits: 1 } }),
  ),
  'throttles the table': always(error(400, 'ProvisionedThroughputExceededException')),
  'throttles the account': always(error(400, 'ThrottlingException')),
};

const quote =
  (status: number, type: string): Fault =>
  async (_forward, { body }) =>
    json(status, { __type: `com.amazonaws.dynamodb.v20120810#${type}`, message: `Wrong: ${body}` });

/** Not done, and the answer repeats the request. */
export const QUOTING: Readonly<Record<string, Fault>> = {
  'refuses, quoting the request': quote(400, 'ValidationException'),
  'fails, quoting the request': quote(500, 'InternalServerError'),
  'fails with an unknown error, quoting the request': quote(500, 'Unheard'),
};

/** Done as asked, and the answer lost. */
export const APPLIED: Readonly<Record<string, Fault>> = {
  'closes the connection': async (forward) => {
    await forward();
    return 'reset';
  },
  'truncates the answer': async (forward) => {
    const { status, body } = await forward();
    return { status, body: body.slice(0, body.length / 2) };
  },
  'answers 500': async (forward) => {
    await forward();
    return error(500, 'InternalServerError');
  },
  'answers too late': async (forward) => {
    const answer = await forward();
    await delay(1000);
    return answer;
  },
};

/** Does the first `count` reads or writes of a batch, and leaves the others over. */
export function unprocessed(count: number): Fault {
  return async (forward, { body }) => {
    const request = JSON.parse(body) as { RequestItems: Record<string, unknown[] | { Keys: unknown[] }> };
    const [[table, asked] = ['', []]] = Object.entries(request.RequestItems);
    const only = Array.isArray(asked) ? asked.slice(0, count) : { ...asked, Keys: asked.Keys.slice(0, count) };
    const nothing = { status: 200, body: '{"ConsumedCapacity":[]}' };
    const done = count === 0 ? nothing : await forward(JSON.stringify({ ...request, RequestItems: { [table]: only } }));
    const left = Array.isArray(asked)
      ? { UnprocessedItems: { [table]: asked.slice(count) } }
      : { UnprocessedKeys: { [table]: { ...asked, Keys: asked.Keys.slice(count) } } };
    return json(200, { ...JSON.parse(done.body), ...left });
  };
}
