/**
 * The parameters and conditions of resources/*.yml are CloudFormation's own; serverless.yml gives the parameters the
 * stage's values. They are resolved when the service is packaged, so that the template says plainly what will be there.
 * Also offers the variable `${record:…}`: a key of the table, with CACHE_PREFIX before it.
 */
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
      'after:aws:package:finalize:mergeCustomProviderResources': () => {
        const { provider } = serverless.service;
        const keep = new Set((provider.stackParameters ?? []).map(({ ParameterKey }) => ParameterKey));
        try {
          provider.compiledCloudFormationTemplate = resolveTemplate(provider.compiledCloudFormationTemplate, keep);
        } catch (error) {
          if (!(error instanceof Error)) throw error;
          throw new serverless.classes.Error(
            `Nothing was packaged: a parameter of the stage (params in serverless.yml, or --param) is wrong.\n${error.message}`,
            'CLOAKROOM_PARAMETER',
          );
        }
      },
    };
  }
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
