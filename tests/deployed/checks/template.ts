import { describe, expect, it } from 'vitest';
import { cloudFormation, packagedResources, resourcesOf, STACK } from '../stack.ts';
import { ListStackResourcesCommand } from '@aws-sdk/client-cloudformation';

export function templateChecks(): void {
  describe('the stack', () => {
    it('has every resource of the template', async () => {
      const { StackResourceSummaries = [] } = await cloudFormation.send(
        new ListStackResourcesCommand({ StackName: STACK }),
      );
      const complete = StackResourceSummaries.filter(({ ResourceStatus }) => ResourceStatus?.endsWith('_COMPLETE'));
      expect(complete.map(({ LogicalResourceId = '' }) => LogicalResourceId).toSorted()).toEqual(
        Object.keys(await packagedResources()).toSorted(),
      );
    });

    it('limits what the API lets through, in the template', async () => {
      for (const [, { Properties }] of await resourcesOf('AWS::ApiGatewayV2::Stage')) {
        const { ThrottlingRateLimit, ThrottlingBurstLimit } = Properties['DefaultRouteSettings'] as Record<
          string,
          unknown
        >;
        expect(Number(ThrottlingRateLimit)).toBeGreaterThan(0);
        expect(Number(ThrottlingBurstLimit)).toBeGreaterThan(0);
      }
    });

    it('writes an access log without cookies, in the template', async () => {
      for (const [, { Properties }] of await resourcesOf('AWS::ApiGatewayV2::Stage')) {
        const { Format } = Properties['AccessLogSettings'] as { Format: string };
        expect(Object.keys(JSON.parse(Format) as object)).toContain('requestId');
        expect(Format).not.toMatch(/cookie|authorization|header|query/i);
      }
    });

    it('compares what is consumed with what is provisioned, where it has such alarms, in the template', async () => {
      for (const [, { Properties }] of await resourcesOf('AWS::CloudWatch::Alarm')) {
        const { Metrics, Threshold } = Properties as {
          Metrics?: readonly { Expression?: string; ReturnData?: boolean }[];
          Threshold: unknown;
        };
        if (Metrics === undefined) continue;
        expect(Metrics.filter(({ ReturnData = true }) => ReturnData)).toEqual([
          expect.objectContaining({ Expression: expect.stringContaining('consumed') }),
        ]);
        expect(Number(Threshold)).toBe(80);
      }
    });

    it('feeds the count from the stream with the id of the shard, and keeps what it gives up, in the template', async () => {
      for (const [, { Properties }] of await resourcesOf('AWS::Lambda::EventSourceMapping')) {
        expect(Number(Properties['TumblingWindowInSeconds'])).toBeGreaterThan(0);
        expect(Properties['StartingPosition']).toBe('TRIM_HORIZON');
        expect(Properties).toHaveProperty('DestinationConfig.OnFailure.Destination');
        // Two batches of one shard at the same time would both pass the mark, or neither.
        expect(Number(Properties['ParallelizationFactor'] ?? 1)).toBe(1);
      }
    });
  });
}
