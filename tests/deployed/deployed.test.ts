/** What `sls deploy` made of serverless.yml. The parts come in this order: the last one removes the service. */
import { beforeAll, describe } from 'vitest';
import { serviceBehaviours } from '../e2e/behaviours.ts';
import type { Target } from '../e2e/visitor.ts';
import { functionChecks } from './checks/functions.ts';
import { liveCountChecks } from './checks/live-count.ts';
import { purgeChecks } from './checks/purge.ts';
import { redeploymentChecks } from './checks/redeployment.ts';
import { removalChecks } from './checks/removal.ts';
import { roleChecks } from './checks/roles.ts';
import { tableChecks } from './checks/table.ts';
import { templateChecks } from './checks/template.ts';
import { deployedApi } from './stack.ts';

let api: Target | undefined;

beforeAll(async () => {
  api = await deployedApi();
});

const target = (): Target => {
  if (api === undefined) throw new Error('Nothing was deployed.');
  return api;
};

describe('the deployed API', () => {
  serviceBehaviours(target);
});
tableChecks();
roleChecks(target);
functionChecks(target);
templateChecks();
purgeChecks(target);
await liveCountChecks(target);
redeploymentChecks(target);
removalChecks(target);
