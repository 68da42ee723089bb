import { expect, test } from '@jest/globals';
import { ETHER } from '../../lib/protocol/types.ts';
import { ModelWorld } from './model-world.ts';
import { seededRandom } from './random.ts';
import { VirtualClock } from './virtual-clock.ts';

async function until<T>(clock: VirtualClock, promise: Promise<T>): Promise<T> {
  let done = false;
  promise.then(
    () => (done = true),
    () => (done = true),
  );
  for (let i = 0; i < 20000; i++) {
    if (done) return promise;
    await clock.step();
    await new Promise((r) => setImmediate(r));
  }
  throw new Error('stuck');
}

test('calm weather', async () => {
  const clock = new VirtualClock();
  const world = await ModelWorld.create({
    clock,
    random: seededRandom(1),
    weather: { loss: 0, duplication: 0, delay: 5, echo: 0 },
    mortality: { deathAt: () => null },
  });
  const a = world.addUser('alice', 11);
  const b = world.addUser('bob', 12);
  const alice = (await until(clock, world.start(a)))!;
  const bob = (await until(clock, world.start(b)))!;
  bob.events();
  const seen: unknown[] = [];
  for (const name of [
    'payment.sent',
    'payment.completed',
    'payment.received',
    'deposit.confirmed',
    'payment.refunded',
  ] as const) {
    alice.on(name, (e) => seen.push(['a', name, e]));
    bob.on(name, (e) => seen.push(['b', name, e]));
  }
  world.chain.put(alice.channelAddress, ETHER, [1000n, 500n]);
  world.chain.put(bob.channelAddress, ETHER, [0n, 500n]);
  await until(clock, alice.settle());
  await until(clock, bob.settle());
  expect(alice.balance(ETHER).available).toBe(1000n);
  const p = await until(clock, alice.transfer({ to: bob.identifier, asset: ETHER, amount: 10n, note: 'hi' }));
  const l = await until(clock, alice.createLink({ asset: ETHER, amount: 7n }));
  await until(clock, bob.redeem(l.link));
  for (let i = 0; i < 300; i++) await clock.step();
  console.log(seen, p, alice.balance(ETHER), bob.balance(ETHER), world.book.violations, world.book.proposals);
  expect(bob.balance(ETHER).certain).toBe(17n);
  const w = await until(clock, bob.withdraw({ asset: ETHER, amount: 5n, recipient: b.address }));
  world.executeWithdrawal(w.digest);
  console.log(await until(clock, bob.withdrawalExecuted(w.digest)));
  console.log(await until(clock, alice.history({ side: 'sent' })));
  await until(clock, alice.close());
});
