// SPDX-License-Identifier: MIT
import { expect, test } from '@jest/globals';
import { encodeTransferState, encodeUnlock } from '../protocol/apps/transfer-app.ts';
import { appStateDigest, stateHash } from '../protocol/digests.ts';
import { UNDISPUTED, type AppOnChain, type DisputeView } from '../protocol/dispute.ts';
import { lockHashOf } from '../protocol/secrets.ts';
import {
  after,
  agreed,
  CATALOGUE,
  CHANNEL,
  counter,
  counterState,
  deposit,
  EMPTY,
  HUB,
  hashOf,
  PREIMAGE,
  signatureOf,
  TOKEN,
  transfer,
} from '../protocol/testing/two-parties.ts';
import { ZERO_HASH, type Bytes, type Hash } from '../protocol/types.ts';
import { MemoryStore } from '../store/memory-store.ts';
import { runningHolding } from './holding.ts';
import { ownMoves, preimagesOf } from './own-moves.ts';
import { chooseMove } from './stored-move.ts';
import { restoredRecord, type ChannelRecord } from './channel-record.ts';
import { KEY } from './testing/writer-table.ts';

const funded = agreed(after(EMPTY, [deposit(100n, 100n), deposit(50n, 50n, TOKEN)]));
const open = agreed(
  after(funded, [transfer(30n), transfer(5n, { payer: HUB, nonce: 2 }), counter([1n, 1n], [1n, 1n])]),
);
const [sent, received, game] = open.apps as unknown as [
  (typeof open.apps)[0],
  (typeof open.apps)[0],
  (typeof open.apps)[0],
];

const record: ChannelRecord = {
  ...restoredRecord(CHANNEL, open, open.ledger.version),
  routes: [
    { side: 'payer', appId: sent.id, transferId: hashOf(1), paymentId: null, to: null },
    { side: 'payee', appId: received.id, transferId: hashOf(2), preimage: PREIMAGE },
  ],
};

const viewOf = (
  apps: readonly (readonly [Hash, AppOnChain])[] = [],
  shown: readonly Bytes[] = [],
): DisputeView => ({
  chainTime: 1,
  now: 1,
  ledger: { epoch: 0n, floorVersion: 0n, finalizesAt: 9, challengeId: 1n, digest: ZERO_HASH },
  finalAppsRoot: null,
  apps: new Map(apps),
  shown: new Map(shown.map((bytes) => [stateHash(bytes), bytes])),
});

const movesAt = (view: DisputeView, store = new MemoryStore()) =>
  ownMoves({ catalogue: CATALOGUE, key: KEY, store }, runningHolding(record, []), view, preimagesOf(record));

test('the preimage opens what pays this user, and nothing this user pays', async () => {
  const moves = await movesAt(viewOf());
  expect([...moves.keys()]).toEqual([received.id]);
  const opened = encodeTransferState({ amount: 5n, lockHash: lockHashOf(PREIMAGE), preimage: PREIMAGE });
  const next = { appId: received.id, version: 1n, stateHash: stateHash(opened) };
  expect(moves.get(received.id)).toEqual({
    on: stateHash(received.state),
    version: 0n,
    moves: [
      { action: encodeUnlock(PREIMAGE), signature: signatureOf(0, appStateDigest(CHANNEL.domain, next)) },
    ],
  });
});

test('an app that is open on chain already needs no second preimage', async () => {
  const opened = encodeTransferState({ amount: 5n, lockHash: lockHashOf(PREIMAGE), preimage: PREIMAGE });
  const status = { ...UNDISPUTED, version: 1n, steps: 1n, finalizesAt: 9, stateHash: stateHash(opened) };
  expect((await movesAt(viewOf([[received.id, status]], [opened]))).size).toBe(0);
});

test('a chosen action is made where the chain stands at its parent, and nowhere else', async () => {
  const store = new MemoryStore();
  const later = counterState(1, 1);
  const status = { ...UNDISPUTED, version: 1n, steps: 1n, finalizesAt: 9, stateHash: stateHash(later) };
  const signature = `0x${'11'.repeat(65)}` as const;
  const move = { appId: game.id, version: 1n, on: stateHash(later), action: '0x01', signature } as const;
  await chooseMove(store, CHANNEL.domain.chainId, move);
  expect((await movesAt(viewOf(), store)).has(game.id)).toBe(false);
  const moves = await movesAt(viewOf([[game.id, status]], [later]), store);
  expect(moves.get(game.id)).toEqual({
    on: stateHash(later),
    version: 1n,
    moves: [{ action: '0x01', signature }],
  });
});
