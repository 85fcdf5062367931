import { describe, expect, it } from 'vitest';
import { InvalidKeyError } from '../../../src/cache/errors.ts';
import { randomPrefix, type Subject } from '../conformance.ts';

export function describeNamespaces({ open, startTime }: Subject): void {
  describe('a namespace', () => {
    it('keeps its keys apart', async () => {
      const store = await open();
      const [a, b] = [store.namespace('a'), store.namespace('b')];
      await a.set('key', 'a');
      await b.set('key', 'b');
      expect((await a.get('key'))?.value).toBe('a');
      expect((await b.getMany(['key'])).get('key')?.value).toBe('b');
      expect(await store.get('key')).toBeUndefined();
      await a.delete('key');
      await a.lock('key', { owner: 'a', milliseconds: 1000 });
      expect(await b.get('key')).toMatchObject({ value: 'b' });
      expect(await b.get('key')).not.toHaveProperty('leaseEndsAt');
    });

    it('is a view of the same engine under a prefix that ends in a colon', async () => {
      const store = await open();
      await store.namespace('a').set('key', 'value');
      expect((await store.get('a:key'))?.value).toBe('value');
      expect((await store.namespace('a:').get('key'))?.value).toBe('value');
      expect(await store.increment('a:b:count')).toBe(1);
      expect(await store.namespace('a').namespace('b').increment('count')).toBe(2);
      expect(await store.namespace('a:b').increment('count')).toBe(3);
    });

    it('has no empty key, though its prefix may be a key of the store', async () => {
      const store = await open();
      await store.set('a:', 'value');
      await expect(store.namespace('a').get('')).rejects.toThrow(InvalidKeyError);
      await expect(store.namespace('a').getMany([''])).rejects.toThrow(InvalidKeyError);
    });

    it('has the time of its store', async () => {
      const time = startTime();
      const store = (await open({ time })).namespace('a');
      await store.set('key', 'value', { ttl: 1 });
      await time.advance(2000);
      expect(await store.get('key')).toBeUndefined();
    });

    it('clears itself and what is below it, nothing beside or above', async () => {
      const store = await open();
      const all = [store, ...['a', 'ab', 'b', 'a:b', 'A'].map((prefix) => store.namespace(prefix))];
      for (const one of all) await one.set('key', 'value');
      await store.set('a', 'value');
      await store.namespace('a').lock('locked', { owner: 'a', milliseconds: 10_000 });
      await store.namespace('a').clear();
      const left = [...(await store.getMany(['key', 'a', 'a:key', 'ab:key', 'b:key', 'a:b:key', 'A:key'])).keys()];
      expect(left.toSorted()).toEqual(['A:key', 'a', 'ab:key', 'b:key', 'key']);
      expect(await store.namespace('a').lock('locked', { owner: 'b', milliseconds: 1 })).toStrictEqual({
        locked: true,
      });
    });

    it('answers getMany under the keys it was asked for', async () => {
      const store = (await open()).namespace('a');
      await store.set('key', 'value');
      expect([...(await store.getMany(['key'])).keys()]).toEqual(['key']);
    });
  });

  describe('the prefix of a store', () => {
    it('means the same with and without a colon at its end', async () => {
      const prefix = randomPrefix();
      const [bare, other] = [await open({ prefix: prefix.slice(0, -1) }), await open({ prefix: `${prefix}a` })];
      const store = await open({ prefix });
      await bare.set('key', 'value');
      // Whether two stores share an engine is the driver's affair; that their prefixes differ is not.
      const shared = await store.get('key');
      expect(shared === undefined || shared.value === 'value').toBe(true);
      expect(await other.get('key')).toBeUndefined();
      await other.clear();
      expect((await bare.get('key'))?.value).toBe('value');
      expect((await bare.namespace('a').get('key'))?.value).toBeUndefined();
    });
  });
}
