// SPDX-License-Identifier: MIT
import { describe, expect, test } from '@jest/globals';
import { stateHash } from '../protocol/digests.ts';
import { UNDISPUTED } from '../protocol/dispute.ts';
import { CHANNEL, advanced, after, agreed, counter, counterState } from '../protocol/testing/two-parties.ts';
import { ZERO_HASH, type AgreedState, type AppInstance, type Bytes } from '../protocol/types.ts';
import { REREAD } from './follow.ts';
import { round } from './round.ts';
import { takeState } from './take-state.ts';
import { scriptedTower, type ScriptedTower } from './testing/scripted-tower.ts';
import { FUNDED, atVersion, shownOf } from './testing/shown-states.ts';
import { parseWatched, watchedKey } from './watched-item.ts';

async function show(one: ScriptedTower, state: AgreedState): Promise<void> {
  const taken = await takeState(one.tower, shownOf(state));
  if (!taken.ok) throw new Error(taken.error.code);
}

/** Somebody shows the ledger of this version on chain. */
function challenge(one: ScriptedTower, version: bigint, challengeId = 1n): void {
  const { scripted } = one;
  scripted.height += 1;
  scripted.spoken.add(scripted.height);
  scripted.ledger = {
    ...scripted.ledger,
    floorVersion: version,
    finalizesAt: one.now + 3_600,
    challengeId,
  };
}

function answered(one: ScriptedTower, version: bigint): void {
  const { scripted } = one;
  scripted.height += 1;
  scripted.spoken.add(scripted.height);
  scripted.ledger = { ...scripted.ledger, floorVersion: version, finalizesAt: 0 };
  scripted.sender.mine(scripted.height);
}

const run = (one: ScriptedTower) => round(one.tower, one.chain);
const nonces = (one: ScriptedTower) => [...new Set(one.scripted.sender.broadcasts.map(({ nonce }) => nonce))];

async function watched(one: ScriptedTower) {
  const item = await one.store.get(watchedKey(CHANNEL.domain.chainId, CHANNEL.address));
  return item && parseWatched(item);
}

describe('a stale ledger on chain', () => {
  test('is answered once, and looked at until no reorganization is to be feared', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    await run(one);
    challenge(one, 3n);
    for (let rounds = 0; rounds < 4; rounds++) await run(one);
    expect(nonces(one)).toEqual([7]);
    answered(one, 5n);
    await run(one);
    expect((await watched(one))?.attention).not.toBeNull();
    one.scripted.height += REREAD + 1;
    await run(one);
    await run(one);
    one.scripted.height += REREAD + 1;
    await run(one);
    expect((await watched(one))?.attention).toBeNull();
    expect(nonces(one)).toEqual([7]);
  });

  test.each([
    ['the same', 5n],
    ['a newer one', 6n],
  ])('nothing is sent where %s is shown', async (_name, version) => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, version);
    await run(one);
    expect(nonces(one)).toEqual([]);
  });

  test('is answered by what is shown to the tower only after the challenge', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, 6n);
    await run(one);
    one.scripted.height += 2 * REREAD;
    await run(one);
    one.scripted.height += 2 * REREAD;
    await run(one);
    expect((await watched(one))?.attention).toBeNull();
    await show(one, atVersion(7n));
    await run(one);
    expect(nonces(one)).toEqual([7]);
  });

  test('is found where the challenge is older than all the tower has read', async () => {
    const one = await scriptedTower();
    challenge(one, 3n);
    one.scripted.height += 1_000;
    await run(one);
    await show(one, atVersion(5n));
    await run(one);
    expect(nonces(one)).toEqual([7]);
  });

  test('is answered after days in which the tower did not run', async () => {
    const before = await scriptedTower();
    await show(before, atVersion(5n));
    await run(before);
    challenge(before, 3n);
    before.scripted.height += 30_000;
    before.scripted.asked.length = 0;
    const one = await scriptedTower({}, before.store, before.scripted);
    one.now = before.now + 600;
    await run(one);
    expect(nonces(one)).toEqual([7]);
    expect(one.scripted.asked[0]).toEqual({ from: 100 - REREAD, to: 100 - REREAD + 1_999 });
    expect(one.scripted.asked.at(-1)?.to).toBe(one.scripted.height);
    expect(one.tower.census.of(CHANNEL.domain.chainId)).toBe(1);
  });

  test('nothing newer agreed while an answer waits makes a second one', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, 3n);
    await run(one);
    await show(one, atVersion(6n));
    await run(one);
    expect(nonces(one)).toEqual([7]);
  });

  test('an answer that did not help is sent again, with growing pauses', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, 3n);
    await run(one);
    one.scripted.sender.mine(one.scripted.height, false);
    await run(one);
    await run(one);
    expect(nonces(one)).toEqual([7]);
    one.now += 15;
    await run(one);
    expect(nonces(one)).toEqual([7, 8]);
    one.scripted.sender.mine(one.scripted.height, false);
    await run(one);
    one.now += 29;
    await run(one);
    expect(nonces(one)).toEqual([7, 8]);
    one.now += 1;
    await run(one);
    expect(nonces(one)).toEqual([7, 8, 9]);
  });

  test('a chain that cannot be asked costs nothing but time', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, 3n);
    one.scripted.isAway = true;
    expect(await run(one)).toMatchObject({ error: { code: 'chain_unavailable' } });
    one.scripted.isAway = false;
    expect((await run(one)).ok).toBe(true);
    expect(nonces(one)).toEqual([7]);
  });
});

describe('a reorganization', () => {
  test('that takes an answer away is seen within the blocks that are read again', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, 3n);
    const challenged = one.scripted.ledger;
    await run(one);
    answered(one, 5n);
    const answeredAt = one.scripted.height;
    await run(one);
    one.scripted.height += 5;
    await run(one);
    // The answer is not on the other branch.
    one.scripted.spoken.delete(answeredAt);
    Object.assign(one.scripted, { branch: 1, forkedAt: answeredAt, ledger: challenged });
    one.scripted.height += 1;
    one.now += 60;
    await run(one);
    expect(nonces(one)).toEqual([7, 8]);
  });

  test('below all that is read again brings every channel back', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, 3n);
    const challenged = one.scripted.ledger;
    await run(one);
    answered(one, 5n);
    const answeredAt = one.scripted.height;
    for (let rounds = 0; rounds < 4; rounds++) {
      await run(one);
      one.scripted.height += REREAD;
    }
    await run(one);
    expect((await watched(one))?.attention).toBeNull();
    const { looks } = one.scripted;
    await run(one);
    expect(one.scripted.looks).toBe(looks);
    // No block that is left says anything of the channel.
    one.scripted.spoken.clear();
    Object.assign(one.scripted, { branch: 1, forkedAt: answeredAt, ledger: challenged });
    one.scripted.height += 1;
    one.now += 60;
    await run(one);
    expect(nonces(one)).toEqual([7, 8]);
    expect(one.warnings.join()).toMatch(/reorganized/);
  });

  test('a node that fell behind moves nothing back', async () => {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    one.scripted.height = 1_000;
    await run(one);
    one.scripted.height = 900;
    expect(await run(one)).toMatchObject({ error: { code: 'chain_unavailable' } });
    one.scripted.height = 1_001;
    one.scripted.asked.length = 0;
    await run(one);
    expect(one.scripted.asked[0]?.from).toBe(1_000 - REREAD);
  });
});

describe('an app', () => {
  const open = after(FUNDED, [counter([1n, 2n], [3n, 4n], counterState(9, 0))], 5n);
  const [installed] = open.apps as [AppInstance];
  const moved = advanced(installed, counterState(8, 1), 3n);
  const state = agreed({ ...open, apps: [moved] });

  /** Its path goes through other states than the parties agreed to, or through those. */
  const dispute = (one: ScriptedTower, version: bigint, steps = 0n, through: Bytes = '0x0f'): void => {
    one.scripted.height += 1;
    one.scripted.spoken.add(one.scripted.height);
    const finalizesAt = one.now + 600;
    one.scripted.apps.set(installed.id, { ...UNDISPUTED, version, steps, finalizesAt, challengeId: 1n });
    const path = Array.from({ length: Number(steps) + 1 }, (_, index) => ({
      version: version - steps + BigInt(index),
      stateHash: stateHash(through),
      before: ZERO_HASH,
      state: through,
    }));
    one.scripted.paths.set(installed.id, path);
  };

  test.each([
    ['an older state', 2n, 0n, [7]],
    ['moves on an older state', 9n, 7n, [7]],
    ['the same state', 3n, 0n, []],
    ['moves on the same state', 9n, 6n, []],
    ['a newer state', 4n, 0n, []],
  ])('disputed at %s', async (_name, version, steps, sent) => {
    const one = await scriptedTower();
    await show(one, state);
    await run(one);
    dispute(one, version, steps);
    await run(one);
    expect(nonces(one)).toEqual(sent);
  });

  test('disputed at moves that went through the agreed state is left to whoever moves', async () => {
    const one = await scriptedTower();
    await show(one, state);
    await run(one);
    dispute(one, 9n, 7n, moved.state);
    await run(one);
    expect(nonces(one)).toEqual([]);
  });

  test('is answered at once with its ledger, and also where the ledger on chain is newer than any shown', async () => {
    const both = await scriptedTower();
    await show(both, state);
    challenge(both, 3n);
    dispute(both, 2n);
    await run(both);
    expect(nonces(both)).toEqual([7, 8]);
    const newer = await scriptedTower();
    await show(newer, state);
    challenge(newer, 6n);
    dispute(newer, 2n);
    await run(newer);
    expect(nonces(newer)).toEqual([7]);
  });

  test('is answered after its epoch was settled and the next one begun; then all of it is forgotten', async () => {
    const one = await scriptedTower();
    await show(one, state);
    one.scripted.ledger = { ...one.scripted.ledger, epoch: 1n };
    const next = { ...FUNDED.ledger, epoch: 1n, version: 1n };
    await show(one, agreed({ ...FUNDED, ledger: next }));
    dispute(one, 2n);
    await run(one);
    expect(nonces(one)).toEqual([7]);
    one.scripted.sender.mine(one.scripted.height);
    one.scripted.apps.set(installed.id, { ...UNDISPUTED, version: 3n, stage: 'settled' });
    for (let rounds = 0; rounds < 5; rounds++) {
      one.scripted.height += REREAD;
      await run(one);
    }
    expect(await watched(one)).toMatchObject({ earlier: [], attention: null });
  });
});

test('a channel that was settled with nothing open in it makes room', async () => {
  const one = await scriptedTower({ maxChannels: 1 });
  await show(one, atVersion(5n));
  challenge(one, 5n);
  await run(one);
  one.scripted.ledger = { ...one.scripted.ledger, epoch: 1n, floorVersion: 0n, finalizesAt: 0 };
  one.scripted.spoken.add(one.scripted.height + 1);
  for (let rounds = 0; rounds < 5; rounds++) {
    one.scripted.height += REREAD;
    await run(one);
  }
  expect(await watched(one)).toBeNull();
  expect(one.tower.census.of(CHANNEL.domain.chainId)).toBe(0);
});

test('two rounds at once send nothing twice', async () => {
  const one = await scriptedTower();
  await show(one, atVersion(5n));
  challenge(one, 3n);
  await Promise.all([run(one), run(one), run(one)]);
  await run(one);
  expect(nonces(one)).toEqual([7]);
  expect(new Set(one.scripted.sender.broadcasts.map(({ hash }) => hash)).size).toBe(1);
});

test('dying at any write repeats nothing and loses nothing (invariant 12)', async () => {
  for (let alive = 0; alive < 12; alive++) {
    const one = await scriptedTower();
    await show(one, atVersion(5n));
    challenge(one, 3n);
    const { put } = one.store;
    let left = alive;
    one.store.put = async (...args) => {
      if (left-- <= 0) throw new Error('died');
      return put.apply(one.store, args);
    };
    await run(one).catch(() => {});
    one.store.put = put;
    const next = await scriptedTower({}, one.store, one.scripted);
    next.now = one.now;
    await run(next);
    await run(next);
    expect(nonces(next)).toEqual([7]);
    expect(new Set(next.scripted.sender.broadcasts.map(({ hash }) => hash)).size).toBe(1);
  }
});
