/**
 * Stands in, in the deployed bundle, for parts of the AWS SDK that the function does not need there. Together they are
 * more than a third of the bundle: see `alias` in esbuild.config.ts. Each class is named as the one it replaces.
 */

interface Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/**
 * For `@aws-sdk/credential-provider-node`, which looks for profiles, SSO, web identity and EC2 roles. Lambda hands a
 * function its role's credentials in the environment, for as long as the instance lives.
 */
export function defaultProvider(): () => Promise<Credentials> {
  return async function credentialsFromEnvironment() {
    const {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
    } = process.env;
    if (accessKeyId === undefined || secretAccessKey === undefined) {
      throw new Error('No AWS credentials in the environment: AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY are unset.');
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken !== undefined && { sessionToken }) };
  };
}

/** For `@smithy/core/event-streams`: no operation of DynamoDB has one. Its dynamic import also hinders the bundler. */
export class EventStreamSerde {
  serializeEventStream = leftOut;
  deserializeEventStream = leftOut;
}

export { leftOut as eventStreamSerdeProvider };

/** For `@aws-sdk/endpoint-cache`: the client makes one, and no command of DynamoDB uses it. */
export class EndpointCache {
  get = leftOut;
}

function leftOut(): never {
  throw new Error('This part of the AWS SDK is left out of the bundle: see esbuild.config.ts.');
}
