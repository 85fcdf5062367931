/**
 * Resolves a CloudFormation template for the values of its parameters, as CloudFormation would at the deployment: what
 * is packaged then says plainly what will be there, and can be checked and read. Parameters without a default, and what
 * hangs on them, stay for CloudFormation. A wrong value is reported before anything is deployed.
 */
import { isList, isRecord, text, type Json, type Template } from './template-references.ts';

type Fields = Readonly<Record<string, Json>>;

const NO_VALUE = 'AWS::NoValue';

/**
 * The template without the parameters that have a default, and without the conditions that these decide.
 *
 * @param keep names of parameters that the deployment itself gives values to
 * @throws Error that names every value that its parameter does not allow
 */
export function resolveTemplate(template: Template, keep: ReadonlySet<string> = new Set()): Template {
  const parameters = Object.entries(template.Parameters ?? {});
  const known = parameters.filter(([name, parameter]) => isKnown(parameter) && !keep.has(name));
  const problems = known.flatMap(([name, parameter]) => valueProblem(name, asFields(parameter)));
  if (problems.length > 0) throw new Error(problems.join('\n'));

  const resolver = new Resolver(
    new Map(known.map(([name, parameter]) => [name, valueOf(asFields(parameter))])),
    template.Conditions ?? {},
  );
  const { Parameters: _parameters, Conditions: _conditions, Outputs: _outputs, ...rest } = template;
  return {
    ...rest,
    ...section('Parameters', without(template.Parameters ?? {}, new Set(known.map(([name]) => name)))),
    ...section('Conditions', resolver.undecidedConditions()),
    Resources: resolver.section(template.Resources) as Template['Resources'],
    ...section('Outputs', resolver.section(template.Outputs ?? {})),
  };
}

class Resolver {
  readonly #values: ReadonlyMap<string, Json>;
  readonly #conditions: Fields;

  constructor(values: ReadonlyMap<string, Json>, conditions: Fields) {
    this.#values = values;
    this.#conditions = conditions;
  }

  undecidedConditions(): Fields {
    return Object.fromEntries(
      Object.entries(this.#conditions).flatMap(([name, condition]) =>
        typeof this.#decide(name) === 'boolean' ? [] : [[name, this.#resolve(condition) ?? null]],
      ),
    );
  }

  /** Resources or outputs, without those whose condition does not hold. */
  section(entries: Fields): Fields {
    const kept = Object.entries(entries).filter(([, entry]) => this.#decide(asFields(entry)['Condition']) !== false);
    const names = new Set(kept.map(([name]) => name));
    return Object.fromEntries(
      kept.map(([name, entry]) => {
        const { Condition, DependsOn, ...fields } = asFields(entry);
        const others = [DependsOn ?? []].flat().filter((other) => typeof other === 'string' && names.has(other));
        return [
          name,
          {
            ...asFields(this.#resolve(fields) ?? {}),
            ...(typeof this.#decide(Condition) !== 'boolean' && Condition !== undefined && { Condition }),
            ...(others.length > 0 && { DependsOn: others }),
          },
        ];
      }),
    );
  }

  /** Whether the condition of this name holds; `undefined` where only CloudFormation knows. No condition always holds. */
  #decide(name: Json | undefined): boolean | undefined {
    if (typeof name !== 'string') return true;
    const result = this.#resolve(this.#conditions[name] ?? null);
    return typeof result === 'boolean' ? result : undefined;
  }

  /** `undefined`: AWS::NoValue, so that the property goes. */
  #resolve(value: Json): Json | undefined {
    if (isList(value)) return value.map((item) => this.#resolve(item)).filter((item) => item !== undefined);
    if (!isRecord(value)) return value;
    const [[name, argument] = ['', null], ...others] = Object.entries(value);
    const result = others.length === 0 ? this.#call(name, argument) : 'no function';
    if (result !== 'no function') return result;
    return Object.fromEntries(
      Object.entries(value).flatMap(([field, item]) => {
        const resolved = this.#resolve(item);
        return resolved === undefined ? [] : [[field, resolved]];
      }),
    );
  }

  #call(name: string, argument: Json): Json | undefined {
    const unresolved = { [name]: argument };
    switch (name) {
      case 'Ref':
        return argument === NO_VALUE ? undefined : (this.#values.get(text(argument)) ?? unresolved);
      case 'Condition':
        return this.#decide(argument) ?? unresolved;
      case 'Fn::Sub':
        return this.#substitute(argument);
      case 'Fn::If': {
        const [condition = null, yes = null, no = null] = asList(argument);
        const holds = this.#decide(condition);
        if (holds !== undefined) return this.#resolve(holds ? yes : no);
        const orNothing = (branch: Json): Json => this.#resolve(branch) ?? { Ref: NO_VALUE };
        return { 'Fn::If': [condition, orNothing(yes), orNothing(no)] };
      }
      case 'Fn::Equals': {
        const [left = null, right = null] = asList(argument).map((side) => this.#resolve(side) ?? '');
        return isRecord(left) || isRecord(right) ? { [name]: [left, right] } : text(left) === text(right);
      }
      case 'Fn::Not':
      case 'Fn::And':
      case 'Fn::Or': {
        const sides = asList(argument).map((side) => this.#resolve(side) ?? null);
        if (sides.every((side) => typeof side === 'boolean')) {
          if (name === 'Fn::Not') return sides[0] !== true;
          return name === 'Fn::And' ? sides.every(Boolean) : sides.some(Boolean);
        }
        return unresolved;
      }
      default:
        return 'no function';
    }
  }

  #substitute(argument: Json): Json {
    const [pattern = '', own = {}] = asList(argument);
    const names = asFields(this.#resolve(own) ?? {});
    const substituted = text(pattern).replaceAll(/\$\{([^!}][^}]*)\}/g, (whole, name: string) =>
      name in names ? whole : text(this.#values.get(name) ?? whole),
    );
    if (Object.keys(names).length > 0) return { 'Fn::Sub': [substituted, names] };
    return substituted.includes('${') ? { 'Fn::Sub': substituted } : substituted;
  }
}

/** A value of a type of AWS's (AWS::SSM::Parameter::Value<…>) is looked up at the deployment. */
function isKnown(parameter: Json): boolean {
  const { Default, Type } = asFields(parameter);
  return Default !== undefined && (Type === 'String' || Type === 'Number');
}

function valueOf({ Default = null, Type, AllowedValues }: Fields): Json {
  if (Type === 'Number') return Number(Default);
  const isSwitch = JSON.stringify(AllowedValues) === '["true","false"]';
  return isSwitch ? text(Default) === 'true' : text(Default);
}

function valueProblem(name: string, parameter: Fields): string[] {
  const { Default = null, Type, AllowedValues, MinValue, MaxValue, AllowedPattern, ConstraintDescription } = parameter;
  const given = text(Default);
  const problem = (allowed: string): string[] => [`${name} is "${given}"; allowed: ${allowed}.`];
  const values = AllowedValues === undefined ? [given] : asList(AllowedValues).map(text);
  if (!values.includes(given)) return problem(values.join(', '));
  if (Type === 'Number') {
    const [least, most] = [Number(MinValue ?? -Infinity), Number(MaxValue ?? Infinity)];
    const isAllowed = /^\d+$/.test(given) && Number(given) >= least && Number(given) <= most;
    if (!isAllowed) return problem(`a whole number from ${least}${Number.isFinite(most) ? ` to ${most}` : ''}`);
  }
  if (AllowedPattern !== undefined && !new RegExp(`^(?:${text(AllowedPattern)})$`).test(given)) {
    return problem(text(ConstraintDescription ?? AllowedPattern));
  }
  return [];
}

function section(name: string, entries: Fields): Fields {
  return Object.keys(entries).length === 0 ? {} : { [name]: entries };
}

function without(entries: Fields, names: ReadonlySet<string>): Fields {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => !names.has(name)));
}

function asFields(value: Json): Fields {
  return isRecord(value) ? value : {};
}

function asList(value: Json): readonly Json[] {
  return isList(value) ? value : [value];
}
