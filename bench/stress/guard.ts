/** Looks at a service before it is driven: is it there, and is it the one that visitors can do something with? */
import { consumedOf } from './server-timing.ts';

const PATIENCE_MS = 10_000;

export interface Found {
  /** Whether answers say what they consumed. */
  readonly tellsUnits: boolean;
}

/**
 * @param target without a slash at its end
 * @throws Error that says what to do
 */
export async function look(target: string): Promise<Found> {
  const health = await get(`${target}/health`);
  if (health.status !== 200 || !/"status"\s*:\s*"ok"/.test(health.body)) {
    throw new Error(`GET ${target}/health answers ${health.status}, and not as this service does. Is the URL right?`);
  }
  const session = await get(`${target}/session`);
  if (session.status === 404) {
    throw new Error(`GET ${target}/session answers 404: start the service with DEMO=true, which has these routes.`);
  }
  if (session.status !== 200) throw new Error(`GET ${target}/session answers ${session.status}.`);
  return { tellsUnits: consumedOf(session.timing) !== undefined };
}

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly timing: string | undefined;
}

async function get(url: string): Promise<Answer> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(PATIENCE_MS) });
    const timing = response.headers.get('server-timing') ?? undefined;
    return { status: response.status, body: await response.text(), timing };
  } catch (error) {
    throw new Error(`GET ${url} does not answer: ${reasonOf(error)}. Is the service running?`, { cause: error });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  if (error.name === 'TimeoutError') return `nothing came in ${PATIENCE_MS / 1000} seconds`;
  const { cause } = error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : error.message;
}
