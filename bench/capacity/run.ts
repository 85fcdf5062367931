/** `npm run capacity`: what traffic needs of the table, what that costs, and what to write into serverless.yml. */
import { writeFile } from 'node:fs/promises';
import { runCheck } from './check.ts';
import { breakEvens, costCurve, costsOf, type ModeCosts } from './modes.ts';
import { minutesOf } from './day.ts';
import { loadOf } from './load.ts';
import { helpText, readOptions, type Options } from './options.ts';
import { pageOf } from './page.ts';
import { stageParameters } from './parameters.ts';
import { planOf, type PlanInput } from './plan.ts';
import { planText } from './print.ts';
import { ON_AWS } from './race.ts';
import { recordSizes } from './sizes.ts';

function inputOf(options: Options): PlanInput {
  const { traffic, data, rps, peak, headroom, target, think, eventual, locking, encrypt, seed } = options;
  const ratio = options['compresses-to'];
  const sizes = recordSizes(data, {
    encrypt,
    otherSessions: options['sessions-per-user'] - 1,
    ...(ratio !== undefined && { compressesTo: ratio }),
  });
  return {
    traffic,
    sizes,
    rps,
    peak,
    headroom,
    target,
    think,
    eventual,
    locking,
    seed,
    lifetime: options.lifetime * 60,
    ...(options.sessions !== undefined && { sessions: options.sessions }),
    ...(options.hours !== undefined && { hours: options.hours }),
    prices: options.price,
    free: options['free-tier'] ? 'used' : 'unused',
    timing: { ...ON_AWS, spreadMs: options.spread },
  };
}

/** The costs of the same mix at another traffic. */
function costsAt(input: PlanInput): (rps: number) => ModeCosts {
  const minutes = minutesOf(input.peak, input.hours);
  return (rps) =>
    costsOf(loadOf({ ...input, rps, provisionedFor: input.peak * (1 + input.headroom) }).total, { ...input, minutes });
}

async function main(args: readonly string[]): Promise<void> {
  if (args.includes('--help')) return console.log(helpText());
  const options = readOptions(args);
  if (options.check) {
    process.exitCode = (await runCheck((line) => console.error(line))) ? 0 : 1;
    return;
  }
  const input = inputOf(options);
  const plan = planOf(input);
  const at = costsAt(input);
  const curve = costCurve(at);
  const printed = {
    plan,
    input,
    curve,
    breakEvens: breakEvens(at, curve),
    region: options.region,
    priceSource: options.priceSource,
  };
  if (options.json) {
    const { days, ...figures } = plan;
    const summary = Object.entries(days).map(([mode, { requests, throttled }]) => [mode, { requests, throttled }]);
    const parameters = (['provisioned', 'autoscaling', 'on-demand'] as const).map((mode) =>
      stageParameters(plan, mode),
    );
    const json = { ...figures, day: Object.fromEntries(summary), breakEvens: printed.breakEvens, parameters };
    console.log(JSON.stringify(json, undefined, 2));
  } else console.log(planText(printed));
  if (options.html === undefined) return;
  await write(options.html, await pageOf(printed));
  if (!options.json) console.log(`\nWritten: ${options.html}`);
}

async function write(path: string, content: string): Promise<void> {
  try {
    await writeFile(path, content);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new Error(`--html: ${path} can not be written (${code}).`, { cause: error });
  }
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
