// SPDX-License-Identifier: MIT
/** The real client and the real hub in one process, in virtual time, over a store that counts what it would cost. */
import { ETHER } from '../../lib/protocol/types.ts';
import { allAlive, isAtRest, runUntil, type Run } from '../../test/model/model-run.ts';
import { ModelWorld } from '../../test/model/model-world.ts';
import { seededRandom } from '../../test/model/random.ts';
import { VirtualClock } from '../../test/model/virtual-clock.ts';
import { Wishes } from '../../test/model/wishes.ts';
import { meteredStore, type Bill, type MeteredStore } from './metered-store.ts';

const DEPOSIT = 10n ** 18n;
const AMOUNT = 10n ** 13n;
const MESSAGE_MS = 20;

/** What `payments` payments cost, `inFlight` at once from each of `users`, from the first call until nothing is open. */
export async function billOf(traffic: {
  readonly users: number;
  readonly payments: number;
  readonly inFlight: number;
}): Promise<Bill> {
  let meter: MeteredStore | undefined;
  const clock = new VirtualClock();
  const random = seededRandom(5);
  const weather = { loss: 0, duplication: 0, delay: MESSAGE_MS, echo: 0 };
  const world = await ModelWorld.create(
    { clock, random, weather, mortality: { deathAt: () => null } },
    (store) => (meter = meteredStore(store)),
  );
  const run: Run = { world, clock, random, wishes: new Wishes(), deposit: DEPOSIT };
  const users = Array.from({ length: traffic.users }, (_, index) =>
    world.addUser(`user ${index}`, index + 1),
  );
  await runUntil(run, () => allAlive(run), 'everybody connects');
  for (const { channel } of users) if (channel !== null) world.chain.put(channel, ETHER, [DEPOSIT, DEPOSIT]);
  const isFunded = (): boolean => users.every((user) => user.client?.balance(ETHER).certain === DEPOSIT);
  await runUntil(run, isFunded, 'deposits count');
  await runUntil(run, () => isAtRest(run), 'nothing is open');

  meter?.reset();
  let left = traffic.payments;
  let lanes = 0;
  const lane = async (index: number): Promise<void> => {
    const payer = users[index % users.length]?.client;
    const payee = users[(index + 1) % users.length];
    if (payer === undefined || payer === null || payee === undefined) throw new Error('nobody to pay');
    while (left > 0) {
      left -= 1;
      await payer.transfer({ to: payee.identifier, asset: ETHER, amount: AMOUNT });
    }
    lanes -= 1;
  };
  for (let index = 0; index < Math.min(traffic.payments, traffic.users * traffic.inFlight); index++) {
    lanes += 1;
    void lane(index);
  }
  await runUntil(run, async () => lanes === 0 && (await isAtRest(run)), 'everything is paid and closed');
  return meter?.bill() ?? {};
}
