// SPDX-License-Identifier: MIT
/**
 * A hub that signs whatever the protocol allows and does nothing else: no policy, no timer, no transaction of its own.
 * A test makes it silent, forgetful or absent at will, and holds its key, so that it can also be dishonest on chain.
 */
import { addressOfPrivateKey, publicKey, recoverAddress, sign } from '#secp256k1';
import { failure, type Reply } from '../../messaging/envelope.ts';
import { Channel as Stream } from '../../messaging/stream.ts';
import type { AppCatalogue } from '../../protocol/apps/app-logic.ts';
import { withdrawalOf } from '../../protocol/apply-operation.ts';
import { toHash, toHex } from '../../protocol/bytes.ts';
import { cancelDigest, withdrawalDigest } from '../../protocol/digests.ts';
import { fault, refuse, type Outcomes } from '../../protocol/errors.ts';
import { identifierOf } from '../../protocol/identifier.ts';
import { firstState } from '../../protocol/ledger.ts';
import type { Proposal } from '../../protocol/operations.ts';
import { ok } from '../../protocol/result.ts';
import { isSignedBy, judgeProposal } from '../../protocol/transition.ts';
import type { Address, AgreedState, Bytes, Channel } from '../../protocol/types.ts';
import { toJson } from '../../protocol/wire/primitives.ts';
import { OPERATIONS, type OperationName, type TransferView } from '../../protocol/wire/requests.ts';
import type { ChainReader, Line } from '../ports.ts';
import { PROTOCOL_VERSION } from '../../protocol/subjects.ts';

const SILENCE_MS = 30;

export class SigningDoor {
  readonly key = new Uint8Array(32).fill(0x42);
  readonly address = addressOfPrivateKey(this.key) as string as Address;
  readonly identifier = identifierOf(publicKey(this.key), 'hub.test');
  /** Operations that get no answer. */
  readonly ignored = new Set<OperationName>();
  /** Operations that are done, and whose answer is lost. */
  readonly swallowed = new Set<OperationName>();
  /** Operations it says no to, for good. */
  readonly refused = new Set<OperationName>();
  isThere = true;
  /** Whether it looks at the chain at all. */
  followsChain = true;
  /** What the hub tells this user it can claim. */
  pending: TransferView[] = [];
  state!: AgreedState;
  readonly #channel: Channel;
  readonly #catalogue: AppCatalogue;
  readonly #reader: Pick<ChainReader, 'latest' | 'challenge'>;

  constructor(parties: {
    readonly channel: (responder: Address) => Channel;
    readonly catalogue: AppCatalogue;
    readonly reader: Pick<ChainReader, 'latest' | 'challenge'>;
  }) {
    this.#channel = parties.channel(this.address);
    this.#catalogue = parties.catalogue;
    this.#reader = parties.reader;
    this.state = firstState(this.#channel.address, 0n);
  }

  sign(digest: Uint8Array): Bytes {
    return toHex(sign(digest, this.key));
  }

  line(): Line {
    const events = new Stream<never>();
    return {
      request: (operation, body, { id = 'none' } = {}) => this.#answer(operation as OperationName, body, id),
      events: () => events,
      publishToPeer: () => refuse('unreachable'),
      peerMessages: () => new Stream<never>(),
      async close() {
        events.close();
      },
    };
  }

  async #answer(operation: OperationName, body: unknown, id: string): Promise<Reply> {
    if (!this.isThere || this.ignored.has(operation)) return this.#silence(id);
    if (this.refused.has(operation)) return failure(id, fault('too_many'));
    const outcome = await this.#run(operation, OPERATIONS[operation][0].parse(body));
    if (this.swallowed.has(operation)) return this.#silence(id);
    return outcome.ok
      ? { v: PROTOCOL_VERSION, id, ok: true, result: JSON.parse(JSON.stringify(toJson(outcome.value))) }
      : failure(id, outcome.error);
  }

  async #silence(id: string): Promise<Reply> {
    await new Promise((resolve) => setTimeout(resolve, SILENCE_MS));
    return failure(id, fault('timeout'));
  }

  async #run(operation: OperationName, body: unknown): Promise<Outcomes<unknown>> {
    await this.#followChain();
    switch (operation) {
      case 'open':
      case 'sync':
        return ok({ channel: this.#channel, state: this.state, receivable: [], disputed: false });
      case 'transfer':
        return ok({ transfers: this.pending });
      case 'withdraw':
        return this.#withdraw(body as never);
      case 'dispute':
        return this.#dispute(body as never);
      case 'collateral':
      case 'update':
        return refuse('busy');
      default:
        return this.#countersign(body as Proposal);
    }
  }

  async #followChain(): Promise<void> {
    if (!this.followsChain) return;
    const latest = await this.#reader.latest();
    const status = latest.ok ? await this.#reader.challenge(this.#channel, latest.value.number) : latest;
    if (status.ok && status.value.epoch !== this.state.ledger.epoch)
      this.state = firstState(this.#channel.address, status.value.epoch);
  }

  #countersign(proposal: Proposal): Outcomes<unknown> {
    const isKnown =
      proposal.version === this.state.ledger.version && this.state.signatures?.[0] === proposal.signature;
    if (!isKnown) {
      const judged = judgeProposal(this.#channel, this.#catalogue, this.state, proposal);
      if (!judged.ok)
        return refuse(judged.error.code, { ...judged.error.details, state: toJson(this.state) });
      const { next, digest } = judged.value;
      if (!isSignedBy(recoverAddress, digest, proposal.signature, this.#channel.initiator))
        return refuse('bad_signature');
      this.state = { ...next, signatures: [proposal.signature, this.sign(digest)] };
    }
    const { ledger, signatures } = this.state;
    const withdrawals = proposal.operations.flatMap((operation) => {
      if (operation.kind !== 'withdraw') return [];
      const digest = withdrawalDigest(
        this.#channel.domain,
        withdrawalOf(this.#channel, ledger.epoch, operation),
      );
      return [{ digest: toHash(digest), signature: this.sign(digest) }];
    });
    return ok({ version: ledger.version, signature: signatures?.[1], withdrawals });
  }

  #withdraw(body: { kind: 'propose'; proposal: Proposal } | { kind: 'submit' | 'status'; digest: string }) {
    if (body.kind !== 'propose')
      return ok({ kind: 'withdrawal', digest: body.digest, status: 'queued', transactionHash: null });
    const answer = this.#countersign(body.proposal);
    return answer.ok ? ok({ kind: 'countersigned', ...(answer.value as object) }) : answer;
  }

  #dispute(body: { kind: 'look' } | { kind: 'cancel'; cancel: Parameters<typeof cancelDigest>[1] }) {
    if (body.kind === 'look') return ok({ kind: 'looked', disputed: false });
    return ok({ kind: 'cancelled', signature: this.sign(cancelDigest(this.#channel.domain, body.cancel)) });
  }
}
