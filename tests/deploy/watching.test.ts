import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { packagedWith, UNRESOLVED } from '../../scripts/parameters/packaged.ts';
import type { Template } from '../../scripts/template-references.ts';
import { UNITS } from '../../src/telemetry/metrics.ts';
import { copyProject, packagedTemplate, type Project, runServerless } from './project.ts';

const TOPIC = 'arn:aws:sns:us-east-1:123456789012:alarms';

let project: Project;
let template: Template;
let unresolved: Template;

beforeAll(async () => {
  project = await copyProject();
  await runServerless(project, ['package']);
  template = await packagedTemplate(project);
  unresolved = JSON.parse(await readFile(join(project.folder, UNRESOLVED), 'utf8'));
}, 30_000);

afterAll(() => project.remove());

const ofType = ({ Resources }: Template, type: string) =>
  Object.entries(Resources).filter(([, { Type }]) => Type === type);

interface Widget {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly properties: { readonly metrics: readonly (readonly unknown[])[] };
}

function widgetsOf({ Resources }: Template): readonly Widget[] {
  const { DashboardBody } = (Resources['ServiceDashboard']?.Properties ?? {}) as unknown as {
    readonly DashboardBody?: { readonly 'Fn::Sub': string };
  };
  const { widgets } = JSON.parse((DashboardBody?.['Fn::Sub'] ?? '').replaceAll(/\$\{[^}]+\}/g, 'x')) as {
    readonly widgets: readonly Widget[];
  };
  return widgets;
}

describe('What watches a stage', () => {
  test('has alarms that go to the topic, and to none where there is none', () => {
    const mailed = packagedWith(unresolved, { alarmEmail: 'a@example.com' });
    expect(ofType(mailed, 'AWS::SNS::Topic').map(([, { Properties }]) => Properties)).toEqual([
      expect.objectContaining({ Subscription: [{ Protocol: 'email', Endpoint: 'a@example.com' }] }),
    ]);
    const alarms = ofType(mailed, 'AWS::CloudWatch::Alarm');
    expect(alarms.length).toBe(13);
    for (const [, { Properties }] of alarms) expect(Properties).toHaveProperty('AlarmActions', [{ Ref: 'AlarmTopic' }]);
    for (const [, { Properties }] of ofType(template, 'AWS::CloudWatch::Alarm')) {
      expect(Properties).toHaveProperty('AlarmActions', []);
    }
    expect(ofType(packagedWith(unresolved, { alarms: 'false' }), 'AWS::CloudWatch::Alarm')).toEqual([]);
  });

  test.each([
    ['provisioned', 'The 13 alarms look at 15 metrics'],
    ['on-demand', '11 alarms on 11 metrics'],
  ])('has as many alarms, on as many metrics, when %s as are said to be billed', async (capacityMode, said) => {
    const alarms = ofType(packagedWith(unresolved, { capacityMode }), 'AWS::CloudWatch::Alarm');
    const metrics = alarms.flatMap(([, { Properties }]) => {
      const { Metrics = [{ MetricStat: {} }] } = Properties as unknown as { readonly Metrics?: readonly object[] };
      return Metrics.filter((metric) => 'MetricStat' in metric);
    });
    const page = await readFile(join(import.meta.dirname, '../../docs/deploying.md'), 'utf8');
    expect(said.match(/\d+/g)?.map(Number)).toEqual([alarms.length, metrics.length]);
    expect(page.replaceAll(/\s+/g, ' ')).toContain(said);
  });

  test('has alarms that go to a topic of somebody else, beside its own where there is an address too', () => {
    const both = packagedWith(unresolved, { alarmEmail: 'a@example.com', alarmTopicArn: TOPIC });
    const theirs = packagedWith(unresolved, { alarmTopicArn: TOPIC });
    expect(ofType(theirs, 'AWS::SNS::Topic')).toEqual([]);
    expect(ofType(theirs, 'AWS::CloudWatch::Alarm').length).toBe(13);
    for (const [, { Properties }] of ofType(theirs, 'AWS::CloudWatch::Alarm')) {
      expect(Properties).toHaveProperty('AlarmActions', [TOPIC]);
    }
    for (const [, { Properties }] of ofType(both, 'AWS::CloudWatch::Alarm')) {
      expect(Properties).toHaveProperty('AlarmActions', [{ Ref: 'AlarmTopic' }, TOPIC]);
    }
  });

  test.each([
    ['HttpSlow', 'HttpLambdaFunction'],
    ['CountSlow', 'CountLambdaFunction'],
  ])('has %s at 80 %% of the timeout', (alarm, id) => {
    const { Properties = {} } = template.Resources[id] ?? {};
    const { Timeout } = Properties as unknown as { readonly Timeout: number };
    expect(template.Resources[alarm]).toHaveProperty('Properties.Threshold', 0.8 * 1000 * Timeout);
  });

  test('has a dashboard of one screen, with metrics that there are, in the namespace of the service', () => {
    const widgets = widgetsOf(packagedWith(unresolved, { metricsNamespace: 'Shop' }));
    expect(widgets.length).toBe(12);
    // Dashboards are the account's, of all regions together.
    expect(template.Resources['ServiceDashboard']).toHaveProperty('Properties.DashboardName', {
      'Fn::Sub': 'cloakroom-dev-${AWS::Region}',
    });
    const cells = widgets.flatMap(({ x, y, width, height }) => {
      expect(x + width).toBeLessThanOrEqual(24);
      const rows = Array.from({ length: height }, (_, row) => y + row);
      return rows.flatMap((row) => Array.from({ length: width }, (_, column) => `${x + column},${row}`));
    });
    expect(new Set(cells).size).toBe(cells.length);
    const namespaces = new Set(['Shop', 'AWS/Lambda', 'AWS/ApiGateway', 'AWS/DynamoDB']);
    const metrics = widgets
      .flatMap(({ properties }) => properties.metrics)
      .filter(([first]) => typeof first === 'string');
    for (const [namespace] of metrics) expect(namespaces).toContain(namespace);
    const own = metrics.filter(([namespace]) => namespace === 'Shop');
    expect(own.length).toBeGreaterThan(10);
    for (const [, metric] of own) expect(Object.keys(UNITS)).toContain(metric);
    expect(ofType(packagedWith(unresolved, { dashboard: 'false' }), 'AWS::CloudWatch::Dashboard')).toEqual([]);
  });

  test('has access logs without headers, and so without cookies', () => {
    const stage = template.Resources['HttpApiStage']?.Properties as unknown as {
      readonly AccessLogSettings: { readonly Format: string };
      readonly DefaultRouteSettings: unknown;
    };
    const fields = Object.values(JSON.parse(stage.AccessLogSettings.Format) as Record<string, string>);
    expect(fields).toContain('$context.status');
    for (const field of fields) expect(field).not.toMatch(/header|cookie|query|authorizer/i);
    expect(stage.DefaultRouteSettings).toEqual({ ThrottlingRateLimit: 1000, ThrottlingBurstLimit: 2000 });
  });
});
