// SPDX-License-Identifier: MIT
/**
 * A user pays, closes the wallet and is away, and so is the hub for good. Somebody shows what was true before the payment;
 * the watchtower, a process with no key but its own, shows what is true (invariant 10).
 */
import { expect, test } from '@jest/globals';
import { Wallet } from 'ethers';
import { join } from 'node:path';
import { waitUntil } from '../../infra/local/wait-until.ts';
import { newWatchtower } from '../../infra/local/watchtower-process.ts';
import { startWorld } from '../../infra/local/world.ts';
import { challengeCall } from '../../lib/chain/calls.ts';
import { connect } from '../../lib/client/connect.ts';
import { toBytes } from '../../lib/protocol/bytes.ts';
import { assetOf } from '../../lib/protocol/ledger.ts';
import { ETHER } from '../../lib/protocol/types.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import { contractsIn, readerOf, recordIn, valueOf, thievingHub } from './lone-party.ts';

const newKey = () => toBytes(Wallet.createRandom().privateKey);
const NOBODY = 'http://127.0.0.1:9';

test('what a wallet agreed last stands, though wallet and hub are gone', async () => {
  const world = await startWorld({ store: 'sqlite' });
  const tower = await newWatchtower({
    folder: join(world.folder, 'tower'),
    chain: { ...contractsIn(world), rpcUrl: world.chain.rpcUrl },
  });
  const store = new MemoryStore();
  const { hubUrl, chain } = world;
  const options = { hubUrl, chain: { rpcUrl: chain.rpcUrl }, pollMs: 200, idleMs: 20 };
  const alice = await connect({ ...options, key: newKey(), store, watchtowers: [tower.url, NOBODY] });
  const bob = await connect({ ...options, key: newKey(), store: new MemoryStore() });
  try {
    let held = 0n;
    alice.on('watchtower.accepted', ({ receipt }) => (held = receipt.version));
    const record = () => recordIn(world, store, alice.channelAddress);
    const balance = async () => assetOf((await record()).agreed.ledger, ETHER).balances[0];
    await world.fund(alice.channelAddress, { ether: 1_000n, token: 0n });
    await waitUntil('the deposit', async () => (await balance()) === 1_000n);
    const { agreed: before, channel } = await record();
    await alice.transfer({ to: bob.identifier, asset: ETHER, amount: 10n });
    await waitUntil('the end of the payment', async () => (await record()).agreed.apps.length === 0);
    const { agreed: last } = await record();
    await waitUntil('the watchtower', () => held === last.ledger.version);
    expect(await balance()).toBe(990n);
    await alice.close();
    await bob.close();
    await world.part('functions-1').kill();

    const cheat = await thievingHub(world);
    await cheat.send(challengeCall(contractsIn(world), channel, before));
    const reader = readerOf(world);
    const answered = await waitUntil('the answer', async () => {
      const { number } = valueOf(await reader.latest());
      const status = valueOf(await reader.challenge(channel, number));
      return status.floorVersion === last.ledger.version && status;
    });
    expect(answered).toMatchObject({ finalizesAt: 0, epoch: 0n, challengeId: 1n });
  } finally {
    await Promise.all([alice.close(), bob.close()]);
    await tower.process.stop();
    await world.stop();
  }
}, 180_000);
