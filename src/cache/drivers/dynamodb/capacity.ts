/**
 * Keeps what requests consume within a budget for each second: not on average, but in whichever second one looks at.
 *
 * When DynamoDB counts a request is not known, only that it is between sending it and having its answer. So a request
 * counts from the moment it is sent until a second after its answer, and none is sent while it would not fit beside those
 * that count. For any second, take the last request sent of those counted in it: all the others counted when it was sent.
 */
import type { Stop } from '../../stop.ts';

const SECOND_MS = 1000;

/** How often to look again while requests are under way: they may turn out to take less than expected. */
const LOOK_MS = 10;

/** The part of a second's units that one request takes at the most, so that consumption is even within the second. */
const SHARE = 1 / 4;

interface Spent {
  readonly units: number;
  /** When the answer was there. */
  readonly at: number;
}

export class CapacityBudget {
  readonly #perSecond: number;
  readonly #now: () => number;
  /** What requests under way are expected to take. */
  readonly #underWay = new Set<{ readonly units: number }>();
  #spent: Spent[] = [];
  /** Before this time nothing is sent: requests lie as far apart as their units take of a second. */
  #next = -Infinity;
  #turn: Promise<{ readonly units: number } | undefined> = Promise.resolve(undefined);

  /**
   * @param perSecond units
   * @param now milliseconds of a clock that is never set back
   */
  constructor(perSecond = Infinity, now: () => number = () => performance.now()) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Units that one request should take at the most. */
  get share(): number {
    return this.#perSecond * SHARE;
  }

  /**
   * Sends a request once there is room for what it is expected to take, in the order of asking, and counts what it took.
   * A request of more units than the budget has room when nothing else counts.
   *
   * @returns `undefined` where the stop came first: nothing was sent
   */
  async spend<T>(
    expected: number,
    stop: Pick<Stop, 'isDue' | 'pause'>,
    send: () => Promise<T>,
    consumedBy: (answer: T) => number,
  ): Promise<T | undefined> {
    this.#turn = this.#turn.then(() => this.#admit(expected, stop));
    const admitted = await this.#turn;
    if (admitted === undefined) return undefined;
    let consumed = expected;
    try {
      const answer = await send();
      consumed = consumedBy(answer);
      return answer;
    } finally {
      this.#underWay.delete(admitted);
      this.#count(consumed, expected);
    }
  }

  async #admit(units: number, stop: Pick<Stop, 'isDue' | 'pause'>): Promise<{ readonly units: number } | undefined> {
    for (let wait = this.#waitFor(units); wait > 0 && !stop.isDue; wait = this.#waitFor(units)) {
      await stop.pause(this.#underWay.size > 0 ? Math.min(wait, LOOK_MS) : wait);
    }
    if (stop.isDue) return undefined;
    const admitted = { units };
    this.#underWay.add(admitted);
    this.#next = this.#now() + this.#msOf(units);
    return admitted;
  }

  /** Milliseconds; 0 where there is room. */
  #waitFor(units: number): number {
    if (this.#perSecond === Infinity) return 0;
    const now = this.#now();
    if (this.#next > now) return this.#next - now;
    this.#spent = this.#spent.filter(({ at }) => now - at <= SECOND_MS);
    const counted = [...this.#underWay, ...this.#spent].reduce((sum, one) => sum + one.units, 0);
    if (counted === 0 || counted + units <= this.#perSecond) return 0;
    const [oldest] = this.#spent;
    return oldest === undefined ? SECOND_MS : oldest.at + SECOND_MS - now + 1;
  }

  #count(units: number, expected: number): void {
    if (this.#perSecond === Infinity) return;
    this.#spent.push({ units, at: this.#now() });
    this.#next += this.#msOf(units - expected);
  }

  #msOf(units: number): number {
    return (units / this.#perSecond) * SECOND_MS;
  }
}

/** A record of 400 KB, the largest there is, read eventually consistently. */
const LARGEST_READ = 50;
const BYTES_PER_READ_UNIT = 8192;
const BYTES_PER_WRITE_UNIT = 1024;

/**
 * What a record is expected to take, learnt on the way: at first every record could be the largest possible, and pages grow
 * at most fourfold, so that no page is a surprise.
 */
export class RecordCost {
  #read = LARGEST_READ;
  #write = 1;

  /** Read units of looking at so many records: whole halves. */
  reading(records: number): number {
    return Math.max(1, Math.ceil(2 * records * this.#read)) / 2;
  }

  /** Write units of deleting so many. */
  deleting(records: number): number {
    return Math.ceil(records * this.#write);
  }

  /** How many can be looked at, or deleted, with so many units: at least one. */
  readableWith(units: number): number {
    return Math.max(1, Math.floor(units / this.#read));
  }

  deletableWith(units: number): number {
    return Math.max(1, Math.floor(units / this.#write));
  }

  sawPage(records: number, units: number): void {
    if (records === 0) return;
    this.#read = Math.max(units / records, this.#read / 4);
    // Units are rounded up to halves: by a quarter on average, and a single half tells nothing.
    const bytes = units <= 0.5 ? 0 : ((units - 0.25) * BYTES_PER_READ_UNIT) / records;
    this.#write = Math.max(1, this.#write / 2, Math.ceil(bytes / BYTES_PER_WRITE_UNIT));
  }

  sawDeletes(records: number, units: number): void {
    if (records > 0) this.#write = Math.max(1, this.#write / 2, units / records);
  }
}
