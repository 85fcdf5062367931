/** What a stage's parameters can be, by what of the template hangs on it, and the combinations of that. */

/** Values by the name of the parameter in serverless.yml. */
export type Values = Readonly<Record<string, string>>;

/** The values of one switch, or of some that only make sense together. */
export type Dimension = readonly Values[];

const KEY = 'arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const STREAM = 'arn:aws:dynamodb:us-east-1:123456789012:table/cloakroom-dev-cache/stream/2026-01-01T00:00:00.000';
const TOPIC = 'arn:aws:sns:us-east-1:123456789012:alarms';

const capacityMode: Dimension = ['provisioned', 'on-demand', 'autoscaling'].map((mode) => ({ capacityMode: mode }));
const encryptionKey: Dimension = ['aws-managed', 'aws-owned', KEY].map((key) => ({ encryptionKey: key }));

/** On these hangs which resources, statements and properties there are. */
export const STRUCTURES: readonly Dimension[] = [
  [
    { createTable: 'true', streamArn: '' },
    { createTable: 'false', streamArn: STREAM },
    { createTable: 'false', streamArn: '' },
  ],
  capacityMode,
  encryptionKey,
  onOrOff('alarms'),
  ['', 'oncall@example.com'].map((alarmEmail) => ({ alarmEmail })),
  onOrOff('dashboard'),
];

const TABLE_SWITCHES: readonly Dimension[] = [
  onOrOff('timeToLive'),
  onOrOff('pointInTimeRecovery'),
  onOrOff('deletionProtection'),
];

/** These change one value each. */
export const SWITCHES: readonly Dimension[] = [
  ['', TOPIC].map((alarmTopicArn) => ({ alarmTopicArn })),
  ...TABLE_SWITCHES,
];

/** The framework itself writes these into functions and schedules: the service is packaged with each combination. */
export const TRACING = onOrOff('tracing');
export const PURGE = onOrOff('purgeEnabled');
export const PACKAGED: readonly Dimension[] = [TRACING, PURGE];

/** The parameters of resources/dynamodb.yml where it is deployed by itself. */
export const TABLE_ALONE: readonly Dimension[] = [
  onOrOff('createTable'),
  capacityMode,
  encryptionKey,
  ...TABLE_SWITCHES,
];

function onOrOff(name: string): Dimension {
  return ['true', 'false'].map((value) => ({ [name]: value }));
}

/** Every combination of the dimensions' values. */
export function combinations(dimensions: readonly Dimension[]): readonly Values[] {
  return dimensions.reduce<readonly Values[]>(
    (all, values) => all.flatMap((one) => values.map((value) => ({ ...one, ...value }))),
    [{}],
  );
}

/** Few combinations, in which each value of each dimension meets each value of every other. */
export function covering(dimensions: readonly Dimension[]): readonly Values[] {
  const candidates = combinations(dimensions).map((values) => ({ values, pairs: pairsOf(dimensions, values) }));
  const missing = new Set(candidates.flatMap(({ pairs }) => pairs));
  const chosen: Values[] = [];
  while (missing.size > 0) {
    const gains = candidates.map(({ pairs }) => pairs.filter((pair) => missing.has(pair)).length);
    const best = candidates[gains.indexOf(Math.max(...gains))];
    if (best === undefined) break;
    for (const pair of best.pairs) missing.delete(pair);
    chosen.push(best.values);
  }
  return chosen;
}

function pairsOf(dimensions: readonly Dimension[], values: Values): string[] {
  const parts = dimensions.map(([first = {}]) =>
    Object.keys(first)
      .map((name) => `${name}=${values[name]}`)
      .join(),
  );
  return parts.flatMap((part, index) => parts.slice(index + 1).map((other) => `${part} ${other}`));
}
