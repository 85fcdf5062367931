import {
  GetRolePolicyCommand,
  ListAttachedRolePoliciesCommand,
  ListRolePoliciesCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { describe, expect, it } from 'vitest';
import { type Target, Visitor } from '../../e2e/visitor.ts';
import { iam, physicalId, resourcesOf } from '../stack.ts';

interface Statement {
  readonly Effect: string;
  readonly Action: string | readonly string[];
  readonly Resource: unknown;
  readonly Condition?: unknown;
}

interface Policy {
  readonly PolicyName: string;
  readonly PolicyDocument: { readonly Version: string; readonly Statement: readonly Statement[] };
}

/** The account of the local AWS. Names of log streams are Lambda's own, so a wildcard stands for them. */
const ONE_RESOURCE =
  /^arn:aws:(?:(?:dynamodb|sqs|kms):us-east-1:000000000000:[^*]+|logs:us-east-1:000000000000:log-group:[^*]+:\*)$/;

export function roleChecks(target: () => Target): void {
  describe('the roles of the functions', () => {
    it('are one for each function', async () => {
      const functions = await resourcesOf('AWS::Lambda::Function');
      const roles = functions.map(([, { Properties }]) => JSON.stringify(Properties['Role']));
      expect(functions.length).toBeGreaterThan(1);
      expect(new Set(roles).size).toBe(functions.length);
      expect((await resourcesOf('AWS::IAM::Role')).length).toBe(functions.length);
    });

    it('allow what the template says, action by action, and nothing else', async () => {
      for (const [id, { Properties }] of await resourcesOf('AWS::IAM::Role')) {
        const packaged = Properties['Policies'] as unknown as readonly Policy[];
        const policies = await deployedPolicies(await physicalId(id));
        expect(policies.map(outline)).toEqual(packaged.map(outline));
      }
    });

    it('name every action and every resource', async () => {
      for (const [id] of await resourcesOf('AWS::IAM::Role')) {
        const statements = (await deployedPolicies(await physicalId(id))).flatMap(
          ({ PolicyDocument }) => PolicyDocument.Statement,
        );
        expect(statements.length).toBeGreaterThan(0);
        for (const { Effect, Action, Resource } of statements) {
          expect(Effect).toBe('Allow');
          for (const action of [Action].flat()) expect(action).toMatch(/^[a-z]+:[A-Za-z]+$/);
          for (const resource of [Resource].flat()) expect(resource).toMatch(ONE_RESOURCE);
        }
      }
    });

    it('let requests do what a request does, and scan nothing', async () => {
      const role = await physicalId('HttpRole');
      const actions = (await deployedPolicies(role)).flatMap(({ PolicyDocument }) =>
        PolicyDocument.Statement.flatMap(({ Action }) => Action),
      );
      expect(actions.filter((action) => action.startsWith('dynamodb:')).toSorted()).toEqual([
        'dynamodb:BatchGetItem',
        'dynamodb:BatchWriteItem',
        'dynamodb:DeleteItem',
        'dynamodb:GetItem',
        'dynamodb:UpdateItem',
      ]);
    });

    it('count: a function whose role loses an action is refused it', async () => {
      const RoleName = await physicalId('HttpRole');
      const [policy] = await deployedPolicies(RoleName);
      if (policy === undefined) throw new Error('The role has no policy.');
      const put = (document: Policy['PolicyDocument']) =>
        iam.send(
          new PutRolePolicyCommand({
            RoleName,
            PolicyName: policy.PolicyName,
            PolicyDocument: JSON.stringify(document),
          }),
        );
      const visit = async () => (await new Visitor(target()).json('POST', '/session/visits')).status;
      const { PolicyDocument } = policy;
      const Statement = PolicyDocument.Statement.map((statement) => ({
        ...statement,
        Action: [statement.Action].flat().filter((action) => action !== 'dynamodb:UpdateItem'),
      }));
      try {
        await put({ ...PolicyDocument, Statement });
        expect(await visit()).toBe(503);
      } finally {
        await put(PolicyDocument);
      }
      expect(await visit()).toBe(200);
    });
  });
}

async function deployedPolicies(RoleName: string): Promise<Policy[]> {
  const attached = await iam.send(new ListAttachedRolePoliciesCommand({ RoleName }));
  expect(attached.AttachedPolicies).toEqual([]);
  const { PolicyNames = [] } = await iam.send(new ListRolePoliciesCommand({ RoleName }));
  const policies: Policy[] = [];
  for (const PolicyName of PolicyNames) {
    const { PolicyDocument = '' } = await iam.send(new GetRolePolicyCommand({ RoleName, PolicyName }));
    policies.push({
      PolicyName,
      PolicyDocument: JSON.parse(decodeURIComponent(PolicyDocument)) as Policy['PolicyDocument'],
    });
  }
  return policies;
}

/** A policy without its resources, which the template has as references. */
function outline({ PolicyName, PolicyDocument }: Policy): unknown {
  return {
    PolicyName,
    statements: PolicyDocument.Statement.map(({ Effect, Action, Condition, Resource }) => ({
      Effect,
      actions: [Action].flat(),
      Condition,
      resources: [Resource].flat().length,
    })),
  };
}
