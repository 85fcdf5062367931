/** A session as handlers hold it. */
import type { Draft } from './draft.ts';
import { checkLabel, checkUserId } from './logins.ts';

/** A value that can't be changed in place: `get('cart').push(x)` neither compiles nor runs. */
export type Frozen<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Frozen<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Frozen<T[Key]> }
      : T;

type Name<T> = keyof T & string;
type Value<T, Key extends keyof T> = Exclude<T[Key], undefined>;
type Given<T, Key extends keyof T> = Value<T, Key> | Frozen<Value<T, Key>>;

/**
 * The data of one visitor, over many requests. Typed by the application: `Data` names what it keeps, `Flash` the messages
 * that it reads back by name.
 *
 * @example
 * const session = await context.session.open();
 * session.update('visits', (n = 0) => n + 1);
 */
export class Session<Data extends object = Record<string, unknown>, Flash extends object = object> {
  readonly #draft: Draft;
  readonly #commit: () => Promise<void>;

  constructor(draft: Draft, commit: () => Promise<void>) {
    this.#draft = draft;
    this.#commit = commit;
  }

  /** Whether this request began the session: there was none, or none that is still alive. */
  get isNew(): boolean {
    return this.#draft.isNew;
  }

  /** A public name of the session, for pages and logs. It can't be turned back into the id. */
  get handle(): string {
    return this.#draft.handle;
  }

  /** The value of a key, frozen. A flash message of that name comes first, and is gone with it. */
  get<Key extends Name<Data>>(key: Key): Frozen<Value<Data, Key>> | undefined;
  get<Key extends Name<Flash>>(name: Key): Frozen<Value<Flash, Key>> | undefined;
  get(key: string): unknown {
    return this.#draft.read(key);
  }

  /** Whether there is a value, or a flash message, of that name. Consumes neither. */
  has(key: Name<Data> | Name<Flash>): boolean {
    return this.#draft.has(key);
  }

  /**
   * Stores a JSON value. The last writer of a key wins; but where this request had read the key and another one has
   * changed it since, the commit fails with `SessionConflictError`.
   *
   * @throws InvalidArgumentError for a value that JSON can't hold
   */
  set<Key extends Name<Data>>(key: Key, value: Given<Data, Key>): void {
    this.#draft.set(key, value);
  }

  /** Removes a value. A flash message of that name stays, until it is read. */
  delete(key: Name<Data>): void {
    this.#draft.delete(key);
  }

  /** Reads and removes. Of two requests that pull the same value, one fails with `SessionConflictError`. */
  pull<Key extends Name<Data>>(key: Key): Frozen<Value<Data, Key>> | undefined;
  pull<Key extends Name<Flash>>(name: Key): Frozen<Value<Flash, Key>> | undefined;
  pull(key: string): unknown {
    return this.#draft.pull(key);
  }

  /**
   * Reads, changes and writes a value, so that no other request's change is lost. `change` must be pure and synchronous:
   * it runs again on the newer value when another request came first. Answering `undefined` removes the value.
   *
   * @throws InvalidArgumentError for a value that JSON can't hold, such as a promise
   */
  update<Key extends Name<Data>>(
    key: Key,
    change: (value: Frozen<Value<Data, Key>> | undefined) => Given<Data, Key> | undefined,
  ): void {
    this.#draft.update(key, change as (value: unknown) => unknown);
  }

  /** Keeps a message until a request reads it with `get`. */
  flash<Key extends string>(name: Key, value: Key extends keyof Flash ? Given<Flash, Key> : unknown): void {
    this.#draft.flash(name, value);
  }

  /** Leaves a message for another request, though this one has read it, or will. */
  keep(name: string): void {
    this.#draft.keep(name);
  }

  /** Data and flash messages, frozen. Consumes nothing. */
  all(): Readonly<Record<string, unknown>> {
    return Object.freeze({ ...this.#draft.data(), ...this.#draft.messages() });
  }

  /** The application's data alone, frozen. */
  data(): { readonly [Key in keyof Data]?: Frozen<Data[Key]> } {
    return this.#draft.data() as { readonly [Key in keyof Data]?: Frozen<Data[Key]> };
  }

  /** The flash messages that wait, frozen. Consumes none. */
  messages(): Readonly<Record<string, unknown>> {
    return this.#draft.messages();
  }

  /** Removes all data. Creation time, user and flash messages stay. */
  clear(): void {
    this.#draft.clear();
  }

  /**
   * A new id for the same data, at the commit: to be called whenever the visitor's rights change. For a few seconds the
   * old id still answers, to requests that are on their way, what was stored before; what they would write is refused with
   * `SessionSupersededError`. `invalidate: true` ends the old id at once.
   *
   * @see https://owasp.org/www-project-application-security-verification-standard/ (ASVS 5.0, 7.2.4)
   */
  regenerate({ invalidate = false }: { readonly invalidate?: boolean } = {}): void {
    this.#draft.regenerate({ invalidates: invalidate });
  }

  /**
   * Logs a user in, at the commit, with a new id. From then on the session is one of those that `sessions.of(userId)`
   * lists and ends. It logs nobody in that the application has not authenticated.
   *
   * @param userId what the application knows the user by; in the table's keys only its hash
   * @param options.label what the user will know this session by, such as the browser's name: up to 200 characters
   * @throws InvalidArgumentError
   */
  login(userId: string, { label }: { readonly label?: string } = {}): void {
    checkUserId(userId);
    checkLabel(label);
    this.#draft.login(userId, label);
  }

  /** Who is logged in; `destroy` logs out. */
  get userId(): string | undefined {
    return this.#draft.user;
  }

  /** Ends the session at the commit: the record is deleted and the cookie expired. What is stored afterwards begins a new one. */
  destroy(): void {
    this.#draft.destroy();
  }

  /**
   * Commits now. What `get` answers afterwards is what was committed.
   *
   * @throws SessionConflictError @throws SessionGoneError @throws SessionSupersededError @throws SessionLimitError
   * @throws SessionTooLargeError @throws SessionUnavailableError
   */
  save(): Promise<void> {
    return this.#commit();
  }
}
