/** Lambda's part: loads the handler that its argument names, and calls it for every event that its parent sends. */
import type { Context } from 'aws-lambda';

interface Message {
  readonly id: number;
  readonly event: unknown;
  readonly remainingMs: number;
}

type LambdaContext = Pick<Context, 'awsRequestId' | 'getRemainingTimeInMillis'>;

const { handler } = (await import(process.argv[2] ?? '')) as {
  handler: (event: unknown, context: LambdaContext) => Promise<unknown>;
};

async function invoke({ id, event, remainingMs }: Message): Promise<unknown> {
  const end = Date.now() + remainingMs;
  const context = { awsRequestId: `request-${id}`, getRemainingTimeInMillis: () => end - Date.now() };
  const { promise: ended, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('Task timed out')), remainingMs);
  try {
    return { id, answer: await Promise.race([handler(event, context), ended]) };
  } catch (error) {
    return { id, error: String(error) };
  } finally {
    clearTimeout(timer);
  }
}

process.on('message', (message: Message) => {
  void invoke(message).then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
