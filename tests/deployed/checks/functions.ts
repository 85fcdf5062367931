import { randomUUID } from 'node:crypto';
import { DescribeLogGroupsCommand, FilterLogEventsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { type Target, Visitor } from '../../e2e/visitor.ts';
import { appKey, invoke, lambda, logs, resourcesOf, STACK, propertyOf } from '../stack.ts';

export function functionChecks(target: () => Target): void {
  describe('the functions', () => {
    it('run as the template says', async () => {
      const functions = await resourcesOf('AWS::Lambda::Function');
      expect(functions.length).toBeGreaterThan(1);
      for (const [, { Properties }] of functions) {
        const { Handler, Timeout, MemorySize, Architectures } = Properties;
        const deployed = await configuration(propertyOf(Properties, 'FunctionName'));
        expect(deployed).toMatchObject({
          Handler,
          Timeout,
          MemorySize,
          Architectures,
          Runtime: 'nodejs24.x',
          State: 'Active',
        });
        expect(Architectures).toEqual(['arm64']);
        expect(deployed.TracingConfig?.Mode).toBe(
          (Properties['TracingConfig'] as { Mode?: string } | undefined)?.Mode ?? 'PassThrough',
        );
      }
    });

    it('have the settings of the deployment, and no others', async () => {
      for (const [, { Properties }] of await resourcesOf('AWS::Lambda::Function')) {
        const { Variables = {} } = (Properties['Environment'] ?? {}) as { Variables?: Record<string, unknown> };
        const deployed = (await configuration(propertyOf(Properties, 'FunctionName'))).Environment?.Variables ?? {};
        expect(Object.keys(deployed).toSorted()).toEqual(Object.keys(Variables).toSorted());
        // Not `toEqual`, which would print the key.
        expect(deployed['APP_KEY'] === appKey()).toBe(true);
        expect(deployed['DEMO']).toBe('true');
      }
    });

    it('have a log each, that is kept as long as the template says', async () => {
      const { logGroups = [] } = await logs.send(new DescribeLogGroupsCommand({ logGroupNamePrefix: '/aws/' }));
      const groups = await resourcesOf('AWS::Logs::LogGroup');
      expect(logGroups.map(({ logGroupName }) => logGroupName)).toEqual(
        expect.arrayContaining(
          (await resourcesOf('AWS::Lambda::Function')).map(
            ([, { Properties }]) => `/aws/lambda/${propertyOf(Properties, 'FunctionName')}`,
          ),
        ),
      );
      for (const [, { Properties }] of groups) {
        const group = logGroups.find(({ logGroupName }) => logGroupName === Properties['LogGroupName']);
        expect([group?.logGroupName, group?.retentionInDays]).toEqual([
          Properties['LogGroupName'],
          Properties['RetentionInDays'],
        ]);
        expect(group?.retentionInDays).toBeGreaterThan(0);
      }
    });

    it('log no id, no cookie, no key and no value, also of a request that fails', async () => {
      const secret = `value-${randomUUID()}`;
      const guest = new Visitor(target());
      await guest.json('PUT', '/session/data/a', secret);
      const old = guest.cookies;
      await guest.json('POST', '/session/regenerate');
      await guest.send('POST', '/session/visits', { cookies: old });
      await guest.json('PUT', '/session/data/more', secret.repeat(5000));
      const lines = await logged(`/aws/lambda/${STACK}-http`);
      expect(lines.length).toBeGreaterThan(10);
      const secrets = [...guest.cookies, ...old].map((cookie) => cookie.slice(cookie.indexOf('=') + 1, 50));
      const revealing = lines.filter((line) => [secret, appKey(), ...secrets].some((part) => line.includes(part)));
      expect(revealing.length).toBe(0);
    });

    it("take AWS's own event, with its array of cookies", async () => {
      const guest = new Visitor(target());
      await guest.json('PUT', '/session/data/a', 1);
      const event = (cookies: readonly string[]) => ({
        version: '2.0',
        routeKey: '$default',
        rawPath: '/session',
        rawQueryString: '',
        cookies,
        headers: { host: 'example.execute-api.us-east-1.amazonaws.com', 'x-forwarded-proto': 'https' },
        requestContext: {
          accountId: '000000000000',
          apiId: 'example',
          domainName: 'example.execute-api.us-east-1.amazonaws.com',
          http: { method: 'GET', path: '/session', protocol: 'HTTP/1.1', sourceIp: '192.0.2.1', userAgent: '' },
          requestId: 'request',
          routeKey: '$default',
          stage: '$default',
          time: '24/Nov/2026:12:00:00 +0000',
          timeEpoch: 1_795_521_600_000,
        },
        isBase64Encoded: false,
      });
      const { error, answer } = await invoke('http', event(['other=1', ...guest.cookies]));
      expect(error).toBeUndefined();
      expect(answer).toMatchObject({ statusCode: 200 });
      expect(JSON.parse((answer as { body: string }).body)).toMatchObject({ isNew: false, data: { a: 1 } });
    });
  });
}

const configuration = (FunctionName: string) => lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));

async function logged(logGroupName: string): Promise<string[]> {
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await logs.send(
      new FilterLogEventsCommand({ logGroupName, ...(nextToken !== undefined && { nextToken }) }),
    );
    lines.push(...(page.events ?? []).map(({ message = '' }) => message));
    nextToken = page.nextToken;
  } while (nextToken !== undefined);
  return lines;
}
