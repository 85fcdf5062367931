/** What one request holds of a session: the state as read, what was done to it, and what was seen of it. No I/O. */
import { randomBytes } from 'node:crypto';
import type { Owner } from '../cache/store.ts';
import { handleOf, keyOf, newId } from './ids.ts';
import { deepFreeze, frozenCopy } from './json.ts';
import { apply, copyOf, emptyState, type FlashMessage, type Operation, type Seen, type State } from './operations.ts';

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

/** A user to be registered with the session's next id. */
export interface Login {
  readonly user: string;
  readonly label: string | undefined;
}

/** What a draft begins with. */
export interface Found {
  readonly id: string;
  readonly record: SessionRecord;
  readonly state: State;
  /** The session has another id by now: nothing is written under this one. */
  readonly isSuperseded?: boolean;
}

/** What one commit takes of a draft. The request may go on meanwhile. */
export interface Work {
  readonly id: string;
  readonly key: string;
  readonly record: SessionRecord | undefined;
  readonly log: readonly Operation[];
  /** What was read or last committed, and the same with the operations. */
  readonly base: State;
  readonly state: State;
  readonly login: Login | undefined;
  /** Whether the old id ends at once. */
  readonly invalidates: boolean;
  /** Which session of the request this is: `destroy` begins another one. */
  readonly generation: number;
}

export class Draft {
  /** Keys of records to delete, and their users: sessions that were destroyed and not yet committed. */
  readonly doomed = new Map<string, string | undefined>();
  readonly isSuperseded: boolean;
  /** Who holds the record's lock, while it is held. */
  owner: Owner | undefined;
  /** Destroyed, and not yet committed. */
  isEnded = false;
  /** What a commit has to tell the browser. */
  cookie: CookieChange;
  #id: string;
  /** The id under which the record stands. */
  #recordId: string;
  #key: string;
  #record: SessionRecord | undefined;
  #isNew: boolean;
  #base: State;
  #state: State;
  #log: Operation[] = [];
  #login: Login | undefined;
  #invalidates = false;
  #generation = 0;
  #sawAll = false;
  readonly #now: () => number;
  readonly #seen = new Map<string, Seen>();
  /** Messages that were read: the commit removes them. */
  readonly #shown = new Map<string, FlashMessage>();
  readonly #kept = new Set<string>();
  /** Keys whose data this request has set or deleted: reading them answers that, not an older message of the same name. */
  readonly #written = new Set<string>();

  /** @param now epoch seconds */
  constructor(found: Found | undefined, now: () => number) {
    this.isSuperseded = found?.isSuperseded === true;
    this.#id = found?.id ?? newId();
    this.#recordId = this.#id;
    this.#key = found?.record.key ?? keyOf(this.#id);
    this.#record = found?.record;
    this.#isNew = found === undefined;
    this.#now = now;
    this.#base = found?.state ?? emptyState(now());
    this.#state = copyOf(this.#base);
  }

  get id(): string {
    return this.#id;
  }

  get key(): string {
    return this.#key;
  }

  /** The record that was read, or last written. */
  get record(): SessionRecord | undefined {
    return this.#record;
  }

  get isNew(): boolean {
    return this.#isNew;
  }

  get handle(): string {
    return handleOf(this.#key);
  }

  /** Who is logged in. */
  get user(): string | undefined {
    return this.#state.user;
  }

  /** Who was logged in by the last commit. */
  get committedUser(): string | undefined {
    return this.#base.user;
  }

  /** Whether there is anything to commit. */
  get isChanged(): boolean {
    return this.#log.length > 0 || this.#shown.size > 0 || this.isEnded || this.#key !== this.#record?.key;
  }

  read(key: string): unknown {
    const message = this.#messageOf(key);
    if (message !== undefined) {
      if (!this.#kept.has(key)) this.#shown.set(key, message);
      return message.value;
    }
    this.#saw(key);
    return deepFreeze(this.#state.data.get(key));
  }

  has(key: string): boolean {
    if (this.#messageOf(key) !== undefined) return true;
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

  /** A message, which is gone then, or else a value, which is deleted. */
  pull(key: string): unknown {
    const message = this.#messageOf(key);
    const value = this.read(key);
    if (message === undefined) this.delete(key);
    else this.#do({ type: 'unflash', name: key, id: message.id });
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
    this.#shown.delete(name);
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
    this.#do({ type: 'clear', seen: new Map(this.#seen), sawAll: this.#sawAll });
    this.#written.clear();
  }

  regenerate({ invalidates = false }: { readonly invalidates?: boolean } = {}): void {
    this.#invalidates ||= invalidates;
    this.#moveTo(newId());
  }

  login(user: string, label: string | undefined): void {
    this.regenerate();
    this.#do({ type: 'login', user });
    this.#login = { user, label };
  }

  /** Takes a login back that was refused: the request goes on as who it was before. */
  withdrawLogin(): void {
    this.#log = this.#log.filter(({ type }) => type !== 'login');
    this.#login = undefined;
    if (this.#record !== undefined) this.#moveTo(this.#recordId);
    this.#start(this.#base);
    for (const operation of this.#log) apply(this.#state, operation);
  }

  /** Ends the session at the next commit. */
  destroy(): void {
    if (this.#record !== undefined) this.doomed.set(this.#record.key, this.#base.user);
    this.forget();
  }

  /** What is done from now on is a new session's: this one has ended. */
  forget(): void {
    this.isEnded = true;
    this.owner = undefined;
    this.#generation++;
    this.#record = undefined;
    this.#isNew = true;
    this.#log = [];
    this.#login = undefined;
    this.#invalidates = false;
    this.#moveTo(newId());
    this.#start(emptyState(this.#now()));
    for (const names of [this.#seen, this.#shown, this.#kept, this.#written]) names.clear();
    this.#sawAll = false;
  }

  /** What there is to commit. */
  take(): Work {
    const shown = [...this.#shown].map(([name, { id }]): Operation => ({ type: 'unflash', name, id }));
    const state = copyOf(this.#state);
    for (const operation of shown) apply(state, operation);
    return {
      id: this.#id,
      key: this.#key,
      record: this.#record,
      log: [...this.#log, ...shown],
      base: this.#base,
      state,
      login: this.#login,
      invalidates: this.#invalidates,
      generation: this.#generation,
    };
  }

  /** Goes on from what was committed; other operations may have come meanwhile. */
  settle(work: Work, state: State, record: SessionRecord): void {
    if (work.generation !== this.#generation) {
      // Destroyed while it was being written.
      this.doomed.set(record.key, state.user);
      return;
    }
    if (work.record?.key !== record.key) this.cookie = { set: work.id };
    const done = new Set(work.log);
    this.#record = record;
    this.#recordId = work.id;
    if (this.#login === work.login) this.#login = undefined;
    if (this.#id === work.id) this.#invalidates = false;
    this.#log = this.#log.filter((operation) => !done.has(operation)).map((operation) => believing(operation, work));
    this.#believe(work.state, state);
    this.#start(state);
    for (const operation of this.#log) apply(this.#state, operation);
    for (const [name, { id }] of this.#shown) if (state.flash.get(name)?.id !== id) this.#shown.delete(name);
  }

  #start(base: State): void {
    this.#base = base;
    this.#state = copyOf(base);
  }

  /**
   * What the request has seen is from now on what it believes to have committed. Where another request's change got into
   * the same commit, that is not what was committed, and replacing the value fails.
   */
  #believe(believed: State, committed: State): void {
    const keys = this.#sawAll
      ? [...this.#seen.keys(), ...believed.data.keys(), ...committed.data.keys()]
      : this.#seen.keys();
    for (const key of new Set(keys)) this.#seen.set(key, { value: believed.data.get(key) });
  }

  #moveTo(id: string): void {
    this.#id = id;
    this.#key = keyOf(id);
  }

  #do(operation: Operation): void {
    apply(this.#state, operation);
    this.#log.push(operation);
  }

  #messageOf(name: string): FlashMessage | undefined {
    return this.#written.has(name) ? undefined : this.#state.flash.get(name);
  }

  /** Notes that the request knows the stored value of a key, unless what it knows is its own doing. */
  #saw(key: string): void {
    if (!this.#dependsOnOwn(key)) this.#seen.set(key, { value: this.#base.data.get(key) });
  }

  /** Whether the key's value comes from this request alone. After an update it still depends on what was stored. */
  #dependsOnOwn(key: string): boolean {
    return this.#log.some(
      (operation) =>
        operation.type === 'clear' || ('key' in operation && operation.key === key && operation.type !== 'update'),
    );
  }

  #seenOf(key: string): { seen?: Seen } {
    const seen = this.#seen.get(key) ?? (this.#sawAll ? { value: this.#base.data.get(key) } : undefined);
    return seen === undefined ? {} : { seen };
  }
}

/** An operation that came during a commit, with what it had seen as that commit believes to have left it. */
function believing(operation: Operation, { state }: Work): Operation {
  const seenNow = (key: string): Seen => ({ value: state.data.get(key) });
  if (operation.type === 'clear') {
    const keys = [...operation.seen.keys(), ...(operation.sawAll ? state.data.keys() : [])];
    return { ...operation, seen: new Map(keys.map((key) => [key, seenNow(key)])) };
  }
  if ((operation.type !== 'set' && operation.type !== 'delete') || operation.seen === undefined) return operation;
  return { ...operation, seen: seenNow(operation.key) };
}
