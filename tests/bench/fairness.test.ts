import { expect, it } from 'vitest';
import { SUBJECTS as STARTED } from '../../bench/cold-start/section.ts';
import { rotated } from '../../bench/latency/rounds.ts';
import { SUBJECTS as WARM } from '../../bench/latency/subjects.ts';
import { CLOAKROOM, EVENTUAL, LOCKING } from '../../bench/subjects/subjects.ts';
import { environmentOf } from '../../bench/latency/subject.ts';

const TIMED = [...WARM, ...STARTED].filter(({ bundled }) => bundled === 'cloakroom');

it('Cloakroom signs its cookies wherever it is measured, since its peers sign theirs', () => {
  expect(TIMED).toHaveLength(4);
  for (const { env } of [...TIMED, CLOAKROOM, EVENTUAL, LOCKING]) expect(env).toHaveProperty('APP_KEY');
});

it('Cloakroom that is compared with others first writes its metrics, as deployed by default', () => {
  const [warm] = WARM;
  const [started] = STARTED;
  for (const one of [warm, started]) expect(environmentOf('', one?.env)).not.toHaveProperty('METRICS');
});

it('Subjects take turns in going first', () => {
  expect([0, 1, 2, 3].map((turn) => rotated(['a', 'b', 'c'], turn).join(''))).toEqual(['abc', 'bca', 'cab', 'abc']);
});
