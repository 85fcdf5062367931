/**
 * Checks a CloudFormation template against AWS's resource specification, offline: types of resources, their properties,
 * required ones, types and allowed values of these, and that every reference leads somewhere. Values are not looked at
 * beyond that: only AWS knows whether a name is taken.
 */
import { readFile } from 'node:fs/promises';
import { loadAwsServiceSpec } from '@aws-cdk/aws-service-spec';
import type { PropertyType, ResourceProperties, SpecDatabase } from '@aws-cdk/service-spec-types';
import { danglingReferences, isList, isRecord, text, type Json, type Template } from './template-references.ts';

/** Everything wrong with the template, each with the path to it; empty: nothing found. */
export function checkTemplate(template: Template, specification: SpecDatabase): string[] {
  const attributesOf = new Map<string, readonly string[]>();
  const problems = Object.entries(template.Resources).flatMap(([id, { Type, Properties: properties = {} }]) => {
    const [resource] = specification.lookup('resource', 'cloudFormationType', 'equals', Type);
    if (resource === undefined) return [`${id}: AWS has no resource type ${Type}`];
    attributesOf.set(id, Object.keys(resource.attributes));
    return checkProperties(specification, resource.properties, properties, id);
  });
  return [...problems, ...danglingReferences(template, attributesOf)];
}

function checkProperties(specification: SpecDatabase, known: ResourceProperties, given: Json, path: string): string[] {
  if (!isRecord(given)) return [`${path}: must be an object`];
  const missing = Object.entries(known).flatMap(([name, { required }]) =>
    required === true && given[name] === undefined ? [`${path}.${name}: is required`] : [],
  );
  const wrong = Object.entries(given).flatMap(([name, value]) => {
    const property = known[name];
    if (property === undefined) return [`${path}.${name}: no such property`];
    return checkValue(specification, property.type, value, `${path}.${name}`);
  });
  return [...missing, ...wrong];
}

function checkValue(specification: SpecDatabase, type: PropertyType, value: Json, path: string): string[] {
  if (isIntrinsic(value) || type.type === 'json') return [];
  const check = (inner: PropertyType, item: Json, step: string | number): string[] =>
    checkValue(specification, inner, item, `${path}.${step}`);
  if (type.type === 'union') {
    // JSON stands beside a structure in many unions; what looks like the structure is held to it.
    const types = type.types.filter(
      (option) => option.type !== 'json' || !type.types.some((other) => suits(other, value)),
    );
    const results = types.map((option) => checkValue(specification, option, value, path));
    return results.toSorted((a, b) => a.length - b.length)[0] ?? [];
  }
  if (type.type === 'ref') {
    return checkProperties(specification, specification.get('typeDefinition', type.reference).properties, value, path);
  }
  if (type.type === 'array') {
    return isList(value)
      ? value.flatMap((item, index) => check(type.element, item, index))
      : [`${path}: must be a list`];
  }
  if (type.type === 'map') {
    return isRecord(value)
      ? Object.entries(value).flatMap(([name, item]) => check(type.element, item, name))
      : [`${path}: must be an object`];
  }
  if (type.type === 'tag') {
    return isRecord(value) && 'Key' in value && 'Value' in value ? [] : [`${path}: must be { Key, Value }`];
  }
  if (!isScalar(type.type, value)) return [`${path}: must be of type ${type.type}`];
  const allowed = 'allowedValues' in type ? type.allowedValues?.map(String) : undefined;
  return allowed === undefined || allowed.includes(text(value))
    ? []
    : [`${path}: must be one of ${allowed.join(', ')}`];
}

function suits(type: PropertyType, value: Json): boolean {
  if (type.type === 'array') return isList(value);
  return (type.type === 'ref' || type.type === 'map') && isRecord(value);
}

/** CloudFormation takes numbers and booleans as text too, and scalars of any kind for text. */
function isScalar(type: 'string' | 'integer' | 'number' | 'boolean' | 'date-time' | 'null', value: Json): boolean {
  if (value === null || typeof value === 'object') return false;
  const written = text(value);
  if (type === 'integer') return /^-?\d+$/.test(written);
  if (type === 'number') return written.trim() !== '' && Number.isFinite(Number(written));
  if (type === 'boolean') return written === 'true' || written === 'false';
  return true;
}

function isIntrinsic(value: Json): boolean {
  if (!isRecord(value)) return false;
  const [name, ...others] = Object.keys(value);
  return name !== undefined && others.length === 0 && (name === 'Ref' || name.startsWith('Fn::'));
}

if (import.meta.main) {
  const path = process.argv[2] ?? '.serverless/cloudformation-template-update-stack.json';
  const template: Template = JSON.parse(await readFile(path, 'utf8'));
  const problems = checkTemplate(template, await loadAwsServiceSpec());
  for (const problem of problems) console.error(problem);
  console.log(`${path}: ${Object.keys(template.Resources).length} resources, ${problems.length} problems`);
  process.exitCode = problems.length === 0 ? 0 : 1;
}
