/**
 * The packaged function on 127.0.0.1, in a process of its own: with a DynamoDB of this machine, and an HTTP server before
 * its instances. All of it ends with the process that has started this one, however that ends.
 */
import { createTable, startDynamoDB } from '../../scripts/emulator.ts';
import { serve } from '../../tests/support/http-bridge.ts';
import { Instances } from './instances.ts';

/** Of one function. On Lambda it would be 1,000, with more processors. */
const INSTANCES = 10;
const TABLE = 'stress';

/** Settings that may be tried out: `SESSION_LOCKING=true npm run stress`. */
const PASSED_ON = /^(?:SESSION_(?!DRIVER$)[A-Z_]+|APP_KEY|DYNAMODB_CONSISTENT_READ|DYNAMODB_VALUE_TYPE|METRICS)$/;

export type FromService =
  | { readonly type: 'ready'; readonly url: string; readonly engine: string }
  | { readonly type: 'failed'; readonly message: string };

function tell(message: FromService): void {
  process.send?.(message);
}

process.on('disconnect', () => process.exit());

try {
  const { endpoint, engine } = await startDynamoDB();
  await createTable(endpoint, TABLE);
  const own = Object.entries(process.env).flatMap(([name, value]) =>
    value !== undefined && value !== '' && PASSED_ON.test(name) ? [[name, value] as const] : [],
  );
  const env = {
    METRICS: 'false',
    ...Object.fromEntries(own),
    DYNAMODB_CACHE_TABLE: TABLE,
    DYNAMODB_ENDPOINT: endpoint,
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    DEMO: 'true',
    SERVER_TIMING: 'true',
  };
  const instances = new Instances(env, INSTANCES);
  const { url } = await serve((event) => instances.invoke(event));
  tell({ type: 'ready', url, engine: engine === 'dynalite' ? 'dynalite' : 'DynamoDB Local' });
} catch (error) {
  tell({ type: 'failed', message: error instanceof Error ? error.message : String(error) });
  process.exit(1);
}
