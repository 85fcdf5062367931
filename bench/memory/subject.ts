/** Those that are measured, and what they have to offer for it. Each is imported in a process of its own. */

export interface Keeper {
  readonly get: (key: string) => unknown;
  /** @param ttl seconds; without it, the entry stays */
  readonly set: (key: string, value: string, ttl?: number) => unknown;
  /** Adds 1 to a number. Where there is no such operation: what an application does, reading and writing. */
  readonly increment: (key: string) => unknown;
}

/** A file of a subject exports this as `open`. The variant is one of `SUBJECTS`, as is the number of entries it must hold. */
export type OpenKeeper = (entries: number, variant: string) => Keeper;

export interface Subject {
  readonly name: string;
  /** Relative to this folder. Not imported where it is named, so that type checks work without the peers. */
  readonly file: string;
  readonly variant: string;
  /** Its answers are no promises: nothing is awaited, as nobody would. */
  readonly isSynchronous?: true;
  /** Only where what becomes of expired entries is asked. */
  readonly isOnlyForExpiry?: true;
  readonly about: string;
}

const CLOAKROOM = { file: './cloakroom.ts' };
const LRU_CACHE = { file: '../peers/memory-lru-cache.ts' };
const KEYV = { file: '../peers/memory-keyv.ts' };
const BENTOCACHE = { file: '../peers/memory-bentocache.ts' };

export const SUBJECTS: readonly Subject[] = [
  { ...CLOAKROOM, name: 'cloakroom', variant: 'plain', about: '`new MemoryStore({ maxEntries })`' },
  {
    ...CLOAKROOM,
    name: 'cloakroom, namespace',
    variant: 'namespace',
    about: "the same through `namespace('session')`",
  },
  { ...LRU_CACHE, name: 'lru-cache', variant: 'plain', isSynchronous: true, about: '`new LRUCache({ max })`' },
  { ...LRU_CACHE, name: 'lru-cache, async', variant: 'async', about: 'the same behind async functions' },
  {
    ...LRU_CACHE,
    name: 'lru-cache, ttlAutopurge',
    variant: 'autopurge',
    isSynchronous: true,
    isOnlyForExpiry: true,
    about: '`ttlAutopurge: true`: a timer for each entry',
  },
  { ...KEYV, name: 'keyv', variant: 'plain', about: '`new Keyv()`: a Map, values serialized, no bound' },
  { ...KEYV, name: 'keyv, raw', variant: 'raw', about: '`new Keyv({ serialization: false })`' },
  { ...BENTOCACHE, name: 'bentocache', variant: 'plain', about: '`memoryDriver({ maxItems })`, values serialized' },
  {
    ...BENTOCACHE,
    name: 'bentocache, raw',
    variant: 'raw',
    about: '`memoryDriver({ maxItems, serialize: false })`',
  },
];

/** @throws RangeError */
export function subjectNamed(name: string): Subject {
  const subject = SUBJECTS.find((one) => one.name === name);
  if (subject === undefined) throw new RangeError(`There is no subject called ${name}.`);
  return subject;
}

export async function openKeeper({ file, variant }: Subject, entries: number): Promise<Keeper> {
  const { open } = (await import(file)) as { readonly open: OpenKeeper };
  return open(entries, variant);
}
