import { describe, expect, test } from 'vitest';
import { resolveTemplate } from '../../scripts/resolve-template.ts';
import type { Json, Template } from '../../scripts/template-references.ts';

const SWITCH = { Type: 'String', AllowedValues: ['true', 'false'] };

interface Parts {
  readonly parameters?: Record<string, Json>;
  readonly conditions?: Record<string, Json>;
  readonly property: Json;
}

/** The resolved property of a template's only resource; `undefined` where it is gone. */
function resolved({ parameters = {}, conditions = {}, property }: Parts): Json | undefined {
  const { Resources } = resolveTemplate({
    Parameters: parameters,
    Conditions: conditions,
    Resources: { A: { Type: 'T', Properties: { property } } },
  });
  const properties = Resources['A']?.Properties as { property?: Json } | undefined;
  return properties?.property;
}

const ON = { On: { ...SWITCH, Default: 'true' } };
const IS_ON = { IsOn: { 'Fn::Equals': [{ Ref: 'On' }, 'true'] } };
const UNKNOWN = { Given: { Type: 'String' } };
const IS_GIVEN = { IsGiven: { 'Fn::Equals': [{ Ref: 'Given' }, 'x'] } };

describe('a resolved template', () => {
  test.each<[what: string, parts: Parts, expected: Json | undefined]>([
    ['text', { parameters: { P: { Type: 'String', Default: 'a' } }, property: { Ref: 'P' } }, 'a'],
    ['numbers', { parameters: { P: { Type: 'Number', Default: '7' } }, property: { Ref: 'P' } }, 7],
    ['switches', { parameters: { P: { ...SWITCH, Default: true } }, property: { Ref: 'P' } }, true],
    ['switches that are off', { parameters: { P: { ...SWITCH, Default: 'false' } }, property: { Ref: 'P' } }, false],
    [
      'parameters in text',
      { parameters: { P: { Type: 'String', Default: 'a' } }, property: { 'Fn::Sub': 'x-${P}' } },
      'x-a',
    ],
    [
      'parameters in text beside what only the deployment knows',
      {
        parameters: { P: { Type: 'String', Default: 'a' } },
        property: { 'Fn::Sub': '${P}-${AWS::Region}-${Table.Arn}-${!P}' },
      },
      { 'Fn::Sub': 'a-${AWS::Region}-${Table.Arn}-${!P}' },
    ],
    [
      'parameters in text beside its own variables, which come first',
      {
        parameters: { P: { Type: 'String', Default: 'a' }, Q: { Type: 'String', Default: 'b' } },
        property: { 'Fn::Sub': ['${P}${Q}', { P: { Ref: 'Q' } }] },
      },
      { 'Fn::Sub': ['${P}b', { P: 'b' }] },
    ],
    [
      'the chosen branch',
      { parameters: ON, conditions: IS_ON, property: { 'Fn::If': ['IsOn', { a: { Ref: 'On' } }, 'no'] } },
      { a: true },
    ],
    [
      'nothing for AWS::NoValue',
      { parameters: ON, conditions: IS_ON, property: { 'Fn::If': ['IsOn', { Ref: 'AWS::NoValue' }, 'no'] } },
      undefined,
    ],
    [
      'lists without what is gone, and lists in lists',
      {
        parameters: ON,
        conditions: IS_ON,
        property: { 'Fn::Join': ['', ['a', { 'Fn::If': ['IsOn', { Ref: 'AWS::NoValue' }, 'no'] }, { Ref: 'On' }]] },
      },
      { 'Fn::Join': ['', ['a', true]] },
    ],
    [
      'conditions of conditions',
      {
        parameters: ON,
        conditions: {
          ...IS_ON,
          Off: { 'Fn::Not': [{ Condition: 'IsOn' }] },
          Both: { 'Fn::And': [{ Condition: 'IsOn' }, { Condition: 'Off' }] },
          One: { 'Fn::Or': [{ Condition: 'Both' }, { Condition: 'IsOn' }] },
        },
        property: ['Off', 'Both', 'One'].map((name) => ({ 'Fn::If': [name, 'yes', 'no'] })),
      },
      ['no', 'no', 'yes'],
    ],
    ['what only the deployment knows as it was', { parameters: UNKNOWN, property: { Ref: 'Given' } }, { Ref: 'Given' }],
    [
      'both branches where only the deployment knows the condition',
      {
        parameters: { ...ON, ...UNKNOWN },
        conditions: IS_GIVEN,
        property: { 'Fn::If': ['IsGiven', { Ref: 'On' }, { Ref: 'AWS::NoValue' }] },
      },
      { 'Fn::If': ['IsGiven', true, { Ref: 'AWS::NoValue' }] },
    ],
  ])('has %s', (_what, parts, expected) => {
    expect(resolved(parts)).toEqual(expected);
  });

  const conditional: Template = {
    Parameters: { ...ON, ...UNKNOWN },
    Conditions: { ...IS_ON, ...IS_GIVEN, IsOff: { 'Fn::Not': [{ Condition: 'IsOn' }] } },
    Resources: {
      Kept: { Type: 'T', Condition: 'IsOn', DependsOn: ['Gone', 'Later'] },
      Gone: { Type: 'T', Condition: 'IsOff' },
      Later: { Type: 'T', Condition: 'IsGiven' },
    },
    Outputs: { Gone: { Condition: 'IsOff', Value: 'x' }, Kept: { Condition: 'IsOn', Value: { Ref: 'On' } } },
  };

  test('has no resource and no output whose condition does not hold, and no dependence on one', () => {
    expect(resolveTemplate(conditional)).toEqual({
      Parameters: UNKNOWN,
      Conditions: IS_GIVEN,
      Resources: { Kept: { Type: 'T', DependsOn: ['Later'] }, Later: { Type: 'T', Condition: 'IsGiven' } },
      Outputs: { Kept: { Value: true } },
    });
  });

  test('leaves parameters that the deployment gives values to', () => {
    const { Parameters, Conditions, Resources } = resolveTemplate(conditional, new Set(['On']));
    expect(Parameters).toEqual({ ...ON, ...UNKNOWN });
    expect(Object.keys(Conditions ?? {})).toEqual(['IsOn', 'IsGiven', 'IsOff']);
    expect(Resources).toHaveProperty('Gone.Condition', 'IsOff');
  });

  test('leaves parameters that are looked up at the deployment', () => {
    const Parameters = { P: { Type: 'AWS::SSM::Parameter::Value<String>', Default: '/name' } };
    expect(resolveTemplate({ Parameters, Resources: {} })).toEqual({ Parameters, Resources: {} });
  });

  test.each<[what: string, parameter: Record<string, Json>, message: string]>([
    ['is not in the list', { ...SWITCH, Default: 'yes' }, 'P is "yes"; allowed: true, false.'],
    ['is no number', { Type: 'Number', MinValue: 1, Default: 'many' }, 'P is "many"; allowed: a whole number from 1.'],
    ['is too small', { Type: 'Number', MinValue: 1, Default: 0 }, 'P is "0"; allowed: a whole number from 1.'],
    [
      'is too large',
      { Type: 'Number', MinValue: 1, MaxValue: 9, Default: 10 },
      'P is "10"; allowed: a whole number from 1 to 9.',
    ],
    [
      'has another form',
      { Type: 'String', AllowedPattern: 'a|b', ConstraintDescription: 'a or b', Default: 'ab' },
      'P is "ab"; allowed: a or b.',
    ],
  ])('is refused where a value %s', (_what, parameter, message) => {
    expect(() => resolveTemplate({ Parameters: { P: parameter }, Resources: {} })).toThrow(message);
  });

  test('is refused with every wrong value at once', () => {
    const Parameters = { P: { ...SWITCH, Default: 'x' }, Q: { ...SWITCH, Default: 'y' } };
    expect(() => resolveTemplate({ Parameters, Resources: {} })).toThrow(/P is "x".*\n.*Q is "y"/);
  });
});
