/** The budget, in a time of its own: requests take as long as a test says. */
import { describe, expect, it } from 'vitest';
import { CapacityBudget, RecordCost } from '../../../../src/cache/drivers/dynamodb/capacity.ts';

interface Timer {
  readonly at: number;
  readonly wake: () => void;
}

/** Time that moves on when everybody waits. */
class Simulation {
  now = 0;
  isStopped = false;
  /** What the engine counted, and when. */
  readonly counted: { at: number; units: number }[] = [];
  #timers: Timer[] = [];

  readonly stop = {
    isDue: false,
    pause: (milliseconds: number): Promise<void> => this.wait(milliseconds),
  };

  wait(milliseconds: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#timers.push({ at: this.now + milliseconds, wake: resolve });
    return promise;
  }

  /** A request that the engine counts at some moment between its start and its answer. */
  async request(units: number, before: number, after: number): Promise<number> {
    await this.wait(before);
    this.counted.push({ at: this.now, units });
    await this.wait(after);
    return units;
  }

  async run(work: Promise<unknown>): Promise<void> {
    let isDone = false;
    void work.finally(() => (isDone = true));
    for (;;) {
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      if (isDone) return;
      this.#timers = this.#timers.toSorted((a, b) => a.at - b.at);
      const next = this.#timers.shift();
      if (next === undefined) throw new Error('Everybody waits, and for nothing.');
      this.now = Math.max(this.now, next.at);
      next.wake();
    }
  }

  /** The most that any second counted. */
  get peak(): number {
    return Math.max(
      ...this.counted.map(({ at }) =>
        this.counted.filter((one) => one.at >= at && one.at < at + 1000).reduce((sum, one) => sum + one.units, 0),
      ),
    );
  }
}

const random = (seed: number) => () => {
  seed = (seed * 1_103_515_245 + 12_345) % 2 ** 31;
  return seed / 2 ** 31;
};

async function spendAll(
  perSecond: number,
  sizes: readonly number[],
  workers: number,
  actual = (units: number) => units,
) {
  const simulation = new Simulation();
  const budget = new CapacityBudget(perSecond, () => simulation.now);
  const draw = random(7);
  const left = [...sizes];
  const work = async (): Promise<void> => {
    for (let units = left.shift(); units !== undefined; units = left.shift()) {
      const taken = actual(units);
      await budget.spend(
        units,
        simulation.stop,
        () => simulation.request(taken, draw() * 80, draw() * 80),
        (answer) => answer,
      );
    }
  };
  await simulation.run(Promise.all(Array.from({ length: workers }, work)));
  return simulation;
}

describe('A capacity budget', () => {
  const draw = random(3);
  const sizes = Array.from({ length: 300 }, () => Math.ceil(draw() * 50) / 2);
  const total = sizes.reduce((sum, size) => sum + size, 0);

  it.each([1, 2, 8])('holds in every second, with %d requests at a time', async (workers) => {
    const { peak, counted } = await spendAll(100, sizes, workers);
    expect(counted).toHaveLength(300);
    expect(peak).toBeLessThanOrEqual(100);
  });

  it('is used: the time it takes is what the units need, and a little', async () => {
    const { now } = await spendAll(100, sizes, 4);
    expect(now).toBeLessThan((total / 100) * 1000 * 1.25);
  });

  it('holds where requests take less than was expected', async () => {
    const { peak } = await spendAll(100, sizes, 4, (units) => units / 5);
    expect(peak).toBeLessThanOrEqual(100);
  });

  it('is exceeded by what one request takes more than expected, and waits for it', async () => {
    const surprise = [10, 10, 300, 10, 10, 10];
    const { counted } = await spendAll(100, [10, 10, 10, 10, 10, 10], 1, () => surprise.shift() ?? 0);
    const [, , third, fourth] = counted;
    expect((fourth?.at ?? 0) - (third?.at ?? 0)).toBeGreaterThan(1000);
  });

  it('lets a request through that is larger than a second, alone', async () => {
    const { counted } = await spendAll(10, [1, 40, 1], 3);
    const [first, second, third] = counted.map(({ at }) => at);
    expect((second ?? 0) - (first ?? 0)).toBeGreaterThan(1000);
    expect((third ?? 0) - (second ?? 0)).toBeGreaterThan(3900);
  });

  it('sends nothing any more once it is to stop', async () => {
    const simulation = new Simulation();
    const budget = new CapacityBudget(10, () => simulation.now);
    const send = () => simulation.request(10, 1, 1);
    const first = budget.spend(10, simulation.stop, send, Number);
    const second = budget.spend(10, simulation.stop, send, Number);
    simulation.stop.isDue = true;
    await simulation.run(Promise.all([first, second]));
    expect(await second).toBeUndefined();
    expect(simulation.counted.length).toBeLessThanOrEqual(1);
  });

  it('counts a request that failed', async () => {
    const simulation = new Simulation();
    const budget = new CapacityBudget(10, () => simulation.now);
    const failed = budget.spend(10, simulation.stop, () => Promise.reject(new Error('lost')), Number).catch(() => {});
    const next = budget.spend(10, simulation.stop, () => simulation.request(10, 0, 0), Number);
    await simulation.run(Promise.all([failed, next]));
    expect(simulation.counted[0]?.at).toBeGreaterThanOrEqual(1000);
  });

  it('without a limit lets everything through at once', async () => {
    const { now } = await spendAll(Infinity, sizes, 300);
    expect(now).toBeLessThan(200);
  });
});

describe('What a record takes', () => {
  it('is the most there is until pages were seen', () => {
    const cost = new RecordCost();
    expect(cost.readableWith(50)).toBe(1);
    expect(cost.readableWith(0.5)).toBe(1);
    for (let page = 0; page < 10; page++) cost.sawPage(100, 3);
    expect(cost.readableWith(50)).toBe(1666);
    expect(cost.reading(1666)).toBe(50);
    expect(cost.deletableWith(25)).toBe(25);
  });

  it('grows at once with large records, and shrinks step by step', () => {
    const cost = new RecordCost();
    cost.sawPage(10, 125);
    expect(cost.deletableWith(200)).toBe(2);
    cost.sawDeletes(2, 2);
    expect(cost.deletableWith(200)).toBe(4);
    cost.sawDeletes(4, 1600);
    expect(cost.deletableWith(200)).toBe(1);
  });
});
