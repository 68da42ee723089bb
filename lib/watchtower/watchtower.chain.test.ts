// SPDX-License-Identifier: MIT
/** Towers against a real node with the real contracts: they pay for their answers with keys that are nobody's in a channel. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addressOfPrivateKey, recoverAddress, sign } from '#secp256k1';
import { EthereumChainReader } from '../chain/chain-reader.ts';
import { EthereumChainWriter } from '../chain/chain-writer.ts';
import { startLocalChain, type LocalChain } from '../chain/testing/local-chain.ts';
import { signerOf } from '../chain/transaction.ts';
import { toHex } from '../protocol/bytes.ts';
import { ETHER, type Address, type AgreedState } from '../protocol/types.ts';
import { MemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import { Census } from './census.ts';
import type { TowerWriter } from './ports.ts';
import { round } from './round.ts';
import { takeState } from './take-state.ts';
import { DisputedChannel, must } from './testing/disputed-channel.ts';
import { shownOf } from './testing/shown-states.ts';
import type { Tower, TowerChain } from './tower.ts';

let chain: LocalChain;
let period = 3_600;

beforeAll(async () => {
  chain = await startLocalChain();
}, 30_000);
afterAll(() => chain.stop());

const newChannel = () => new DisputedChannel(chain, (period += 1));

interface TestTower {
  readonly tower: Tower;
  readonly chain: TowerChain;
  show(of: DisputedChannel, state: AgreedState): Promise<void>;
  round(): Promise<void>;
  /** Transactions its key has sent. */
  sent(): Promise<number>;
}

/** `account`: of the chain's accounts, past those of the parties. */
async function newTower({
  account = 2,
  store = new MemoryStore() as Store,
  writer = (real: TowerWriter) => real,
} = {}): Promise<TestTower> {
  const key = chain.keys[account]!;
  const { rpc, contracts } = chain;
  const reader = new EthereumChainReader(rpc, contracts);
  const real = new EthereumChainWriter({ rpc, contracts, signer: signerOf(key) });
  const { chainId, registry } = contracts;
  const watched: TowerChain = { chainId, registry, confirmations: 0, reader, writer: writer(real) };
  const tower: Tower = {
    store,
    chains: new Map([[chainId, watched]]),
    limits: { maxChannels: 100, responders: [], minChallengePeriod: 60, maxMessageBytes: 131_072 },
    census: await Census.taken(store),
    address: addressOfPrivateKey(key) as Address,
    sign: (digest) => toHex(sign(digest, key)),
    recover: recoverAddress,
    clock: { now: () => Math.floor(Date.now() / 1000) },
    log: { info() {}, warn() {}, error() {} },
  };
  return {
    tower,
    chain: watched,
    async show(of, state) {
      must(await takeState(tower, shownOf(state, of.channel)));
    },
    async round() {
      must(await round(tower, watched));
    },
    sent: async () => must(await real.nextNonce()),
  };
}

async function rounds(tower: TestTower, count = 3): Promise<void> {
  for (let left = count; left > 0; left--) await tower.round();
}

test('a stale ledger is answered from the tower’s own key, and the channel goes on (invariants 10, 13)', async () => {
  const one = newChannel();
  const tower = await newTower();
  const [before, money] = [await tower.sent(), must(await one.reader.balance(tower.tower.address, ETHER))];
  await tower.show(one, one.agreed(9n));
  await tower.round();
  await one.challenge(one.agreed(4n));
  expect((await one.status()).finalizesAt).not.toBe(0);
  await rounds(tower);
  expect(await one.status()).toMatchObject({ finalizesAt: 0, floorVersion: 9n, epoch: 0n });
  expect((await tower.sent()) - before).toBe(1);
  expect(must(await one.reader.balance(tower.tower.address, ETHER))).toBeLessThan(money);
}, 30_000);

describe('a stale app state is replaced by the newer one', () => {
  test.each(['initiator', 'responder'] as const)(
    'with the %s in the first seat',
    async (first) => {
      const one = newChannel();
      const tower = await newTower();
      const app = one.app(1, first);
      await tower.show(one, one.agreed(3n, [one.moved(app, 5n)]));
      await tower.round();
      await one.disputeApp(one.moved(app, 2n));
      expect(await one.appStatus(app)).toMatchObject({ version: 2n });
      await rounds(tower);
      expect(await one.appStatus(app)).toMatchObject({ version: 5n, steps: 0n });
      expect(await one.said('AppChallenged')).toBe(2);
    },
    30_000,
  );

  test('while its ledger is disputed too, and after that ledger was settled', async () => {
    const one = newChannel();
    const tower = await newTower();
    const [early, late] = [one.app(1, 'initiator'), one.app(2, 'responder')];
    const state = one.agreed(3n, [one.moved(early, 5n), one.moved(late, 6n)]);
    await tower.show(one, state);
    await one.challenge(one.agreed(1n));
    await one.disputeApp(one.moved(early, 2n));
    await rounds(tower);
    expect(await one.status()).toMatchObject({ floorVersion: 3n, finalizesAt: 0 });
    expect(await one.appStatus(early)).toMatchObject({ version: 5n });

    await one.send(one.initiator.disputeCall(one.channel, { kind: 'challenge', ...state }));
    await rounds(tower);
    await chain.pass(one.channel.challengePeriod + 1);
    await one.settle(state);
    await tower.show(one, one.agreed(1n, [], 1n));
    await one.disputeApp(one.moved(late, 2n));
    await rounds(tower);
    expect(await one.appStatus(late)).toMatchObject({ version: 6n });
    expect(await one.status()).toMatchObject({ epoch: 1n });
  }, 30_000);
});

test('killed between storing and broadcasting, it answers once all the same (invariant 12)', async () => {
  const one = newChannel();
  const store = new MemoryStore();
  const dying = await newTower({
    account: 3,
    store,
    writer: (real) =>
      Object.assign(real, {
        broadcast: async () => {
          throw new Error('killed');
        },
      }),
  });
  const before = await dying.sent();
  await dying.show(one, one.agreed(9n));
  await one.challenge(one.agreed(4n));
  await expect(dying.round()).rejects.toThrow('killed');
  expect((await one.status()).finalizesAt).not.toBe(0);
  const again = await newTower({ account: 3, store });
  await rounds(again);
  expect(await one.status()).toMatchObject({ finalizesAt: 0, floorVersion: 9n });
  expect((await again.sent()) - before).toBe(1);
  expect(await one.said('LedgerAnswered')).toBe(1);
}, 30_000);

test('two towers at once, and two processes of one tower, do no harm', async () => {
  const one = newChannel();
  const store = new MemoryStore();
  const towers = [await newTower({ account: 2 }), await newTower({ account: 3, store })];
  const twin = await newTower({ account: 3, store });
  const before = await twin.sent();
  for (const tower of towers) await tower.show(one, one.agreed(9n));
  await one.challenge(one.agreed(4n));
  await Promise.all([...towers, twin].map((tower) => rounds(tower)));
  expect(await one.status()).toMatchObject({ finalizesAt: 0, floorVersion: 9n });
  expect(await one.said('LedgerAnswered')).toBe(1);
  expect((await twin.sent()) - before).toBeLessThanOrEqual(1);
  // Neither is held up by what came to nothing.
  await one.challenge(one.agreed(10n));
  for (const tower of towers) await tower.show(one, one.agreed(12n));
  await Promise.all([...towers, twin].map((tower) => rounds(tower)));
  expect(await one.status()).toMatchObject({ finalizesAt: 0, floorVersion: 12n });
}, 30_000);

test('many channels at once: each gets its answer, the most urgent first', async () => {
  const channels = Array.from({ length: 12 }, newChannel);
  const tower = await newTower();
  for (const one of channels) await tower.show(one, one.agreed(9n));
  for (const one of channels) await one.challenge(one.agreed(4n));
  await rounds(tower, 4);
  for (const one of channels) expect(await one.status()).toMatchObject({ finalizesAt: 0, floorVersion: 9n });
}, 60_000);
