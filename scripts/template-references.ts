/** References inside a CloudFormation template that lead nowhere: Ref, Fn::GetAtt, Fn::Sub, Fn::If, DependsOn. */

export type Json = string | number | boolean | null | readonly Json[] | { readonly [name: string]: Json };

export interface Template {
  readonly Parameters?: Readonly<Record<string, Json>>;
  readonly Conditions?: Readonly<Record<string, Json>>;
  readonly Mappings?: Readonly<Record<string, Json>>;
  readonly Resources: Readonly<
    Record<
      string,
      { readonly Type: string; readonly Properties?: Json; readonly DependsOn?: Json; readonly Condition?: Json }
    >
  >;
  readonly Outputs?: Readonly<Record<string, Json>>;
}

const PSEUDO_PARAMETERS = new Set(
  ['AccountId', 'NotificationARNs', 'NoValue', 'Partition', 'Region', 'StackId', 'StackName', 'URLSuffix'].map(
    (name) => `AWS::${name}`,
  ),
);

/** @param attributesOf the attributes that each resource of a known type has */
export function danglingReferences(template: Template, attributesOf: ReadonlyMap<string, readonly string[]>): string[] {
  const names = new Set([...PSEUDO_PARAMETERS, ...Object.keys({ ...template.Parameters, ...template.Resources })]);
  const problems: string[] = [];
  const refer = (path: string, name: string): void => {
    if (!names.has(name)) problems.push(`${path}: refers to ${name}, which does not exist`);
  };
  const referToAttribute = (path: string, id: string, attribute: string): void => {
    if (!(id in template.Resources)) problems.push(`${path}: refers to ${id}, which does not exist`);
    const attributes = attributesOf.get(id);
    if (attributes !== undefined && !attributes.includes(attribute)) {
      problems.push(`${path}: ${id} has no attribute ${attribute}`);
    }
  };
  const referToResource = (path: string, id: Json): void => {
    if (typeof id !== 'string' || !(id in template.Resources)) {
      problems.push(`${path}: refers to ${JSON.stringify(id)}, which does not exist`);
    }
  };
  const referToCondition = (path: string, name: Json | undefined): void => {
    if (typeof name === 'string' && !(name in (template.Conditions ?? {}))) {
      problems.push(`${path}: refers to the condition ${name}, which does not exist`);
    }
  };
  const substitute = (path: string, [pattern, own]: readonly [pattern: Json, own: Json]): void => {
    if (typeof pattern !== 'string') return;
    for (const [, name = ''] of pattern.matchAll(/\$\{([^!}][^}]*)\}/g)) {
      if (isRecord(own) && name in own) continue;
      const [id = '', ...attribute] = name.split('.');
      if (attribute.length === 0) refer(path, name);
      else referToAttribute(path, id, attribute.join('.'));
    }
  };
  const visit = (path: string, value: Json): void => {
    if (isList(value)) value.forEach((item, index) => visit(`${path}.${index}`, item));
    if (!isRecord(value)) return;
    for (const [name, item] of Object.entries(value)) {
      if (name === 'Ref' && typeof item === 'string') refer(path, item);
      else if (name === 'Fn::GetAtt') referToAttribute(path, ...attributeParts(item));
      else if (name === 'Fn::Sub') substitute(path, isList(item) ? [item[0] ?? '', item[1] ?? {}] : [item, {}]);
      else if (name === 'Fn::If' && isList(item)) referToCondition(path, item[0]);
      visit(name.startsWith('Fn::') ? path : `${path}.${name}`, item);
    }
  };
  for (const [id, { Properties = {}, DependsOn = [], Condition }] of Object.entries(template.Resources)) {
    for (const other of [DependsOn].flat()) referToResource(`${id}.DependsOn`, other);
    referToCondition(id, Condition);
    visit(id, Properties);
  }
  visit('Outputs', template.Outputs ?? {});
  return problems;
}

/** Both forms: ['Table', 'Arn'] and 'Table.Arn'. */
function attributeParts(value: Json): [id: string, attribute: string] {
  const parts = (isList(value) ? value : [value]).flatMap((part) => (typeof part === 'string' ? part.split('.') : []));
  return [parts[0] ?? '', parts.slice(1).join('.')];
}

export function isRecord(value: Json): value is { readonly [name: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isList(value: Json): value is readonly Json[] {
  return Array.isArray(value);
}

/** A scalar as CloudFormation reads it: text, numbers and booleans are the same to it. */
export function text(value: Json): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}
