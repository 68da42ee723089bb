// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import {
  after,
  agreed,
  CHANNEL,
  deposit,
  EMPTY,
  HUB,
  hashOf,
  transfer,
} from '../protocol/testing/two-parties.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { changeNotes, loadNotes } from './dispute-item.ts';
import { loadSettledEpoch, saveSettledEpoch, type SettledEpoch } from './settled-epoch.ts';
import { chooseMove, loadMove } from './stored-move.ts';

const funded = agreed(after(EMPTY, [deposit(1_000n, 1_000n)]));
const paying = agreed(after(funded, [transfer(30n), transfer(5n, { payer: HUB, nonce: 2 })]));
const more = { ...after(paying, [transfer(7n, { nonce: 3 })]), signatures: null };

const settled: SettledEpoch = {
  channel: CHANNEL,
  epoch: 4n,
  states: [paying, more],
  preimages: new Map([[paying.apps[1]!.id, hashOf(9)]]),
  fromBlock: 12,
  over: null,
};

test('a settled epoch comes back with every state, and each app is stored once', async () => {
  const store = new MemoryStore();
  await saveSettledEpoch(store, settled);
  const found = await loadSettledEpoch(store, CHANNEL, 4n);
  expect(found?.preimages).toEqual(settled.preimages);
  expect(found?.states.map(({ ledger, signatures }) => ({ ledger, signatures }))).toEqual(
    settled.states.map(({ ledger, signatures }) => ({ ledger, signatures })),
  );
  const ids = (states: SettledEpoch['states']) => states.map(({ apps }) => apps.map(({ id }) => id).sort());
  expect(ids(found!.states)).toEqual(ids(settled.states));
  const item = (await store.scan()).items.find(({ key }) => key.startsWith('epoch#'));
  expect((item!.body as { apps: unknown[] }).apps).toHaveLength(3);
  expect(await loadSettledEpoch(store, CHANNEL, 5n)).toBeNull();
});

test('what an attempt that died wrote is written over, and how it ended is added', async () => {
  const store = new MemoryStore();
  await saveSettledEpoch(store, settled);
  const over = { paid: [{ asset: CHANNEL.initiator, amount: 3n }], apps: [hashOf(1)] };
  await saveSettledEpoch(store, { ...settled, over });
  expect((await loadSettledEpoch(store, CHANNEL, 4n))?.over).toEqual(over);
});

test('the wish to leave is changed on what is there, whoever else writes', async () => {
  const store = new MemoryStore();
  expect((await loadNotes(store, CHANNEL, 2n)).notes).toEqual({
    leaving: null,
    enforcedBelow: 2n,
    quietAt: 0,
  });
  await Promise.all([
    changeNotes(store, CHANNEL, 2n, (notes) => ({ ...notes, leaving: 2n })),
    changeNotes(store, CHANNEL, 2n, (notes) => ({ ...notes, quietAt: 7 })),
  ]);
  expect((await loadNotes(store, CHANNEL, 9n)).notes).toEqual({ leaving: 2n, enforcedBelow: 2n, quietAt: 7 });
});

test('a state is moved in once, whoever asks first (invariant 2)', async () => {
  const store = new MemoryStore();
  const move = (action: '0x01' | '0x02') => ({
    appId: hashOf(1),
    version: 3n,
    on: hashOf(2),
    action,
    signature: `0x${'11'.repeat(65)}` as const,
  });
  const chosen = await Promise.all([chooseMove(store, 1, move('0x01')), chooseMove(store, 1, move('0x02'))]);
  expect(new Set(chosen.map(({ action }) => action)).size).toBe(1);
  expect(await loadMove(store, 1, hashOf(1), 3n)).toEqual(chosen[0]);
  expect(await loadMove(store, 1, hashOf(1), 4n)).toBeNull();
});
