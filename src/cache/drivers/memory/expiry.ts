/**
 * Which keys expire when. Expiries are whole seconds, so the keys of one second share a bucket; buckets are looked
 * through only when the earliest may be due. Adding, removing and taking a key cost the same however many there are.
 */
export class ExpiryIndex {
  readonly #buckets = new Map<number, Set<string>>();
  #due: string[] = [];
  #earliest = Number.POSITIVE_INFINITY;

  get isEmpty(): boolean {
    return this.#buckets.size === 0 && this.#due.length === 0;
  }

  add(key: string, expiresAt: number): void {
    const bucket = this.#buckets.get(expiresAt);
    if (bucket) bucket.add(key);
    else this.#buckets.set(expiresAt, new Set([key]));
    if (expiresAt < this.#earliest) this.#earliest = expiresAt;
  }

  remove(key: string, expiresAt: number): void {
    const bucket = this.#buckets.get(expiresAt);
    if (bucket?.delete(key) === true && bucket.size === 0) this.#buckets.delete(expiresAt);
  }

  /** Takes out a key whose time has come, `now` being in seconds. It may have been removed or renewed since: look. */
  take(now: number): string | undefined {
    if (this.#due.length === 0 && this.#earliest <= now) this.#collect(now);
    return this.#due.pop();
  }

  #collect(now: number): void {
    this.#earliest = Number.POSITIVE_INFINITY;
    for (const [expiresAt, bucket] of this.#buckets) {
      if (expiresAt <= now) {
        for (const key of bucket) this.#due.push(key);
        this.#buckets.delete(expiresAt);
      } else if (expiresAt < this.#earliest) {
        this.#earliest = expiresAt;
      }
    }
  }
}
