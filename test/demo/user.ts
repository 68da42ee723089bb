// SPDX-License-Identifier: MIT
/** One user of the demo: a wallet in a process of its own that does what it is told over IPC, with the SDK and nothing else. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HDNodeWallet, isError, JsonRpcProvider, NonceManager, Wallet } from 'ethers';
import { connect } from '../../lib/client/connect.ts';
import type { IndraClient } from '../../lib/client/client.ts';
import type { ClientEventName } from '../../lib/client/events.ts';
import { keyOfMnemonic, channelKey } from '../../lib/client/channel-key.ts';
import { catalogueOf, chainOf, fetchDescription } from '../../lib/client/hub-description.ts';
import { hubRequests } from '../../lib/client/hub-requests.ts';
import { systemClock } from '../../lib/client/clock.ts';
import { IndraError } from '../../lib/client/indra-error.ts';
import { loadRecord } from '../../lib/client/record-store.ts';
import { openClientStore } from '../../lib/client/store-node.ts';
import { httpTransport } from '../../lib/messaging/http-transport.ts';
import { newCorrelationId } from '../../lib/messaging/envelope.ts';
import { keepSession } from '../../lib/messaging/session-keeper.ts';
import { toBytes } from '../../lib/protocol/bytes.ts';
import type { Address, Ledger } from '../../lib/protocol/types.ts';
import type { Store } from '../../lib/store/store.ts';
import type { Answer, Command, CommandName, Commands, Received, Sent, Start } from './messages.ts';

const POLL_MS = 250;

class User {
  readonly #client: IndraClient;
  readonly #store: Store;
  readonly #seed: string;
  readonly #wallet: NonceManager;
  readonly #account: Address;
  readonly #hubUrl: string;
  readonly #received: Received[] = [];

  private constructor(parts: {
    client: IndraClient;
    store: Store;
    seed: string;
    wallet: Wallet;
    hubUrl: string;
  }) {
    this.#client = parts.client;
    this.#store = parts.store;
    this.#seed = parts.seed;
    this.#wallet = new NonceManager(parts.wallet);
    this.#account = parts.wallet.address.toLowerCase() as Address;
    this.#hubUrl = parts.hubUrl;
    this.#client.on('payment.received', ({ transferId, asset, amount }) =>
      this.#received.push({ transferId, asset, amount, at: now() }),
    );
  }

  static async start({ hubUrl, rpcUrl, folder }: Start): Promise<User> {
    const seed = await seedIn(folder);
    const provider = new JsonRpcProvider(rpcUrl, undefined, { pollingInterval: POLL_MS, cacheTimeout: -1 });
    const wallet = new Wallet(HDNodeWallet.fromPhrase(seed).privateKey, provider);
    const store = await openClientStore(join(folder, 'channel.sqlite'));
    const client = await connect({ hubUrl, mnemonic: seed, store, chain: { rpcUrl }, pollMs: POLL_MS });
    return new User({ client, store, seed, wallet, hubUrl });
  }

  readonly does: { [Name in CommandName]: (parameters: Commands[Name][0]) => Promise<Commands[Name][1]> } = {
    start: async () => ({
      identifier: this.#client.identifier,
      channel: this.#client.channelAddress,
      account: this.#account,
    }),
    deposit: async ({ asset, amount }) => {
      await this.#client.deposit({ asset, amount, signer: this.#wallet });
      return undefined;
    },
    receivable: async ({ asset, amount }) => {
      await this.#until(() => this.#client.balance(asset).receivable >= amount, 'channel.updated');
      return undefined;
    },
    pay: async ({ to, payments }) => {
      const sent: Sent[] = [];
      for (const payment of payments) {
        const at = now();
        const { transferId } = await this.#client.transfer({ to, ...payment });
        sent.push({ transferId, at });
      }
      return sent;
    },
    received: async ({ count }) => {
      await this.#until(() => this.#received.length >= count, 'payment.received');
      return this.#received;
    },
    settled: async () => {
      const isSettled = () =>
        this.#client.balances().every(({ locked, incoming }) => locked + incoming === 0n);
      await this.#until(isSettled, 'channel.updated');
      return undefined;
    },
    link: async (amount) => (await this.#client.createLink(amount)).link,
    redeem: async ({ link }) => this.#client.redeem(link),
    withdraw: async ({ asset }) => {
      const amount = this.#client.balance(asset).available;
      const { digest } = await this.#client.withdraw({ asset, amount, recipient: this.#account });
      await this.#client.withdrawalExecuted(digest);
      return amount;
    },
    report: async () => {
      const [own, hubs] = await Promise.all([this.#ownLedger(), this.#hubsLedger()]);
      return { own, hubs };
    },
  };

  /** Looks after every such event until it is so. */
  #until(isSo: () => boolean, event: ClientEventName): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!isSo()) return;
        stop();
        resolve();
      };
      const stop = this.#client.on(event, look);
      look();
    });
  }

  async #ownLedger(): Promise<Ledger> {
    const chain = chainOf(await fetchDescription(this.#hubUrl, fetch), this.#client.chainId);
    const held = await loadRecord(
      this.#store,
      catalogueOf(chain),
      chain.chainId,
      this.#client.channelAddress,
    );
    if (held === null) throw new Error('the channel is not in its store');
    return held.record.agreed.ledger;
  }

  /** Over the HTTP API, as somebody with the same key and no store would ask. */
  async #hubsLedger(): Promise<Ledger> {
    const key = channelKey(keyOfMnemonic(this.#seed));
    const { chainId, channelAddress } = this.#client;
    const sign = (digest: Uint8Array) => toBytes(key.sign(digest));
    const keeper = await keepSession({ hubUrl: this.#hubUrl, address: key.address, chainId, sign });
    if (!keeper.ok) throw IndraError.of(keeper.error);
    const line = httpTransport({ keeper: keeper.value, chainId });
    const id = newCorrelationId();
    const view = await hubRequests(line, systemClock).insist('sync', { channel: channelAddress }, { id });
    keeper.value.close();
    await line.close();
    return view.state.ledger;
  }
}

async function seedIn(folder: string): Promise<string> {
  const file = join(folder, 'seed');
  const fresh = HDNodeWallet.createRandom().mnemonic?.phrase;
  if (fresh !== undefined) await writeFile(file, fresh, { flag: 'wx', mode: 0o600 }).catch(() => {});
  return readFile(file, 'utf8');
}

const now = (): number => performance.timeOrigin + performance.now();

let user: User | undefined;

async function obey({ name, parameters }: Command): Promise<Commands[CommandName][1]> {
  user ??= await User.start(parameters as Start);
  const act = user.does[name] as (given: unknown) => Promise<Commands[CommandName][1]>;
  return act(parameters);
}

function answer(given: Answer): void {
  process.send?.(given);
}

// Ctrl-C reaches every process of the terminal; the demo ends its users itself, and without it none stays.
process.on('SIGINT', () => {});
process.on('disconnect', () => process.exit(0));
process.on('message', (command: Command) => {
  const { number } = command;
  obey(command).then(
    (result) => answer({ number, ok: true, result }),
    (error: unknown) => answer({ number, ok: false, ...reasonOf(error) }),
  );
});

function reasonOf(error: unknown): { code: string; message: string } {
  if (error instanceof IndraError)
    return { code: error.code, message: `${error.message} ${JSON.stringify(error.details ?? {})}` };
  if (isError(error, 'CALL_EXCEPTION')) return { code: error.code, message: error.shortMessage };
  return { code: 'failed', message: error instanceof Error ? error.message : String(error) };
}
