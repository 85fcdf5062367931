/** What an answer says that its request consumed: the header of a service that runs with SERVER_TIMING=true. */

export interface Consumed {
  /** Requests to DynamoDB, repeated ones included. */
  readonly requests: number;
  readonly readUnits: number;
  readonly writeUnits: number;
  readonly failedConditions: number;
  /** Write units that these are billed, which DynamoDB does not report. */
  readonly failedConditionUnits: number;
  readonly throttles: number;
  readonly isCold: boolean;
  /** Milliseconds that the service says it took. */
  readonly totalMs: number;
}

/** `undefined` where the header is none of this service: it has numbers from 0 on. */
export function consumedOf(header: string | undefined): Consumed | undefined {
  const metrics = metricsOf(header ?? '');
  const number = (name: string): number => Number(metrics.get(name)?.get('desc') ?? 0);
  if (!metrics.has('StoreRequests')) return undefined;
  const consumed = {
    requests: number('StoreRequests'),
    readUnits: number('ReadUnits'),
    writeUnits: number('WriteUnits'),
    failedConditions: number('ConditionsFailed'),
    failedConditionUnits: number('ConditionUnits'),
    throttles: number('Throttles'),
    isCold: number('ColdStart') > 0,
    totalMs: Number(metrics.get('total')?.get('dur') ?? 0),
  };
  const isSound = Object.values(consumed).every(
    (value) => value === true || value === false || (Number.isFinite(value) && value >= 0),
  );
  return isSound ? consumed : undefined;
}

const PARAMETER = String.raw`\s*;\s*([!#$%&'*+.^_\`|~\w-]+)\s*=\s*("(?:[^"\\]|\\.)*"|[^\s;,"]*)`;
const METRIC = new RegExp(String.raw`\s*([!#$%&'*+.^_\`|~\w-]+)((?:${PARAMETER})*)\s*(?:,|$)`, 'y');

/**
 * The parameters of each metric, by its name; what is no metric ends the reading.
 *
 * @see https://www.w3.org/TR/server-timing/#the-server-timing-header-field
 */
export function metricsOf(header: string): ReadonlyMap<string, ReadonlyMap<string, string>> {
  const metrics = new Map<string, ReadonlyMap<string, string>>();
  METRIC.lastIndex = 0;
  for (let found = METRIC.exec(header); found !== null; found = METRIC.exec(header)) {
    const parameters = [...(found[2] ?? '').matchAll(new RegExp(PARAMETER, 'g'))].map(
      ([, name = '', value = '']) => [name, value.replace(/^"(.*)"$/s, '$1').replaceAll(/\\(.)/gs, '$1')] as const,
    );
    metrics.set(found[1] ?? '', new Map(parameters));
    if (METRIC.lastIndex >= header.length) break;
  }
  return metrics;
}
