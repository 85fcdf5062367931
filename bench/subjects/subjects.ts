/** Who is compared, and how each is set. */
import type { SubjectName } from './bundle.ts';

export interface Subject {
  /** In the report. */
  readonly title: string;
  readonly bundle: SubjectName;
  /** Besides the table and where DynamoDB is. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Signs Cloakroom's cookies: the peers sign theirs. */
export const APP_KEY = `base64:${Buffer.from('an example key of 32 bytes, sic!').toString('base64')}`;

export const CLOAKROOM: Subject = { title: 'Cloakroom', bundle: 'cloakroom', env: { APP_KEY } };

export const EVENTUAL: Subject = {
  title: 'Cloakroom, eventual reads',
  bundle: 'cloakroom',
  env: { APP_KEY, DYNAMODB_CONSISTENT_READ: 'false' },
};

export const LOCKING: Subject = {
  title: 'Cloakroom, locking',
  bundle: 'cloakroom',
  env: { APP_KEY, SESSION_LOCKING: 'true' },
};

export const EXPRESS: Subject = { title: 'express-session', bundle: 'express' };

export const FASTIFY: Subject = { title: '@fastify/session', bundle: 'fastify' };

export const NOT_ROLLING: Subject = {
  title: '@fastify/session, not rolling',
  bundle: 'fastify',
  env: { ROLLING: 'false' },
};

export const RAW: Subject = { title: 'raw SDK calls', bundle: 'plain' };
