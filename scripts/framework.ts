/** The parts of the Serverless Framework's plugin interface that the plugins here use. */
import type { Template } from './template-references.ts';

export interface Serverless {
  readonly serviceDir: string;
  readonly classes: { readonly Error: new (message: string, code: string) => Error };
  readonly configSchemaHandler: {
    readonly schema: { readonly properties: Readonly<Record<string, object | undefined>> };
    defineTopLevelProperty(name: string, schema: object): void;
  };
  readonly service: {
    readonly custom: Record<string, object | undefined>;
    readonly provider: {
      readonly environment?: Environment;
      readonly stackParameters?: readonly { readonly ParameterKey: string }[];
      /** There from `package` on. */
      compiledCloudFormationTemplate: Template;
    };
    readonly resources?: {
      readonly Parameters?: Readonly<Record<string, { readonly Default?: string | number | boolean } | undefined>>;
      readonly Resources?: Readonly<Record<string, TableResource | undefined>>;
    };
    readonly functions: Readonly<Record<string, { readonly name?: string; readonly environment?: Environment }>>;
  };
}

/** A table as `resources` has it; values that CloudFormation computes are objects. */
export interface TableResource {
  readonly Properties: {
    readonly TableName?: string | object;
    readonly KeySchema: readonly { readonly AttributeName: string }[];
    readonly TimeToLiveSpecification?: { readonly AttributeName: string };
  };
}

/** Unset variables are null; values that CloudFormation computes are objects. */
export type Environment = Record<string, string | number | boolean | object | null>;

export interface Logging {
  readonly log: { notice(line?: string): void; warning(line: string): void };
}

/** The variables that serverless.yml gives the function, as far as they are known before the deployment. */
export function functionEnvironment({ service }: Serverless, name = 'http'): Record<string, string> {
  const variables = { ...service.provider.environment, ...service.functions[name]?.environment };
  return Object.fromEntries(
    Object.entries(variables).flatMap(([variable, value]) => (isKnown(value) ? [[variable, String(value)]] : [])),
  );
}

function isKnown(value: Environment[string]): value is string | number | boolean {
  // `{{resolve:secretsmanager:…}}` and its like are filled in by CloudFormation.
  return value !== null && typeof value !== 'object' && !String(value).includes('{{resolve:');
}
