/** The environment as one typed, validated object. Nothing else reads `process.env`. */
import type { Seconds } from './cache/store.ts';

export type DriverName = 'memory' | 'dynamodb';

export type SameSite = 'lax' | 'strict' | 'none';

export interface DynamoDBConfig {
  readonly table: string;
  readonly endpoint?: string;
  readonly consistentRead: boolean;
  readonly attributes: { readonly key: string; readonly value: string; readonly expires: string };
  readonly valueType: 'string' | 'binary';
}

export interface CookieConfig {
  /** As browsers see it, with its `__Host-` or `__Secure-` prefix. */
  readonly name: string;
  readonly path: string;
  readonly domain?: string;
  readonly secure: boolean;
  readonly sameSite: SameSite;
  readonly partitioned: boolean;
}

export interface SessionConfig {
  /** Seconds without a request after which a session ends. */
  readonly lifetime: Seconds;
  /** Seconds from its creation after which a session ends; 0: never. */
  readonly absoluteLifetime: Seconds;
  readonly expireOnClose: boolean;
  readonly maxBytes: number;
  readonly cookie: CookieConfig;
  /** 32 bytes each, the current one first; empty: cookies are not signed. */
  readonly keys: readonly Uint8Array[];
}

export interface Config {
  /** On AWS itself: not in tests, and not under serverless-offline. */
  readonly onLambda: boolean;
  readonly demo: boolean;
  readonly appUrl?: URL;
  readonly allowedOrigins: readonly string[];
  readonly cacheDriver: DriverName;
  readonly sessionDriver: DriverName;
  readonly cachePrefix: string;
  readonly dynamodb: DynamoDBConfig;
  readonly session: SessionConfig;
}
