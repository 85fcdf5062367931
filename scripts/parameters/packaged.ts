/** A template of CloudFormation for given values of its parameters, without packaging the service for each. */
import { resolveTemplate } from '../resolve-template.ts';
import type { Json, Template } from '../template-references.ts';
import type { Values } from './dimensions.ts';

/** Where scripts/stage-parameters.ts keeps the template from before its parameters are resolved. */
export const UNRESOLVED = '.serverless/cloudformation-template-parameters.json';

/** The template with these values for those of the parameters that it has, resolved as the plugin does. */
export function packagedWith(template: Template, values: Values): Template {
  // CloudFormation's names begin with a capital.
  const given = new Map(Object.entries(values).map(([name, value]) => [name[0]?.toUpperCase() + name.slice(1), value]));
  const Parameters = Object.fromEntries(
    Object.entries(template.Parameters ?? {}).map(([name, parameter]) => {
      const value = given.get(name);
      return [name, value === undefined ? parameter : { ...(parameter as object), Default: value }];
    }),
  ) as Readonly<Record<string, Json>>;
  return resolveTemplate({ ...template, Parameters });
}
