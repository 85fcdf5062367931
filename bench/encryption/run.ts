/** What encryption adds to a request: bytes in the record, and microseconds to open it and to seal it again. */
import { randomBytes } from 'node:crypto';
import { SessionCipher } from '../../src/session/cipher.ts';
import { keyOf, newId } from '../../src/session/ids.ts';

const ROUNDS = 20_000;
const keys = [1, 2].map(() => new Uint8Array(randomBytes(32)));
const clear = new SessionCipher({});
const encrypted = new SessionCipher({ encrypt: true, keys });
const rotated = new SessionCipher({ encrypt: true, keys: keys.toReversed() });

function microseconds(work: () => void): number {
  for (let round = 0; round < ROUNDS / 10; round++) work();
  const started = performance.now();
  for (let round = 0; round < ROUNDS; round++) work();
  return ((performance.now() - started) * 1000) / ROUNDS;
}

const shown = (us: number) => Number(us.toFixed(1));

const rows = [200, 800, 10_000].map((size) => {
  const key = keyOf(newId());
  const lines = Array.from({ length: Math.ceil(size / 40) }, (_, n) => `{"sku":"A-${n}","name":"Hat ${n}","price":9}`);
  const text = `{"data":{"cart":[${lines.join(',')}`.slice(0, size - 25) + `"]},"created":1800000000}`.padStart(25);
  const sealed = encrypted.seal(key, text);
  const seal = microseconds(() => void encrypted.seal(key, text));
  const open = microseconds(() => void encrypted.open(key, sealed));
  return {
    'bytes of text': Buffer.byteLength(text),
    'bytes encrypted': sealed instanceof Uint8Array ? sealed.length : 0,
    'seal µs': shown(seal),
    'open µs': shown(open),
    'open with a previous key µs': shown(microseconds(() => void rotated.open(key, sealed))),
    'clear, both µs': shown(microseconds(() => void clear.open(key, clear.seal(key, text)))),
  };
});
console.table(rows);
