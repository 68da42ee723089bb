// SPDX-License-Identifier: MIT
/** The real client and the real hub, in one process, with bad weather and sudden deaths between them. */
import { toJson } from '../../lib/protocol/wire/primitives.ts';
import { connect } from '../../lib/client/connect.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import { parseDescription, type HubDescription } from '../../lib/client/hub-description.ts';
import type { Hub } from '../../lib/hub/hub.ts';
import { sweep } from '../../lib/hub/timers/sweep.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import type { Address, Hash } from '../../lib/protocol/types.ts';
import { publicConfig } from '../../functions/config/public-config.ts';
import { identifierOf } from '../../lib/protocol/identifier.ts';
import { addressOfPrivateKey, publicKey } from '../../lib/signing/native.ts';
import { MemoryStore } from '../../lib/store/memory-store.ts';
import type { Store } from '../../lib/store/store.ts';
import { createTestHub, TEST_CHAIN, testHubKey, type TestHub } from '../harness/hub-in-memory.ts';
import { quietReader } from '../harness/quiet-chain.ts';
import { ScriptedChainWriter } from '../harness/scripted-chain-writer.ts';
import { knock } from './hub-door.ts';
import { LedgerBook } from './ledger-book.ts';
import { mortalStore, type Life, type Mortality } from './mortal-store.ts';
import type { Random } from './random.ts';
import { unreliableLine, type UnreliableLine, type Weather } from './unreliable-line.ts';
import type { VirtualClock } from './virtual-clock.ts';
import { PROTOCOL_VERSION } from '../../lib/protocol/subjects.ts';

export interface ModelUser {
  readonly name: string;
  readonly key: Uint8Array;
  readonly address: Address;
  readonly identifier: string;
  /** Known once the user was connected. */
  channel: Address | null;
  readonly store: Store;
  /** Null between a death and the next connection. */
  client: IndraClient | null;
  line: UnreliableLine | null;
  life: Life;
  /** A new process is on its way. */
  isStarting: boolean;
  deaths: number;
}

export interface ModelOptions {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly weather: Weather;
  readonly mortality: Mortality;
}

const WATCH_EVERY_MS = 30_000;
const SWEEP_EVERY_MS = 5_000;

export class ModelWorld {
  readonly book = new LedgerBook();
  readonly users: ModelUser[] = [];
  readonly failures: string[] = [];
  readonly hubStore = new MemoryStore();
  readonly #options: ModelOptions;
  #test!: TestHub;
  #description!: HubDescription;

  private constructor(options: ModelOptions) {
    this.#options = options;
  }

  static async create(options: ModelOptions): Promise<ModelWorld> {
    const world = new ModelWorld(options);
    const test = await createTestHub({ store: world.hubStore, writer: new ScriptedChainWriter() });
    world.#test = test;
    const config = {
      protocol: PROTOCOL_VERSION,
      stage: 'test',
      chains: [TEST_CHAIN],
      limits: test.hub.config.limits,
      nats: { publicUrls: [], publicWebsocketUrls: [] },
    };
    world.#description = parseDescription(
      publicConfig(config as never, { identifier: testHubKey.identifier, address: testHubKey.address }),
    );
    world.#tick();
    return world;
  }

  get chain(): TestHub['world'] {
    return this.#test.world;
  }

  get hub(): Hub {
    return this.#test.hub;
  }

  addUser(name: string, seed: number): ModelUser {
    const key = new Uint8Array(32).fill(seed);
    const user: ModelUser = {
      name,
      key,
      address: addressOfPrivateKey(key) as string as Address,
      identifier: identifierOf(publicKey(key)),
      channel: null,
      store: new MemoryStore({ maxBodyBytes: Infinity }),
      client: null,
      line: null,
      life: { isDead: true, onDeath: () => {} },
      isStarting: false,
      deaths: 0,
    };
    this.users.push(user);
    return user;
  }

  /** A new process of the user over what the last one stored. Null if it died on the way. */
  async start(user: ModelUser): Promise<IndraClient | null> {
    const { clock, mortality, random, weather } = this.#options;
    const life: Life = { isDead: false, onDeath: () => {} };
    const died = new Promise<null>((resolve) => {
      life.onDeath = () => {
        user.deaths += 1;
        user.client = null;
        resolve(null);
      };
    });
    const line = unreliableLine({
      clock,
      random,
      weather,
      life,
      deliver: (operation, body, id) => this.#deliver(user, operation, body, id),
      onSend: (_operation, body) => this.book.left(body, TEST_CHAIN.chainId, user.store),
    });
    user.life = life;
    user.line = line;
    const connecting = connect({
      hubUrl: 'http://hub.test',
      key: user.key,
      store: mortalStore(user.store, user.name, life, mortality),
      transport: line,
      reader: quietReader(this.#test.world),
      chain: { trustHubRpc: true },
      description: this.#description,
      clock,
      pollMs: 2_000,
    });
    const client = await Promise.race([connecting, died]).catch((cause: unknown) => {
      // A connection that fails is tried again, as an app would; what it failed with is part of the picture.
      this.failures.push(`${user.name}: ${String(cause)} ${(cause as { code?: string }).code ?? ''}`);
      life.isDead = true;
      return null;
    });
    if (client !== null && !life.isDead) {
      client.on('writer', ({ error }) =>
        this.failures.push(`${user.name} halted: ${JSON.stringify(error?.details)} ${error?.code}`),
      );
      user.client = client;
      user.channel = client.channelAddress;
    }
    return user.client;
  }

  /** Amounts by digest. */
  readonly executed = new Map<Hash, bigint>();

  executeWithdrawal(digest: Hash, amount: bigint): void {
    this.chain.executed.add(digest);
    this.executed.set(digest, amount);
  }

  /** The hub's half of one request, in a process of its own that may die at any write. */
  async #deliver(
    user: ModelUser,
    operation: string,
    body: unknown,
    id: string,
  ): Promise<Outcomes<unknown> | null> {
    const outcome = await this.#inProcess((hub) =>
      knock(hub, this.#test.chain, { chainId: TEST_CHAIN.chainId, user: user.address, id }, operation, body),
    );
    if (outcome !== null) await this.book.answered(body, outcome, TEST_CHAIN.chainId, this.hubStore);
    return outcome;
  }

  async #inProcess<T>(run: (hub: Hub) => Promise<T>): Promise<T | null> {
    const life: Life = { isDead: false, onDeath: () => {} };
    const died = new Promise<null>((resolve) => {
      life.onDeath = () => resolve(null);
    });
    const hub: Hub = {
      ...this.#test.hub,
      store: mortalStore(this.hubStore, 'hub', life, this.#options.mortality),
      bus: {
        trigger: () => {},
        event: (to, event) => {
          if (life.isDead) return;
          const listener = this.users.find((other) => other.address === to);
          listener?.line?.hear({ ...toJson(event), v: PROTOCOL_VERSION, id: 'event' } as never);
        },
      },
    };
    return Promise.race([run(hub), died]);
  }

  /** The hub's clock and cursor follow the common clock; the sweep comes by. */
  #tick(): void {
    const { clock } = this.#options;
    let watchedAt = 0;
    const tick = async (): Promise<void> => {
      const { world } = this.#test;
      world.block = { ...world.block, number: world.block.number + 1, timestamp: clock.now() };
      if (clock.ms - watchedAt >= WATCH_EVERY_MS) {
        watchedAt = clock.ms;
        await this.#test.pass(0);
      }
      await this.#inProcess((hub) => sweep(hub, this.#test.chain));
      clock.after(SWEEP_EVERY_MS, () => void tick());
    };
    clock.after(0, () => void tick());
  }
}
