/** What one request holds of a session: the state as read, what was done to it, and what was seen of it. No I/O. */
import { randomBytes } from 'node:crypto';
import { handleOf, keyOf, newId } from './ids.ts';
import { deepFreeze, frozenCopy } from './json.ts';
import { apply, copyOf, emptyState, replay, type Operation, type Seen, type State } from './operations.ts';

/** The record a draft was read from, or last written to. */
export interface SessionRecord {
  readonly key: string;
  readonly version: number;
  /** Epoch seconds. */
  readonly expiresAt: number | undefined;
  /** The state as the record holds it, to tell whether anything changed. */
  readonly text: string;
}

/** What has to be told to the browser. */
export type CookieChange = { readonly set: string } | 'expire' | undefined;

export class Draft {
  id: string;
  key: string;
  record: SessionRecord | undefined;
  log: Operation[] = [];
  /** Keys of records to delete: sessions that were destroyed and not yet committed. */
  readonly doomed = new Set<string>();
  /** Destroyed, and not yet committed. */
  isEnded = false;
  /** What a commit has to tell the browser. */
  cookie: CookieChange;
  isNew: boolean;
  #base: State;
  #state: State;
  #sawAll = false;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();
  readonly #kept = new Set<string>();
  /** Keys whose data this request has set or deleted: reading them answers that, not an older message of the same name. */
  readonly #written = new Set<string>();

  /** @param now epoch seconds */
  constructor(found: { id: string; record: SessionRecord; state: State } | undefined, now: () => number) {
    this.id = found?.id ?? newId();
    this.key = found?.record.key ?? keyOf(this.id);
    this.record = found?.record;
    this.isNew = found === undefined;
    this.#now = now;
    this.#base = found?.state ?? emptyState(now());
    this.#state = copyOf(this.#base);
  }

  get handle(): string {
    return handleOf(this.key);
  }

  /** The state with everything this request did. */
  get state(): State {
    return this.#state;
  }

  /** Whether the record is to move to a new id. */
  get isRegenerated(): boolean {
    return this.record !== undefined && this.record.key !== this.key;
  }

  read(key: string): unknown {
    const message = this.#written.has(key) ? undefined : this.#state.flash.get(key);
    if (message !== undefined) {
      if (!this.#kept.has(key)) this.#do({ type: 'unflash', name: key, id: message.id });
      return message.value;
    }
    this.#saw(key);
    return deepFreeze(this.#state.data.get(key));
  }

  has(key: string): boolean {
    if (!this.#written.has(key) && this.#state.flash.has(key)) return true;
    if (!this.#dependsOnOwn(key) && !this.#seen.has(key)) this.#seen.set(key, { exists: this.#base.data.has(key) });
    return this.#state.data.has(key);
  }

  set(key: string, value: unknown): void {
    const copy = frozenCopy(value);
    this.#do({ type: 'set', key, value: copy, ...this.#seenOf(key) });
    this.#written.add(key);
  }

  delete(key: string): void {
    this.#do({ type: 'delete', key, ...this.#seenOf(key) });
    this.#written.add(key);
  }

  /** A message is gone once it was read; anything else is deleted. */
  pull(key: string): unknown {
    const isMessage = !this.#written.has(key) && this.#state.flash.has(key);
    const value = this.read(key);
    if (!isMessage) this.delete(key);
    return value;
  }

  update(key: string, change: (value: unknown) => unknown): void {
    this.#do({ type: 'update', key, change: (value) => change(deepFreeze(value)) });
    this.#written.add(key);
  }

  flash(name: string, value: unknown): void {
    const id = randomBytes(6).toString('base64url');
    this.#do({ type: 'flash', name, message: { id, value: frozenCopy(value) } });
    this.#written.delete(name);
  }

  keep(name: string): void {
    this.#kept.add(name);
    const id = this.#base.flash.get(name)?.id;
    const kept = this.log.filter((operation) => operation.type !== 'unflash' || operation.id !== id);
    if (kept.length === this.log.length) return;
    this.log = kept;
    this.#state = replay(this.#base, kept);
  }

  data(): Readonly<Record<string, unknown>> {
    for (const key of this.#base.data.keys()) this.#saw(key);
    this.#sawAll = true;
    return Object.freeze(Object.fromEntries([...this.#state.data].map(([key, value]) => [key, deepFreeze(value)])));
  }

  messages(): Readonly<Record<string, unknown>> {
    return Object.freeze(Object.fromEntries([...this.#state.flash].map(([name, { value }]) => [name, value])));
  }

  clear(): void {
    this.#do({ type: 'clear', seen: new Map(this.#seen) });
    for (const key of this.#state.flash.keys()) this.#written.delete(key);
  }

  regenerate(): void {
    this.#moveTo(newId());
  }

  /** Forgets everything: what is done from now on is a new session's. */
  destroy(): void {
    if (this.record !== undefined) this.doomed.add(this.record.key);
    this.record = undefined;
    this.isNew = true;
    this.isEnded = true;
    this.log = [];
    this.#moveTo(newId());
    this.#start(emptyState(this.#now()));
    this.#kept.clear();
    this.#written.clear();
  }

  /** Goes on from a state that was committed with these operations; others may have come meanwhile. */
  settle(state: State, committed: readonly Operation[], record: SessionRecord | undefined = this.record): void {
    const done = new Set(committed);
    this.record = record;
    this.log = this.log.filter((operation) => !done.has(operation));
    this.#start(state);
    for (const operation of this.log) apply(this.#state, operation);
  }

  #start(base: State): void {
    this.#base = base;
    this.#state = copyOf(base);
    this.#seen.clear();
    this.#sawAll = false;
  }

  #moveTo(id: string): void {
    this.id = id;
    this.key = keyOf(id);
  }

  #do(operation: Operation): void {
    apply(this.#state, operation);
    this.log.push(operation);
  }

  /** Notes that the request knows the stored value of a key, unless what it knows is its own doing. */
  #saw(key: string): void {
    if (!this.#dependsOnOwn(key)) this.#seen.set(key, { value: this.#base.data.get(key) });
  }

  /** Whether the key's value comes from this request alone. After an update it still depends on what was stored. */
  #dependsOnOwn(key: string): boolean {
    const last = this.log.findLast(
      (operation) =>
        operation.type === 'clear' || ('key' in operation && operation.key === key && operation.type !== 'update'),
    );
    return last !== undefined;
  }

  #seenOf(key: string): { seen?: Seen } {
    const seen = this.#seen.get(key) ?? (this.#sawAll ? { value: this.#base.data.get(key) } : undefined);
    return seen === undefined ? {} : { seen };
  }
}
