/** The kinds of request that are billed differently, and what each is in this report. */
import { cartOf, noiseOf, SMALL } from './session-data.ts';

/** What the requests to DynamoDB depend on. */
export type Family = 'no session' | 'first write' | 'read-only' | 'change' | 'destroy' | 'regenerate' | 'locked';

export interface Kind {
  readonly name: string;
  readonly family: Family;
  readonly request: `${string} /${string}`;
  /** Bytes of the data as JSON; 0: none. */
  readonly bytes: number;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** What is in the session before; absent: there is no session, and no cookie. */
  readonly data?: Readonly<Record<string, unknown>>;
  readonly isForged?: boolean;
  /** The data compress to less than half: a cart, not noise. */
  readonly isCart: boolean;
}

/** Bytes of JSON, as the report names them. */
export const SIZES: readonly (readonly [bytes: number, name: string])[] = [
  [SMALL, '0.3 KB'],
  [1024, '1 KB'],
  [10_240, '10 KB'],
  [51_200, '50 KB'],
];

/** Small data fit into a unit as they are. */
const NOISE_SIZES = SIZES.slice(1);

const VISIT = 'POST /session/visits';
const READ = 'GET /session';

export const KINDS: readonly Kind[] = [
  { name: 'no cookie', family: 'no session', request: READ, bytes: 0, isCart: true },
  { ...small('forged cookie', 'no session', READ), bytes: 0, isForged: true },
  { name: 'first write', family: 'first write', request: VISIT, bytes: '{"visits":1}'.length, isCart: true },
  ...sized('read-only', 'read-only', READ),
  ...sized('read and change', 'change', VISIT),
  small('destroy', 'destroy', 'DELETE /session'),
  small('regenerate', 'regenerate', 'POST /session/regenerate'),
];

/** Where the session is locked for the length of the request. */
export const LOCKED_KINDS: readonly Kind[] = [
  ...carts('read-only, locked', 'locked', READ, SIZES.slice(0, 3)),
  // Not a visit: that route saves by itself, before the answer.
  ...carts('read and change, locked', 'locked', 'PUT /session/data/visits', SIZES.slice(0, 3)).map((kind) => ({
    ...kind,
    json: 1,
  })),
];

/** A handler that calls `save()` keeps the lock, which another write then ends. */
export const LOCKED_AND_SAVED: Kind = small('read, change and save, locked', 'locked', VISIT);

function small(name: string, family: Family, request: Kind['request']): Kind {
  return { name, family, request, bytes: SMALL, data: cartOf(SMALL), isCart: true };
}

function sized(name: string, family: Family, request: Kind['request']): Kind[] {
  return [
    ...carts(name, family, request, SIZES),
    ...NOISE_SIZES.map(([bytes, size]) => ({
      name: `${name}, ${size} of noise`,
      family,
      request,
      bytes,
      data: noiseOf(bytes),
      isCart: false,
    })),
  ];
}

function carts(name: string, family: Family, request: Kind['request'], sizes: typeof SIZES): Kind[] {
  return sizes.map(([bytes, size]) => ({
    name: `${name}, ${size}`,
    family,
    request,
    bytes,
    data: cartOf(bytes),
    isCart: true,
  }));
}
