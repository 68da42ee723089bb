// SPDX-License-Identifier: MIT
/** A user who signs whatever the test says, straight against the hub's operations. */
import { applyOperations, digestOf } from '../../lib/protocol/transition.ts';
import { encodeTransferState, encodeUnlock } from '../../lib/protocol/apps/transfer-app.ts';
import { toBytes, toHash, toHex } from '../../lib/protocol/bytes.ts';
import { ledgerDigest } from '../../lib/protocol/digests.ts';
import { payeeDeadline, payeeHold, payerHold, type DeadlineTerms } from '../../lib/protocol/deadlines.ts';
import { identifierOf } from '../../lib/protocol/identifier.ts';
import { assetOf } from '../../lib/protocol/ledger.ts';
import type {
  ClaimRoute,
  InstallOperation,
  Operation,
  Proposal,
  SendRoute,
} from '../../lib/protocol/operations.ts';
import { paymentOf } from '../../lib/protocol/payment.ts';
import {
  boundPreimage,
  claimDigest,
  claimKeyOf,
  lockHashOf,
  transferIdOf,
} from '../../lib/protocol/secrets.ts';
import { paymentDigest } from '../../lib/protocol/statement-digests.ts';
import {
  ZERO_HASH,
  type Address,
  type AgreedState,
  type Bytes,
  type Channel,
  type Hash,
  type Pair,
} from '../../lib/protocol/types.ts';
import type { ChannelView, Countersigned } from '../../lib/protocol/wire/requests.ts';
import type { Outcomes } from '../../lib/protocol/errors.ts';
import type { AppCatalogue } from '../../lib/protocol/apps/app-logic.ts';
import type { Caller } from '../../lib/hub/hub.ts';
import { addressOfPrivateKey, publicKey, sign } from '../../lib/signing/native.ts';

/** A hub as a test user meets it: in the same process, or at the other end of a bus. */
export interface HubUnderTest {
  readonly chain: {
    readonly chainId: number;
    readonly challengePeriod: number;
    readonly appPeriods: readonly [number, number];
    readonly patience: number;
    readonly reaction: number;
    readonly transferApp: string;
  };
  readonly catalogue: AppCatalogue;
  /** Seconds the hub keeps between the two deadlines of a transfer. */
  readonly margin: number;
  now(): number;
  open(caller: Caller): Promise<Outcomes<ChannelView>>;
  propose(caller: Caller, proposal: Proposal): Promise<Outcomes<Countersigned>>;
  /** Puts money into the channel on chain, until each party's received is this. */
  arrive(channel: Channel, asset: Address, received: Pair<bigint>): Promise<void>;
}

export interface Sent {
  readonly operation: InstallOperation;
  readonly transferId: Hash;
  readonly secret: Hash;
  /** What the payer signed. */
  readonly digest: Uint8Array;
  readonly preimage: Hash;
  readonly holdUntil: number;
}

export class TestUser {
  readonly key: Uint8Array;
  readonly address: Address;
  readonly identifier: string;
  channel!: Channel;
  state!: AgreedState;
  private readonly hub: HubUnderTest;
  private counter = 0;

  constructor(hub: HubUnderTest, key: number | Uint8Array) {
    this.hub = hub;
    this.key = typeof key === 'number' ? new Uint8Array(32).fill(key) : key;
    this.address = addressOfPrivateKey(this.key) as Address;
    this.identifier = identifierOf(publicKey(this.key));
  }

  get caller(): Caller {
    return { chainId: this.hub.chain.chainId, user: this.address, id: 'test' };
  }

  async open(): Promise<this> {
    const view = await this.hub.open(this.caller);
    if (!view.ok) throw new Error(view.error.code);
    this.channel = view.value.channel;
    this.state = view.value.state;
    return this;
  }

  sign(digest: Uint8Array): Bytes {
    return toHex(sign(digest, this.key));
  }

  /** Signs what the operations give at the next version, or the version asked for. */
  proposal(operations: readonly Operation[], version = this.state.ledger.version + 1n): Proposal {
    const next = applyOperations(this.channel, this.hub.catalogue, this.state, version, operations);
    const signature = next.ok
      ? this.sign(digestOf(this.channel, next.value))
      : (`0x${'00'.repeat(65)}` as Bytes);
    const { ledger } = this.state;
    return {
      channel: this.channel.address,
      epoch: ledger.epoch,
      version,
      previous: { version: ledger.version, digest: toHash(ledgerDigest(this.channel.domain, ledger)) },
      operations,
      signature,
    };
  }

  send(proposal: Proposal): Promise<Outcomes<Countersigned>> {
    return this.hub.propose(this.caller, proposal);
  }

  /** Adopts what the hub's countersignature makes agreed. */
  adopt(proposal: Proposal, reply: Countersigned): void {
    const next = applyOperations(
      this.channel,
      this.hub.catalogue,
      this.state,
      proposal.version,
      proposal.operations,
    );
    if (!next.ok) throw new Error(next.error.code);
    this.state = { ...next.value, signatures: [proposal.signature, reply.signature] };
  }

  async propose(...operations: readonly Operation[]): Promise<Outcomes<Countersigned>> {
    const proposal = this.proposal(operations);
    const reply = await this.send(proposal);
    if (reply.ok) this.adopt(proposal, reply.value);
    return reply;
  }

  /** Money on chain, processed: the user's own and the hub's. */
  async fund(asset: Address, own: bigint, hubs = 0n): Promise<void> {
    await this.hub.arrive(this.channel, asset, [own, hubs]);
    const reply = await this.propose({ kind: 'deposit', asset, deposits: [own, hubs] });
    if (!reply.ok) throw new Error(reply.error.code);
  }

  balance(asset: Address): bigint {
    return assetOf(this.state.ledger, asset).balances[0];
  }

  /** A transfer to a named user, or for the bearer of its secret. */
  transfer(asset: Address, amount: bigint, to: TestUser | null, options: Partial<SendRoute> = {}): Sent {
    const now = this.hub.now();
    const count = (this.counter += 1);
    const secret = this.unique(16, count);
    const paymentId = options.paymentId ?? this.unique(8, count);
    const expiresAt = options.expiresAt ?? now + 86_400;
    const { appPeriods, chainId } = this.hub.chain;
    const holdUntil = payerHold(this.terms, expiresAt);
    const transferId = transferIdOf(chainId, this.channel.address, paymentId);
    const unsigned = {
      kind: 'send',
      paymentId,
      recipient: to?.address ?? null,
      claimant: to === null ? (addressOfPrivateKey(claimKeyOf(secret)) as Address) : null,
      sealed: null,
      expiresAt,
      toChainId: chainId,
      asset,
      amount,
      metadata: null,
      ...options,
    } as const;
    const digest = paymentDigest(
      this.channel.domain,
      paymentOf({ ...unsigned, transferId, payer: this.address }),
    );
    const route: SendRoute = { signature: this.sign(digest), ...unsigned };
    const preimage = boundPreimage(secret, digest);
    const { operation } = this.install(asset, amount, preimage, route, {
      participants: [this.address, this.channel.responder],
      periods: appPeriods,
      actionDeadline: 0,
      holdUntil,
    });
    return {
      operation,
      transferId,
      secret,
      digest,
      preimage,
      holdUntil,
    };
  }

  /** The payee's half of `sent`. */
  claim(sent: Sent, change: Partial<InstallOperation['app']> = {}): InstallOperation {
    const stake = sent.operation.app.stakes[0]!;
    const proof = toHex(sign(claimDigest(sent.transferId, this.channel.address), claimKeyOf(sent.secret)));
    const route: ClaimRoute = {
      kind: 'claim',
      transferId: sent.transferId,
      proof: sent.operation.route?.kind === 'send' && sent.operation.route.recipient === null ? proof : null,
    };
    const actionDeadline = payeeDeadline(this.terms, sent.holdUntil);
    const terms = {
      participants: [this.channel.responder, this.address],
      periods: [this.hub.chain.appPeriods[1], this.hub.chain.appPeriods[0]],
      actionDeadline,
      holdUntil: payeeHold(change.actionDeadline ?? actionDeadline),
      ...change,
    } as const;
    return this.install(stake.asset, stake.amounts[0], sent.preimage, route, terms).operation;
  }

  private get terms(): DeadlineTerms {
    return { ...this.hub.chain, margin: this.hub.margin };
  }

  private install(
    asset: Address,
    amount: bigint,
    preimage: Hash,
    route: SendRoute | ClaimRoute,
    terms: Pick<InstallOperation['app'], 'participants' | 'periods' | 'actionDeadline' | 'holdUntil'>,
  ): { readonly operation: InstallOperation } {
    const nonce = this.unique(4, (this.counter += 1));
    return {
      operation: {
        kind: 'install',
        route,
        state: encodeTransferState({ amount, lockHash: lockHashOf(preimage), preimage: ZERO_HASH }),
        app: {
          ...terms,
          nonce,
          definition: this.hub.chain.transferApp as string as Address,
          outcomeType: 1,
          stakes: [{ asset, amounts: [amount, 0n] }],
        },
      },
    };
  }

  /** 32 bytes that differ by user, place and count. */
  private unique(place: number, count: number): Hash {
    const bytes = Uint8Array.from(this.key);
    new DataView(bytes.buffer).setUint32(place, count);
    return toHash(bytes);
  }

  /** The open app of a transfer with this secret. */
  appOf(sent: Sent): Hash {
    const lockHash = toBytes(lockHashOf(sent.preimage));
    const open = this.state.apps.find((instance) => instance.state.includes(toHex(lockHash).slice(2)));
    if (open === undefined) throw new Error('no such app is open');
    return open.id;
  }

  /** Shows the preimage and closes the app: what the payee does, with its word on it, and the payer's settlement of it. */
  unlock(sent: Sent): readonly Operation[] {
    const appId = this.appOf(sent);
    const claimerSignature = this.sign(sent.digest);
    return [
      { kind: 'update', appId, action: encodeUnlock(sent.preimage), claimerSignature },
      { kind: 'uninstall', appId },
    ];
  }
}
