/** What to write into serverless.yml for a stage: values that its parameters allow. */
import type { CapacityMode } from './cost.ts';
import type { Plan } from './plan.ts';

export type StageParameters = Readonly<Record<string, string | number>>;

/** The capacity's parameters for a mode; those that the mode does not look at are left out. */
export function stageParameters({ provisioned, scaling }: Plan, mode: CapacityMode): StageParameters {
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
