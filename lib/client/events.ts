// SPDX-License-Identifier: MIT
/** What happens in a client's channel, told once it is durable. Every event can be derived again from state and history. */
import type { Address, Hash } from '../protocol/types.ts';
import type { TowerReceipt } from '../protocol/wire/watchtower.ts';
import { Channel as Buffer } from '../messaging/stream.ts';
import { clientFault, type IndraError } from './indra-error.ts';

interface TransferFacts {
  readonly transferId: Hash;
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
}

/** How an epoch ended for this user. */
export interface Settlement {
  readonly epoch: bigint;
  /** By the settlement and by the apps, in the assets' smallest units; what the channel could not hand over waits for `claim`. */
  readonly paid: readonly { readonly asset: Address; readonly amount: bigint }[];
  /** Apps this user had a part in, each paid after its own time. */
  readonly apps: readonly Hash[];
}

export interface ClientEvents {
  /** The payment is agreed with the hub: it will be paid or come back. */
  'payment.sent': TransferFacts & { readonly paymentId: Hash; readonly to: string | null };
  /** The payee has it: the preimage was shown. */
  'payment.completed': TransferFacts & { readonly paymentId: Hash | null; readonly to: string | null };
  'payment.refunded': TransferFacts & { readonly paymentId: Hash | null; readonly to: string | null };
  /** A payment that outlived the process that asked for it was refused. */
  'payment.failed': TransferFacts & { readonly paymentId: Hash; readonly error: IndraError };
  /** The money is in the agreed balance. */
  'payment.received': TransferFacts & { readonly sender: string | null; readonly note: string | null };
  /** A payment waits for the hub to bring collateral. */
  'payment.waiting': TransferFacts & { readonly sender: string };
  'deposit.confirmed': { readonly asset: Address; readonly amount: bigint };
  'withdrawal.executed': {
    readonly digest: Hash;
    readonly asset: Address;
    readonly amount: bigint;
    readonly recipient: Address;
  };
  'withdrawal.returned': { readonly digest: Hash; readonly asset: Address; readonly amount: bigint };
  'channel.updated': { readonly version: bigint };
  /** There was no local state. What the hub served was signed by this key, but a newer state may exist. */
  'channel.restored': { readonly version: bigint };
  /**
   * After a restore the hub served an older state than it signed, or this store is an old copy: a watchtower holds the version
   * `held`. Nothing is signed until the next epoch; the chain is watched all the same. The receipt is signed by the tower.
   */
  'channel.outdated': {
    readonly epoch: bigint;
    readonly known: bigint;
    readonly held: bigint;
    readonly url: string;
    readonly receipt: TowerReceipt;
  };
  /** A challenge is open, whoever began it: nothing is signed until it is answered, cancelled or settled. Seconds since 1970. */
  'channel.disputed': { readonly finalizesAt: number };
  /** This user's own challenge is on chain. */
  'dispute.started': { readonly epoch: bigint; readonly finalizesAt: number };
  /** A newer state ended the challenge, or both sides did: the channel goes on. */
  'dispute.answered': { readonly epoch: bigint; readonly version: bigint };
  /** The ledger was paid out on chain, and the channel goes on at zero in the epoch `next`. Stakes of open apps come later. */
  'dispute.settled': { readonly epoch: bigint; readonly next: bigint };
  /** An app of a settled epoch paid what it owed this user, if anything. */
  'app.settled': { readonly epoch: bigint; readonly appId: Hash };
  /** Nothing of that epoch is left to be had. */
  'dispute.over': Settlement;
  /** Something must be sent to the chain by this key, whose address has too little ether for gas. */
  'gas.needed': { readonly address: Address; readonly wei: bigint };
  /**
   * Something in this client, or a listener of the app, threw. It is contained: whatever else was to be done is done. Where
   * nobody listens it is written to the console.
   */
  trouble: { readonly part: 'writer' | 'listener'; readonly error: IndraError };
  /** This client only reads from now on, or writes again. */
  writer: { readonly isReadOnly: boolean; readonly error: IndraError | null };
  /** Whether the hub answers, each time that changes. */
  connection: { readonly isOnline: boolean };
  /** The hub is not what it was when it was first used here, so nothing is signed with it. The channel is watched all the same. */
  'hub.changed': { readonly error: IndraError };
  /** A watchtower signed for the newest agreed state. A version above one's own tells of a newer state, where it was lost here. */
  'watchtower.accepted': { readonly url: string; readonly receipt: TowerReceipt };
  /** For a minute and longer it has not taken what it was shown; it is shown again all the same. `since` in seconds. */
  'watchtower.failing': { readonly url: string; readonly since: number; readonly error: IndraError };
}

export type ClientEventName = keyof ClientEvents;
export type ClientEvent = {
  [Name in ClientEventName]: { readonly type: Name } & ClientEvents[Name];
}[ClientEventName];

type Listener = (event: never) => void;

export class EventHub {
  readonly #listeners = new Map<ClientEventName, Set<Listener>>();
  readonly #streams = new Set<Buffer<ClientEvent>>();

  /** Returns how to stop. A listener that throws disturbs nobody else. */
  on<Name extends ClientEventName>(name: Name, listener: (event: ClientEvents[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners.add(listener as Listener));
    return () => void listeners.delete(listener as Listener);
  }

  /** All events from now on. A reader that stays far behind loses the oldest first. */
  stream(): Buffer<ClientEvent> {
    const buffer: Buffer<ClientEvent> = new Buffer({ onClose: () => this.#streams.delete(buffer) });
    this.#streams.add(buffer);
    return buffer;
  }

  emit<Name extends ClientEventName>(name: Name, event: ClientEvents[Name]): void {
    for (const buffer of this.#streams) buffer.push({ type: name, ...event } as ClientEvent);
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        const ended: unknown = (listener as (event: ClientEvents[Name]) => unknown)(event);
        if (ended instanceof Promise) ended.catch((cause: unknown) => this.#contain(name, cause));
      } catch (cause) {
        this.#contain(name, cause);
      }
    }
  }

  /** An app's mistake must not end the process that watches its channel. */
  #contain(name: ClientEventName, cause: unknown): void {
    const isHeard = (this.#listeners.get('trouble')?.size ?? 0) + this.#streams.size > 0;
    if (!isHeard || name === 'trouble') console.error(cause);
    else this.emit('trouble', { part: 'listener', error: clientFault(cause) });
  }

  close(): void {
    for (const buffer of this.#streams) buffer.close();
    this.#listeners.clear();
  }
}
