import { GetEventSourceMappingCommand } from '@aws-sdk/client-lambda';
import { describe, expect, it } from 'vitest';
import { until } from '../../e2e/dev-run.ts';
import { bodyOf, type Target, Visitor } from '../../e2e/visitor.ts';
import { lambda, physicalId, records, resourcesOf, tableName } from '../stack.ts';

/** Where the stage has a stream. */
export async function liveCountChecks(target: () => Target): Promise<void> {
  const mappings = await resourcesOf('AWS::Lambda::EventSourceMapping');
  if (mappings.length === 0) {
    console.warn('NOT RUN: the live count. The template has no stream that feeds it.');
    return;
  }

  describe('the live count', () => {
    const count = async () => {
      const { sessions } = bodyOf(await new Visitor(target()).send('GET', '/stats')) as { sessions: number };
      return sessions;
    };
    const stored = async () =>
      [...(await records(await tableName())).keys()].filter((key) => key.startsWith('session:')).length;
    /** Waits until the stream has arrived. */
    const settles = async (expected: () => Promise<number>) => {
      let seen: [count: number, expected: number] | undefined;
      await until(
        async () => {
          seen = [await count(), await expected()];
          return seen[0] === seen[1];
        },
        () => `counted ${seen?.[0]}, expected ${seen?.[1]}`,
      );
    };

    it('is fed with what the template says', async () => {
      for (const [id, { Properties }] of mappings) {
        const mapping = await lambda.send(new GetEventSourceMappingCommand({ UUID: await physicalId(id) }));
        const { FilterCriteria, BatchSize, MaximumRecordAgeInSeconds, StartingPosition } = Properties;
        expect(mapping).toMatchObject({ State: 'Enabled', FilterCriteria, BatchSize, StartingPosition });
        expect(mapping.MaximumRecordAgeInSeconds).toBe(MaximumRecordAgeInSeconds);
        expect(mapping.DestinationConfig?.OnFailure?.Destination).toMatch(/^arn:aws:sqs:us-east-1:000000000000:/);
        expect(mapping.EventSourceArn).toContain(`:table/${await tableName()}/stream/`);
      }
    });

    it('is that of the sessions in the table, after all that was done to them', async () => {
      expect(await stored()).toBeGreaterThan(0);
      await settles(stored);
    });

    it('follows who comes and who goes', async () => {
      await settles(stored);
      const before = await count();
      const guests = [1, 2, 3].map(() => new Visitor(target()));
      for (const [index, guest] of guests.entries()) await guest.json('POST', '/login', { user: `counted ${index}` });
      await settles(async () => before + 3);
      await guests[0]?.json('POST', '/logout');
      await settles(async () => before + 2);
      await guests[1]?.send('DELETE', '/session');
      await settles(async () => before + 1);
      expect(await stored()).toBe(before + 1);
    });

    it('stays where a session changes, gets a new id, or something else is stored', async () => {
      const guest = new Visitor(target());
      await guest.json('POST', '/session/visits');
      await settles(stored);
      const before = await count();
      await guest.json('POST', '/session/visits');
      await guest.json('POST', '/session/regenerate');
      await guest.send('GET', '/cached');
      // Comes after all of the above in the stream.
      await new Visitor(target()).json('POST', '/session/visits');
      await settles(stored);
      expect(await count()).toBeGreaterThanOrEqual(before + 1);
    });

    it('says as of when it is', async () => {
      const { asOf } = bodyOf(await new Visitor(target()).send('GET', '/stats')) as { asOf: string };
      expect(Math.abs(Date.now() - Date.parse(asOf))).toBeLessThan(600_000);
    });
  });
}
