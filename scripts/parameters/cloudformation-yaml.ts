/** CloudFormation's YAML: `!Ref A` is short for `{ Ref: A }`, `!If […]` for `{ Fn::If: […] }`. */
import { type CollectionTag, parse, type ScalarTag } from 'yaml';
import type { Json, Template } from '../template-references.ts';

const FUNCTIONS = ['Ref', 'Condition', 'GetAtt', 'Sub', 'If', 'Equals', 'Not', 'And', 'Or'];

/** @throws Error where it is no YAML, or has a function that is not known here */
export function parseTemplate(source: string): Template {
  return parse(source, { customTags: FUNCTIONS.flatMap(tagsOf), logLevel: 'silent', strict: true }) as Template;
}

function tagsOf(name: string): [ScalarTag, CollectionTag] {
  const long = name === 'Ref' || name === 'Condition' ? name : `Fn::${name}`;
  const scalar = (text: string): Json => ({ [long]: name === 'GetAtt' ? text.split('.') : text });
  return [
    { tag: `!${name}`, resolve: scalar },
    { tag: `!${name}`, collection: 'seq', resolve: (list) => ({ [long]: list.toJSON() as Json }) },
  ];
}
