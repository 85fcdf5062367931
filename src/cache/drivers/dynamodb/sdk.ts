/**
 * The AWS SDK, where it is wanted: for a client that was handed in, and to find the region and the credentials of a
 * developer's machine. It is loaded then, and is not part of the function's bundle.
 */
import type * as Sdk from '@aws-sdk/client-dynamodb';
import type { FinalizeHandler } from '@smithy/types';
import type { Credentials } from './signature.ts';
import type { Operation, Output, Transport } from './transport.ts';

const loadSdk = (): Promise<typeof Sdk> => import('@aws-sdk/client-dynamodb');

/** Where the SDK would go, and as whom: profiles, single sign-on, roles. */
export async function settingsOfSdk(): Promise<{
  readonly region: () => Promise<string>;
  readonly credentials: () => Promise<Credentials>;
}> {
  const { DynamoDBClient: Client } = await loadSdk();
  const { config } = new Client({});
  return { region: () => config.region(), credentials: () => config.credentials() };
}

/** Sends through a client of the SDK, once: the tries are counted by the driver, whatever the client's settings. */
export class SdkTransport implements Transport {
  readonly #client: Sdk.DynamoDBClient;

  constructor(client: Sdk.DynamoDBClient) {
    this.#client = client;
  }

  async send(operation: Operation, input: object, abortSignal: AbortSignal): Promise<Output> {
    const command = commandFor(await loadSdk(), operation, input);
    command.middlewareStack.addRelativeTo(sendOnce, {
      name: 'cloakroomSendOnce',
      relation: 'after',
      toMiddleware: 'retryMiddleware',
    });
    try {
      return (await this.#client.send(command, { abortSignal })) as Output;
    } catch (error) {
      throw error instanceof FinalError ? error.original : error;
    }
  }
}

function commandFor(sdk: typeof Sdk, operation: Operation, input: object) {
  // The types of the commands differ, what is done with them does not: GetItemCommand stands for all.
  const Command = sdk[`${operation}Command`] as unknown as new (input: object) => Sdk.GetItemCommand;
  return new Command(input);
}

/** Keeps the client from trying again: an error stops being of a kind that it repeats. */
function sendOnce<Input extends object, Sent extends object>(
  next: FinalizeHandler<Input, Sent>,
): FinalizeHandler<Input, Sent> {
  return async (input) => {
    try {
      return await next(input);
    } catch (error) {
      throw new FinalError(error);
    }
  };
}

/** Hides an error's kind from the SDK's retry strategy. */
class FinalError extends Error {
  readonly original: unknown;

  constructor(original: unknown) {
    super('Not repeated.');
    this.original = original;
  }
}
