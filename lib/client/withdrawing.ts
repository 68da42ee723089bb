// SPDX-License-Identifier: MIT
/**
 * A withdrawal asked for by its user, made once. Its id is the nonce that is signed. What became of an earlier call with the
 * same id follows from the record and the chain, never from a note that it was done.
 */
import { withdrawalOf } from '../protocol/apply-operation.ts';
import { toBytes, toHash } from '../protocol/bytes.ts';
import { withdrawalDigest } from '../protocol/digests.ts';
import { INITIATOR, NO_ADDRESS, type Hash } from '../protocol/types.ts';
import { invalid } from './door/argument.ts';
import type { WithdrawRequest } from './door/requests.ts';
import { IndraError } from './indra-error.ts';
import type { WithdrawIntent } from './intents.ts';
import type { Patience } from './patience.ts';
import { newPaymentId } from './payments.ts';
import type { Session } from './session.ts';
import { UntoldCalls } from './untold-calls.ts';
import { keepWithdrawalSignature, withdrawalFacts, type WithdrawalFacts } from './withdrawal-facts.ts';
import type { SignedWithdrawal, Withdrawals } from './withdrawals.ts';

const DAY = 24 * 3600;

type Terms = Pick<WithdrawRequest, 'asset' | 'amount' | 'recipient'>;

const termsOf = ({ asset, amount, recipient }: Terms): Terms => ({ asset, amount, recipient });

export class Withdrawing {
  readonly #session: Session;
  readonly #withdrawals: Withdrawals;
  readonly #untold = new UntoldCalls<Hash>();

  constructor(session: Session, withdrawals: Withdrawals) {
    this.#session = session;
    this.#withdrawals = withdrawals;
    // The process that asked for these ended before it could be told.
    for (const intent of session.inherited)
      if (intent.kind === 'withdraw') this.#untold.leave(termsOf(intent), intent.nonce);
  }

  async withdraw(request: WithdrawRequest, call: Patience): Promise<SignedWithdrawal> {
    const { writer, clock } = this.#session;
    const { withdrawalId: given, sendBy = 'hub', deadline = clock.now() + DAY } = request;
    if (deadline <= clock.now()) throw invalid('deadline', 'it has passed already');
    if (sendBy === 'hub') this.#checkSent(request);
    const terms = termsOf(request);
    const untold = given === undefined ? this.#untold.take(terms) : null;
    const withdrawalId = given ?? untold ?? newPaymentId();
    const { epoch } = writer.record.agreed.ledger;
    const progress: { begun: WithdrawIntent | null } = { begun: null };
    call.name({ withdrawalId });
    call.onGiveUp(() => progress.begun === null || writer.retract(progress.begun));
    if (given === undefined)
      call.onFailure((isUnknown) => {
        if (isUnknown || untold !== null) this.#untold.leave(terms, withdrawalId);
      });

    const wanted = { ...terms, withdrawalId, epoch, deadline, signature: null };
    const { facts, isNew } = await this.#facts(wanted);
    if (call.signal.aborted) throw IndraError.from('aborted', undefined, 'unchanged');
    const isSame =
      facts.asset === terms.asset && facts.amount === terms.amount && facts.recipient === terms.recipient;
    if (!isSame) throw IndraError.from('id_in_use', { withdrawalId });
    const intent = intentOf(facts);
    const digest = this.#digest(facts, intent);
    call.name({ withdrawalId, digest });
    const earlier = isNew || writer.isPending(intent) ? null : await this.#madeBefore(facts, digest);
    if (call.signal.aborted) throw IndraError.from('aborted', undefined, 'unchanged');

    if (sendBy === 'caller') this.#withdrawals.sendOneself(digest);
    if (earlier === null) {
      progress.begun = intent;
      await writer.submit(intent, { id: call.id });
    }
    const signed = earlier ?? this.#withdrawals.signed(digest);
    if (signed === null) throw IndraError.from('unknown_withdrawal', { digest });
    await this.#keep(withdrawalId, signed);
    if (sendBy === 'hub') await this.#withdrawals.submit(digest, call.id, call.signal);
    return signed;
  }

  /** What the hub would not send is not asked for: it would be debited, and come back after its deadline. */
  #checkSent({ asset, amount }: WithdrawRequest): void {
    const min = this.#session.chain.assets.find((known) => known.address === asset)?.withdrawal.min ?? 0n;
    if (amount < min)
      throw IndraError.from('amount_out_of_range', { amount: `${amount}`, min: `${min}`, sendBy: 'hub' });
  }

  async #facts(wanted: WithdrawalFacts): ReturnType<typeof withdrawalFacts> {
    const { store, channel } = this.#session;
    try {
      return await withdrawalFacts(store, channel, wanted);
    } catch (cause) {
      throw IndraError.from('store_unavailable', { reason: String(cause) }, 'unchanged');
    }
  }

  /** Before the record may forget it. A store that fails here costs a later retry its reply, and no money. */
  async #keep(withdrawalId: Hash, { signatures }: SignedWithdrawal): Promise<void> {
    const { store, channel } = this.#session;
    await keepWithdrawalSignature(store, channel, withdrawalId, signatures[1]).catch(() => {});
  }

  #digest({ epoch }: WithdrawalFacts, intent: WithdrawIntent): Hash {
    const { channel } = this.#session;
    return toHash(
      withdrawalDigest(channel.domain, withdrawalOf(channel, epoch, { ...intent, party: INITIATOR })),
    );
  }

  /**
   * Null where it was never agreed, and still can be. Rejects with `unknown_withdrawal` where its id is spent: it came back, or
   * its time is over; with `chain_unavailable` where only the chain could tell.
   */
  async #madeBefore(facts: WithdrawalFacts, digest: Hash): Promise<SignedWithdrawal | null> {
    const { writer, channel, clock, key } = this.#session;
    const open = this.#withdrawals.signed(digest);
    if (open !== null) return open;
    const { epoch, deadline, signature } = facts;
    const isExecuted = await this.#withdrawals.isExecuted(digest);
    if (isExecuted === null) throw IndraError.from('chain_unavailable', { digest });
    const isOver = epoch !== writer.record.agreed.ledger.epoch || deadline <= clock.now();
    if (!isExecuted && !isOver) return null;
    if (!isExecuted || signature === null)
      throw IndraError.from('unknown_withdrawal', { digest, deadline, isExecuted });
    const withdrawal = withdrawalOf(channel, epoch, { ...intentOf(facts), party: INITIATOR });
    return { digest, withdrawal, signatures: [key.sign(toBytes(digest)), signature] };
  }
}

const intentOf = ({ withdrawalId, asset, amount, recipient, deadline }: WithdrawalFacts): WithdrawIntent => ({
  kind: 'withdraw',
  nonce: withdrawalId,
  asset,
  amount,
  recipient,
  deadline,
  handler: NO_ADDRESS,
  data: '0x',
});
