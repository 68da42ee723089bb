// SPDX-License-Identifier: MIT
/** Alice and Bob with a deposit each, at a hub that is well, and a clock that moves while somebody waits. */
import type { IndraClient } from '../../lib/client/client.ts';
import type { IndraError } from '../../lib/client/indra-error.ts';
import { ETHER } from '../../lib/protocol/types.ts';
import { ModelWorld, type ModelUser } from './model-world.ts';
import { seededRandom } from './random.ts';
import type { Weather } from './unreliable-line.ts';
import { VirtualClock } from './virtual-clock.ts';

export class TwoUsers {
  readonly clock = new VirtualClock();
  readonly weather: Weather & { loss: number } = { loss: 0, duplication: 0, delay: 2, echo: 0 };
  world!: ModelWorld;
  users!: readonly [ModelUser, ModelUser];
  alice!: IndraClient;
  bob!: IndraClient;

  static async create(deposit: bigint): Promise<TwoUsers> {
    const made = new TwoUsers();
    const { clock, weather } = made;
    const mortality = { deathAt: () => null };
    made.world = await ModelWorld.create({ clock, random: seededRandom(3), weather, mortality });
    made.users = [made.world.addUser('alice', 11), made.world.addUser('bob', 12)];
    made.alice = await made.start(made.users[0]);
    made.bob = await made.start(made.users[1]);
    for (const client of [made.alice, made.bob]) {
      made.world.chain.put(client.channelAddress, ETHER, [deposit, deposit]);
      await made.once(client.settle());
    }
    return made;
  }

  async start(user: ModelUser): Promise<IndraClient> {
    const client = await this.once(this.world.start(user));
    if (client === null) throw new Error(this.world.failures.join('\n'));
    return client;
  }

  /** The process ends without a word, and another begins over what it stored. */
  async restart(user: ModelUser): Promise<IndraClient> {
    user.life.isDead = true;
    return this.start(user);
  }

  /** Lets time pass until the promise is settled. */
  async once<T>(promise: Promise<T>): Promise<T> {
    let isSettled = false;
    const settle = (): void => void (isSettled = true);
    promise.then(settle, settle);
    for (let steps = 0; steps < 20_000 && !isSettled; steps++) await this.clock.step();
    return isSettled ? promise : Promise.reject(new Error('nothing settles it'));
  }

  async pass(seconds: number): Promise<void> {
    const until = this.clock.ms + seconds * 1000;
    while (this.clock.ms < until) await this.clock.step();
  }

  failure(promise: Promise<unknown>): Promise<IndraError> {
    return this.once(
      promise.then(
        (value) => Promise.reject(new Error(`it did not fail: ${String(value)}`)),
        (error: unknown) => error as IndraError,
      ),
    );
  }
}
