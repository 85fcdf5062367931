/**
 * The load generator, a process of its own. When visitors come is decided here and not by Artillery, whose timer keeps a
 * processor busy at 60 arrivals a second, on the machine where the service may be running as well.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { FromGenerator, Generated, Load, Sample, ToGenerator } from '../stress/messages.ts';
import { type PlannedRequest, requestsPerSecond, visitOf } from '../stress/plan.ts';
import { isLoopback } from '../stress/target.ts';
import { createVisitors } from './visitors.ts';

const FLUSH_MS = 200;
/** Visits and bots under way at once. */
const MOST_AT_ONCE = 5000;
/** Between the last sample and the end of the process. */
const LAST_WORD_MS = 1000;

function tell(message: FromGenerator): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  process.send?.(message, () => resolve());
  return promise;
}

/** Due times of evenly spaced arrivals, in milliseconds from the start. */
function* arrivalsOf(perSecond: number, durationMs: number): Generator<number> {
  for (let index = 0; ; index += 1) {
    const due = ((index + 0.5) * 1000) / perSecond;
    if (!(due < durationMs)) return;
    yield due;
  }
}

async function run(load: Load, stop: AbortSignal): Promise<void> {
  const { traffic, durationMs, drainMs } = load;
  const underWay = new Map<PlannedRequest, number>();
  const waiting = new Set<object>();
  let samples: Sample[] = [];
  let requests = 0;
  let atOnce = 0;
  let [visits, bots, skipped, abandoned] = [0, 0, 0, 0];
  const late: number[] = [];
  const count = (request: PlannedRequest, by: number): void => {
    underWay.set(request, (underWay.get(request) ?? 0) + by);
  };
  const visitors = await createVisitors(load, {
    onSent: (request) => {
      requests += 1;
      count(request, 1);
    },
    onSample: (sample, request) => {
      count(request, -1);
      samples.push({ ...sample, atMs: performance.now() - started });
    },
  });
  const flush = async (): Promise<void> => {
    const ready = samples;
    samples = [];
    if (ready.length > 0) await tell({ type: 'samples', samples: ready });
  };
  const flushing = setInterval(() => void flush(), FLUSH_MS);
  const ended = async (played: Promise<boolean>, name: 'visit' | 'bot', mark: object): Promise<void> => {
    // Nothing would have come after a bot's one request.
    if (!(await played) && name === 'visit') abandoned += 1;
    atOnce -= 1;
    waiting.delete(mark);
  };
  const begin = (name: 'visit' | 'bot', number: number): void => {
    if (atOnce >= MOST_AT_ONCE) {
      skipped += 1;
      return;
    }
    atOnce += 1;
    if (name === 'visit') visits += 1;
    else bots += 1;
    const mark = {};
    waiting.add(mark);
    const played = name === 'visit' ? visitors.visit(visitOf(load, number)) : visitors.bot();
    void ended(played, name, mark);
  };

  const started = performance.now();
  const processorAtStart = process.cpuUsage();
  const rate = requestsPerSecond(traffic, load.visitors);
  const elapsed = (): number => performance.now() - started;
  const arrive = async (name: 'visit' | 'bot', perSecond: number): Promise<void> => {
    let number = 0;
    for (const due of arrivalsOf(perSecond, durationMs)) {
      const early = due - elapsed();
      if (early > 0) await pause(early, stop);
      if (stop.aborted || elapsed() >= durationMs) return;
      late.push(Math.max(0, elapsed() - due));
      begin(name, number);
      number += 1;
    }
  };
  await Promise.all([arrive('visit', load.visitors), arrive('bot', rate.bot)]);
  if (elapsed() < durationMs) await pause(durationMs - elapsed(), stop);
  const elapsedMs = elapsed();
  const { user, system } = process.cpuUsage(processorAtStart);
  while (waiting.size > 0 && !stop.aborted && elapsed() < durationMs + drainMs) await pause(20, stop);
  clearInterval(flushing);
  await flush();
  late.sort((a, b) => a - b);
  const lateBy = (part: number): number => late[Math.ceil(late.length * part) - 1] ?? 0;
  const generated: Generated = {
    visits,
    bots,
    requests,
    skipped,
    abandoned,
    lateP50Ms: lateBy(0.5),
    lateP99Ms: lateBy(0.99),
    lateMaxMs: lateBy(1),
    processor: (user + system) / 1000 / elapsedMs,
    elapsedMs,
  };
  const unanswered = [...underWay].flatMap(([{ kind }, left]) => Array.from({ length: left }, () => kind));
  await tell({ type: 'done', generated, unanswered });
}

/** Less, where the load is stopped meanwhile. */
async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await delay(milliseconds, undefined, { signal }).catch(() => {});
}

const stopping = new AbortController();
process.on('disconnect', () => process.exit());
process.on('message', (message: ToGenerator) => {
  if (message.type === 'stop') return stopping.abort();
  if (isLoopback(new URL(message.load.target))) {
    // The engine would send everything through them.
    for (const name of ['HTTP_PROXY', 'HTTPS_PROXY']) delete process.env[name];
  }
  void run(message.load, stopping.signal).finally(() => setTimeout(() => process.exit(), LAST_WORD_MS));
});
void tell({ type: 'ready' });
