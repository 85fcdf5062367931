/**
 * The parameters and conditions of resources/*.yml are CloudFormation's own; serverless.yml gives the parameters the
 * stage's values. They are resolved when the service is packaged, so that the template says plainly what will be there.
 * Also offers the variable `${record:…}`: a key of the table, with CACHE_PREFIX before it.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { normalizePrefix } from '../src/cache/rules.ts';
import type { Serverless } from './framework.ts';
import { resolveTemplate } from './resolve-template.ts';

class StageParameters {
  readonly hooks: Record<string, () => void>;
  readonly configurationVariablesSources = {
    record: { resolve: ({ address }: { readonly address: string }) => ({ value: recordKey(address) }) },
  };

  constructor(serverless: Serverless) {
    this.hooks = {
      'after:aws:package:finalize:stripNullPropsFromTemplateResources': () => {
        const { provider } = serverless.service;
        // For `npm run check:parameters`; a deployment uploads the resolved one only.
        const folder = join(serverless.serviceDir, '.serverless');
        mkdirSync(folder, { recursive: true });
        writeFileSync(
          join(folder, 'cloudformation-template-parameters.json'),
          JSON.stringify(provider.compiledCloudFormationTemplate),
        );
        const keep = new Set((provider.stackParameters ?? []).map(({ ParameterKey }) => ParameterKey));
        try {
          provider.compiledCloudFormationTemplate = resolveTemplate(provider.compiledCloudFormationTemplate, keep);
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          throw new serverless.classes.Error(
            `Nothing was packaged: a parameter of the stage (params in serverless.yml, or --param) is wrong.\n${asWritten(error.message)}`,
            'CLOAKROOM_PARAMETER',
          );
        }
      },
    };
  }
}

/** Parameters of CloudFormation begin with a capital; those of the stage, which they are given by, do not. */
function asWritten(message: string): string {
  return message.replaceAll(/^[A-Z]/gm, (letter) => letter.toLowerCase());
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
