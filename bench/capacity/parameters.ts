/** What to write into serverless.yml for a stage: values that its parameters allow. */
import type { CapacityMode } from './cost.ts';
import type { Plan } from './plan.ts';

export type StageParameters = Readonly<Record<string, string | number>>;

/** What serverless.yml lets through, in requests per second and at once, where nothing else is said. */
const THROTTLING = { rate: 1000, burst: 2000 } as const;

/** For a mode: those that it does not look at are left out, and the API's where the default would answer 429. */
export function stageParameters(plan: Plan, mode: CapacityMode): StageParameters {
  const { requestRate: rate } = plan;
  const api = rate > THROTTLING.rate ? { throttlingRate: rate, throttlingBurst: Math.max(rate, THROTTLING.burst) } : {};
  return { ...capacityParameters(plan, mode), ...api };
}

function capacityParameters({ provisioned, scaling }: Plan, mode: CapacityMode): StageParameters {
  if (mode === 'on-demand') return { capacityMode: mode };
  if (mode === 'provisioned') {
    return { capacityMode: mode, readCapacityUnits: provisioned.reads, writeCapacityUnits: provisioned.writes };
  }
  return {
    capacityMode: mode,
    readCapacityUnits: scaling.reads.least,
    writeCapacityUnits: scaling.writes.least,
    readCapacityMax: scaling.reads.most,
    writeCapacityMax: scaling.writes.most,
    capacityTarget: scaling.reads.target,
  };
}

/** The lines under `params:`. */
export function yamlOf(parameters: StageParameters, stage = 'prod'): string {
  const lines = Object.entries(parameters).map(([name, value]) => `    ${name}: ${value}`);
  return ['params:', `  ${stage}:`, ...lines].join('\n');
}
