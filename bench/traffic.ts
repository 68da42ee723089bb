// SPDX-License-Identifier: MIT
/** Users who pay each other through the hub. A payment counts when the payee has it: agreed and durable on both sides. */
import { randomBytes } from 'node:crypto';
import { connect } from '../lib/client/connect.ts';
import type { IndraClient } from '../lib/client/client.ts';
import { ETHER, type Hash } from '../lib/protocol/types.ts';
import type { Store } from '../lib/store/store.ts';
import type { World } from '../infra/local/world.ts';

/** Wei of one payment: small, so that nobody runs dry. */
const AMOUNT = 1_000n;
const DEPOSIT = 10n ** 15n;

export interface Traffic {
  readonly users: readonly IndraClient[];
  /** Sends payments for this long with so many in flight; milliseconds each took, from the call to the payee's money. */
  run(milliseconds: number, inFlight: number): Promise<readonly number[]>;
  close(): Promise<void>;
}

export async function startTraffic(world: World, store: Store, count: number): Promise<Traffic> {
  const users: IndraClient[] = [];
  for (let index = 0; index < count; index++) {
    const { hubUrl, chain } = world;
    const client = await connect({
      hubUrl,
      key: randomBytes(32),
      store,
      chain: { rpcUrl: chain.rpcUrl },
    });
    users.push(client);
    await world.fund(client.channelAddress, { ether: DEPOSIT, token: 0n });
  }
  await Promise.all(users.map((user) => funded(user)));
  const arrivals = new Map<Hash, (at: number) => void>();
  const early = new Map<Hash, number>();
  for (const user of users)
    user.on('payment.received', ({ transferId }) => {
      const arrived = arrivals.get(transferId);
      if (arrived === undefined) early.set(transferId, performance.now());
      else arrived(performance.now());
      arrivals.delete(transferId);
    });

  const payOnce = async (from: IndraClient, to: IndraClient): Promise<number> => {
    const began = performance.now();
    const { transferId } = await from.transfer({ to: to.identifier, asset: ETHER, amount: AMOUNT });
    const known = early.get(transferId);
    early.delete(transferId);
    const at = known ?? (await new Promise<number>((resolve) => arrivals.set(transferId, resolve)));
    return at - began;
  };

  return {
    users,
    async run(milliseconds, inFlight) {
      const end = performance.now() + milliseconds;
      const took: number[] = [];
      const lane = async (index: number): Promise<void> => {
        for (let turn = index; performance.now() < end; turn++) {
          const from = users[turn % count];
          const to = users[(turn + 1 + (index % (count - 1))) % count];
          if (from !== undefined && to !== undefined && from !== to) took.push(await payOnce(from, to));
        }
      };
      await Promise.all(Array.from({ length: inFlight }, (_, index) => lane(index)));
      return took;
    },
    async close() {
      await Promise.all(users.map((user) => user.close()));
    },
  };
}

/** Resolves when the user can send and be sent money. */
async function funded(user: IndraClient): Promise<void> {
  const isFunded = (): boolean => {
    const balance = user.balance(ETHER);
    return balance.available >= DEPOSIT && balance.receivable > DEPOSIT;
  };
  while (!isFunded()) await user.settle();
}
