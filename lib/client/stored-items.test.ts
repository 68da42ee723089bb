// SPDX-License-Identifier: MIT
/** Every item a client stores, as a release wrote it, is read by the code of today. */
import { readFileSync, readdirSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { CATALOGUE, CHANNEL, hashOf, HUB } from '../protocol/testing/two-parties.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { withMigrations } from '../store/migrations.ts';
import type { NewItem, Store } from '../store/store.ts';
import type { Hash } from '../protocol/types.ts';
import { parseRecord, recordItem } from './channel-record.ts';
import { clientMigrations } from './client-migrations.ts';
import { changeNotes, loadNotes } from './dispute-item.ts';
import { changeBegun, loadBegun } from './enforcement-item.ts';
import { recallHub, rememberHub } from './hub-memory.ts';
import {
  freshTerms,
  madeItem,
  recallMade,
  recallReceived,
  recallSent,
  rememberReceived,
} from './payment-facts.ts';
import { loadSettledEpoch, saveSettledEpoch } from './settled-epoch.ts';
import { chooseMove, loadMove } from './stored-move.ts';
import { withdrawalFacts, type WithdrawalFacts } from './withdrawal-facts.ts';

const folder = new URL('./fixtures/', import.meta.url);
const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.json'),
);
const fixtureOf = (file: string): NewItem =>
  JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as NewItem;

async function storeWith(file: string): Promise<Store> {
  const store = new MemoryStore();
  await store.put(fixtureOf(file), 'absent');
  return withMigrations(store, clientMigrations);
}

const { chainId } = CHANNEL.domain;
const HUB_URL = 'https://hub.example';

const lastOf = (key: string): Hash => key.split('#').at(-1) as string as Hash;

/** By the kind of the key: reads the item and writes what it read into an empty store. */
const copies: Record<string, (from: Store, to: Store, key: string) => Promise<unknown>> = {
  async channel(from, to, key) {
    const item = await from.get(key);
    return item && to.put(recordItem(parseRecord(item, CATALOGUE)), 'absent');
  },
  async dispute(from, to) {
    const { notes } = await loadNotes(from, CHANNEL, 0n);
    return changeNotes(to, CHANNEL, 0n, () => notes);
  },
  async enforcement(from, to) {
    const { list } = await loadBegun(from, CHANNEL);
    return changeBegun(to, CHANNEL, () => list);
  },
  async epoch(from, to, key) {
    const settled = await loadSettledEpoch(from, CHANNEL, BigInt(key.split('#')[3] ?? ''));
    return settled && saveSettledEpoch(to, settled);
  },
  async move(from, to) {
    const move = await loadMove(from, chainId, hashOf(1), 3n);
    return move && chooseMove(to, chainId, move);
  },
  async payment(from, to, key) {
    const transferId = lastOf(key);
    const sent = await recallSent(from, transferId);
    if (sent !== null) {
      const intent = { kind: 'send', transferId, ...sent } as const;
      const { item } = freshTerms(intent, sent.expiresAt - sent.expiresIn);
      return item && to.put(item, 'absent');
    }
    const received = await recallReceived(from, transferId);
    return received && rememberReceived(to, received);
  },
  async made(from, to, key) {
    const made = await recallMade(from, lastOf(key));
    return made && to.put(madeItem(lastOf(key), made.received), 'absent');
  },
  async withdrawal(from, to, key) {
    const wanted = { withdrawalId: lastOf(key) } as WithdrawalFacts;
    const { facts, isNew } = await withdrawalFacts(from, CHANNEL, wanted);
    return isNew ? null : withdrawalFacts(to, CHANNEL, facts);
  },
  async hub(from, to) {
    const description = await recallHub(from, HUB_URL);
    return description && rememberHub(to, HUB_URL, description);
  },
};

test.each(files)('%s comes back whole', async (file) => {
  const { key } = fixtureOf(file);
  const from = await storeWith(file);
  const to = new MemoryStore();
  await copies[key.split('#')[0] as string]?.(from, to, key);
  expect((await to.get(key))?.body).toEqual((await from.get(key))?.body);
});

test('there is one of each kind, and it says what it was written to say', async () => {
  const kinds = files.map((file) => fixtureOf(file).key.split('#')[0]);
  expect(new Set(kinds)).toEqual(new Set(Object.keys(copies)));
  expect((await loadNotes(await storeWith('v1/dispute-leaving.json'), CHANNEL, 0n)).notes).toEqual({
    leaving: 4n,
    enforcedBelow: 3n,
    quietAt: 7_200,
  });
  const settling = await loadSettledEpoch(await storeWith('v1/epoch-settling.json'), CHANNEL, 0n);
  expect(settling).toMatchObject({ fromBlock: 12, over: null });
  expect(settling?.states.map(({ apps, signatures }) => [apps.length, signatures === null])).toEqual([
    [2, false],
    [3, true],
  ]);
  expect([...(settling?.preimages.values() ?? [])]).toEqual([hashOf(9)]);
  const { list } = await loadBegun(await storeWith('v1/enforcement.json'), CHANNEL);
  expect(list).toMatchObject([{ epoch: 4n, amount: 250n }]);
  const over = await loadSettledEpoch(await storeWith('v1/epoch-over.json'), CHANNEL, 1n);
  expect(over?.over?.paid).toEqual([{ asset: CHANNEL.initiator, amount: 970n }]);
  const move = await loadMove(await storeWith('v1/move-chosen.json'), chainId, hashOf(1), 3n);
  expect(move).toMatchObject({ on: hashOf(2), action: '0x0102' });
  const hub = await recallHub(await storeWith('v1/hub-described.json'), HUB_URL);
  expect(hub?.hub.address).toBe(HUB);
});
