import type { Context } from 'aws-lambda';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError } from '../../src/errors.ts';
import { answerOf, eventOf } from './events.ts';

const load = async () => import('../../src/handlers/http.ts');

afterEach(() => {
  vi.unstubAllEnvs();
  vi.resetModules();
});

describe('the function http', () => {
  it('serves sessions and cache by the environment’s configuration', async () => {
    vi.stubEnv('CACHE_DRIVER', 'memory');
    vi.stubEnv('SESSION_LIFETIME', '60');
    const { handler } = await load();
    const send = async (method: string, path: string, cookies: readonly string[] = []) =>
      answerOf(await handler(eventOf('HTTP API', { method, path, cookies }), {} as Context as never));
    const visit = await send('POST', '/session/visits');
    expect(visit).toMatchObject({ status: 200, body: '{"visits":1}' });
    const cookies = visit.setCookies.map((line) => line.split(';')[0] ?? '');
    expect(JSON.parse((await send('GET', '/session', cookies)).body)).toMatchObject({ data: { visits: 1 } });
    expect((await send('GET', '/cached')).status).toBe(200);
  });

  it.each([
    ['CACHE_DRIVER', 'floppy'],
    ['SESSION_LIFETIME', '0'],
    ['APP_URL', 'nowhere'],
  ])('does not start with %s=%s', async (name, value) => {
    vi.stubEnv(name, value);
    const error: unknown = await load().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: ConfigError.name, code: 'CONFIG', message: expect.stringContaining(name) });
  });
});
