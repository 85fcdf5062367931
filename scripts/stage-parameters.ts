/**
 * The parameters and conditions of resources/*.yml are CloudFormation's own; serverless.yml gives the parameters the
 * stage's values. They are resolved when the service is packaged, so that the template says plainly what will be there.
 * Also offers two variables: `${record:…}`, a key of the table, with CACHE_PREFIX before it; and `${setting:…}`, an
 * environment variable as the service reads it, to which an empty one is unset.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { normalizePrefix } from '../src/cache/rules.ts';
import type { Serverless } from './framework.ts';
import { UNRESOLVED } from './parameters/packaged.ts';
import { resolveTemplate } from './resolve-template.ts';
import { isRecord, type Template } from './template-references.ts';

class StageParameters {
  readonly hooks: Record<string, () => void>;
  readonly configurationVariablesSources = {
    record: { resolve: ({ address }: { readonly address: string }) => ({ value: recordKey(address) }) },
    setting: { resolve: ({ address }: { readonly address: string }) => ({ value: process.env[address] || null }) },
  };

  constructor(serverless: Serverless) {
    this.hooks = {
      'after:aws:package:finalize:stripNullPropsFromTemplateResources': () => {
        const { provider } = serverless.service;
        const unresolved = JSON.stringify(provider.compiledCloudFormationTemplate);
        const keep = new Set((provider.stackParameters ?? []).map(({ ParameterKey }) => ParameterKey));
        try {
          const template = provider.compiledCloudFormationTemplate;
          provider.compiledCloudFormationTemplate = resolveTemplate(template, keep);
          checkScaling(template);
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          throw new serverless.classes.Error(
            `Nothing was packaged: a value for the stage (params in serverless.yml, --param, or the environment) is wrong.\n${asWritten(error.message)}`,
            'CLOAKROOM_PARAMETER',
          );
        }
        // For `npm run check:parameters`; a deployment uploads the resolved one only.
        const path = join(serverless.serviceDir, UNRESOLVED);
        mkdirSync(dirname(path), { recursive: true });
        writeFileSync(path, unresolved);
      },
    };
  }
}

/** @throws Error where autoscaling may provision less than it has to: no parameter's own rule can say that */
function checkScaling({ Parameters = {} }: Template): void {
  const valueOf = (name: string): unknown => {
    const { [name]: parameter = null } = Parameters;
    return isRecord(parameter) ? parameter['Default'] : undefined;
  };
  if (valueOf('CapacityMode') !== 'autoscaling') return;
  const problems = ['Read', 'Write'].flatMap((kind) => {
    const [least, most] = [Number(valueOf(`${kind}CapacityUnits`)), Number(valueOf(`${kind}CapacityMax`))];
    return most < least
      ? [`${kind}CapacityMax is "${most}"; allowed: ${kind.toLowerCase()}CapacityUnits (${least}) or more.`]
      : [];
  });
  if (problems.length > 0) throw new Error(problems.join('\n'));
}

/** What gives a parameter of CloudFormation its value, where that is not only the stage's parameter of the same name. */
const GIVEN_BY: Readonly<Record<string, string>> = {
  TableName: 'tableName (or DYNAMODB_CACHE_TABLE)',
  KeyAttribute: 'DYNAMODB_KEY_ATTRIBUTE',
};

/** Names each parameter as who set it wrote it: CloudFormation's begin with a capital. */
function asWritten(message: string): string {
  return message.replaceAll(/^\w+/gm, (name) => GIVEN_BY[name] ?? name.slice(0, 1).toLowerCase() + name.slice(1));
}

/** @throws Error where CACHE_PREFIX holds what means something else in an event filter or an IAM condition */
function recordKey(key: string): string {
  const prefix = process.env['CACHE_PREFIX'] ?? '';
  if (!/^[\w.:/@=+ -]*$/.test(prefix)) {
    throw new Error(
      `CACHE_PREFIX is "${prefix}"; a deployment allows letters, digits, spaces and _ . : / @ = + - in it.`,
    );
  }
  return normalizePrefix(prefix) + key;
}

// The framework loads plugins with require().
export { StageParameters as 'module.exports' };
