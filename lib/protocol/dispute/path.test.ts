// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { stateHash } from '../digests.ts';
import { hashOf } from '../testing/two-parties.ts';
import { ZERO_HASH, type Bytes, type Hash } from '../types.ts';
import { extendPath, proofFrom, retrace, type PathFact } from './path.ts';

const states = ['0x00', '0x01', '0x02', '0x03'] as const satisfies readonly Bytes[];
const hashes = states.map((state) => stateHash(state));
const paths = hashes.reduce<readonly Hash[]>(
  (all, hash) => [...all, extendPath(all.at(-1) ?? ZERO_HASH, hash)],
  [],
);
const base: PathFact = { kind: 'base', version: 0n, path: paths[0]!, state: states[0]! };
const move = (version: number): PathFact => ({
  kind: 'move',
  version: BigInt(version),
  path: paths[version]!,
  state: states[version]!,
});
const at = (version: number, steps = version) => ({
  version: BigInt(version),
  steps: BigInt(steps),
  path: paths[version]!,
  stage: 'undecided' as const,
});
const told = (...versions: number[]): PathFact[] =>
  versions.map((version) => (version === 0 ? base : move(version)));

describe('the path of a disputed app', () => {
  test('is what was said of it, back to where it began', () => {
    const { path, isWhole } = retrace(at(3), told(3, 2, 1, 0));
    expect(isWhole).toBe(true);
    expect(path.map(({ version, before }) => [version, before])).toEqual([
      [0n, ZERO_HASH],
      [1n, paths[0]],
      [2n, paths[1]],
      [3n, paths[2]],
    ]);
    expect(path.map(({ state }) => state)).toEqual(states);
    expect(proofFrom(path, 2n)).toEqual({ before: paths[1], hashes: hashes.slice(2) });
  });

  test('is needed no further back than the base', () => {
    const { path, isWhole } = retrace(at(3, 1), told(3, 2, 1));
    expect(isWhole).toBe(true);
    expect(path.map(({ version }) => version)).toEqual([2n, 3n]);
  });

  test('is read on while what is needed was not said yet', () => {
    expect(retrace(at(3), told(3, 2))).toMatchObject({ isWhole: false, path: [{ version: 3n }] });
    expect(retrace(at(3), [])).toEqual({ isWhole: false, path: [] });
  });

  test('begins anew with a new base and after a cancel', () => {
    const anew: PathFact = {
      kind: 'base',
      version: 1n,
      path: extendPath(ZERO_HASH, hashes[1]!),
      state: states[1]!,
    };
    const onChain = { ...at(1, 0), path: anew.path };
    expect(retrace(onChain, [anew, ...told(2, 1, 0)]).path).toEqual([
      { version: 1n, stateHash: hashes[1], before: ZERO_HASH, state: states[1] },
    ]);
    expect(retrace(at(3), [{ kind: 'cancelled' }, ...told(3, 2, 1, 0)]).path).toEqual([]);
  });

  test('a node that tells another story is not believed', () => {
    const lie: PathFact = { kind: 'move', version: 2n, path: paths[2]!, state: '0xff' };
    expect(retrace(at(3), [move(3), lie, move(1), base]).path.map(({ version }) => version)).toEqual([3n]);
    expect(retrace(at(3), [{ ...lie, version: 3n, path: hashOf(1) }, ...told(2, 1, 0)]).path).toEqual([]);
    expect(proofFrom([], 2n)).toBeNull();
    expect(proofFrom(undefined, 2n)).toBeNull();
  });
});
