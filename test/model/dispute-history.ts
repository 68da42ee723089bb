// SPDX-License-Identifier: MIT
/**
 * Two users who pay each other through a hub and take old and new ledgers to a real chain as the seed says. What is
 * checked is what the chain shows and what was countersigned, never what the hub believes.
 */
import { prepareMove, type DisputeStep, type PreparedMoves } from '../../lib/protocol/dispute.ts';
import { planDispute } from '../../lib/protocol/dispute/plan.ts';
import { encodeUnlock } from '../../lib/protocol/apps/transfer-app.ts';
import type { LocalChain } from '../../lib/chain/testing/local-chain.ts';
import { loadChannel } from '../../lib/hub/channels.ts';
import { disputesOf } from '../../lib/hub/disputes/dispute-item.ts';
import { leaveChannel } from '../../lib/hub/disputes/leave.ts';
import { loadTransfer } from '../../lib/hub/transfers.ts';
import { assetOf, firstState } from '../../lib/protocol/ledger.ts';
import type { Operation } from '../../lib/protocol/operations.ts';
import type { AgreedState, Hash } from '../../lib/protocol/types.ts';
import { HubOnChain, valueOf, type UserOnChain } from '../harness/hub-on-chain.ts';
import type { Sent } from '../harness/test-user.ts';
import type { Random } from './random.ts';

const PERIOD = 3_600;
const CHAIN_ID = 31337;
const OWN = 1_000n;
const HUBS = 500n;

interface Payment {
  readonly sent: Sent;
  readonly amount: bigint;
  readonly payer: Party;
  readonly payee: Party;
  readonly payerApp: Hash;
  payeeApp: Hash | null;
  /** How each side was closed off chain. */
  payerClosed: 'charged' | 'refunded' | null;
  payeeClosed: 'paid' | 'given up' | null;
}

/** One user, and all it ever agreed to. */
interface Party {
  readonly user: UserOnChain;
  readonly agreed: AgreedState[];
}

const REFUSALS = new Set([
  'channel_disputed',
  'insufficient_balance',
  'insufficient_collateral',
  'transfer_claimed',
  'transfer_pending',
  'transfer_expired',
  'transfer_resolved',
  'transfer_cancelled',
  'invalid_transfer',
]);

export class DisputeHistory {
  readonly #world: HubOnChain;
  readonly #local: LocalChain;
  readonly #random: Random;
  readonly #parties: readonly [Party, Party];
  readonly #payments: Payment[] = [];
  /** What happened, for whoever reads of a failure. */
  readonly log: string[] = [];
  #hubHeld = 0n;
  #hubPutIn = 0n;

  private constructor(local: LocalChain, world: HubOnChain, users: readonly UserOnChain[], random: Random) {
    this.#local = local;
    this.#world = world;
    this.#random = random;
    const [alice, bob] = users.map((user) => ({ user, agreed: [] as AgreedState[] }));
    this.#parties = [alice!, bob!];
  }

  static async begin(
    local: LocalChain,
    keys: readonly Uint8Array[],
    random: Random,
  ): Promise<DisputeHistory> {
    const world = await HubOnChain.create(local, { key: local.keys[1] as Uint8Array });
    const users: UserOnChain[] = [];
    for (const key of keys) users.push(await world.user(key));
    const history = new DisputeHistory(local, world, users, random);
    for (const party of history.#parties) await history.#fund(party);
    history.#hubHeld = await world.balance(world.hub.key.address, local.token);
    return history;
  }

  async #fund({ user, agreed }: Party): Promise<void> {
    await user.fund(this.#local.token, OWN, HUBS);
    agreed.push(user.state);
    this.#hubPutIn += HUBS;
  }

  async play(steps: number): Promise<void> {
    for (let step = 0; step < steps; step++) {
      await this.#step();
      if (this.#random.chance(0.6)) await this.#hubActs();
      await this.#check();
    }
  }

  async #step(): Promise<void> {
    const [one, other] = this.#random.chance(0.5) ? this.#parties : this.#parties.toReversed();
    const kind = this.#random.between(0, 14);
    if (kind <= 3) return this.#pay(one!, other!);
    if (kind <= 8) return this.#goOn();
    if (kind <= 10) return this.#show(one!);
    if (kind === 11) return this.#enforce(one!);
    if (kind === 12) return this.#settle(one!);
    if (kind === 13 && this.#random.chance(0.3)) return this.#operatorLeaves(one!);
    return this.#pass(this.#random.between(60, PERIOD / 2));
  }

  async #hubActs(): Promise<void> {
    // The second sees what became of the first one's transactions.
    for (let ticks = 0; ticks < 2; ticks++) await this.#world.tick();
    for (const party of this.#parties) await this.#follow(party);
  }

  /** Never longer than half a period without a hub: that is what a hub that is up means (invariant 10). */
  async #pass(seconds: number): Promise<void> {
    this.log.push(`pass ${seconds}`);
    await this.#world.pass(seconds);
    await this.#hubActs();
  }

  /** Null where it was agreed to; else why not. */
  async #propose(party: Party, ...operations: readonly Operation[]): Promise<string | null> {
    const { user, agreed } = party;
    const reply = await user.propose(...operations);
    this.log.push(`${operations.map(({ kind }) => kind).join()} ${reply.ok ? 'ok' : reply.error.code}`);
    if (reply.ok) {
      agreed.push(user.state);
      return null;
    }
    expectThat(REFUSALS.has(reply.error.code), `refused with ${reply.error.code}`);
    if (reply.error.code === 'channel_disputed') await this.#isReallyDisputed(user);
    return reply.error.code;
  }

  /** A channel nobody disputes is usable (invariant 13). */
  async #isReallyDisputed(user: UserOnChain): Promise<void> {
    if ((await this.#onChain(user)).finalizesAt !== 0) return;
    await this.#hubActs();
    const now = await this.#body(user);
    expectThat(
      now.challenge === null,
      `not usable, though nobody disputes it: version ${now.challenge?.version}`,
    );
  }

  async #pay(payer: Party, payee: Party): Promise<void> {
    const amount = BigInt(this.#random.between(1, 200));
    const expiresAt = this.#world.hub.clock.now() + this.#random.between(600, 2 * PERIOD);
    const sent = payer.user.transfer(this.#local.token, amount, payee.user, { expiresAt });
    if ((await this.#propose(payer, sent.operation)) !== null) return;
    this.#payments.push({
      sent,
      amount,
      payer,
      payee,
      payerApp: payer.user.appOf(sent),
      payeeApp: null,
      payerClosed: null,
      payeeClosed: null,
    });
  }

  /** The next thing one of the payments is waiting for. */
  async #goOn(): Promise<void> {
    const open = this.#payments.filter(({ payerClosed }) => payerClosed === null);
    const payment = open[this.#random.between(0, Math.max(0, open.length - 1))];
    if (payment === undefined) return;
    if (payment.payeeApp === null) return this.#claim(payment);
    if (payment.payeeClosed === null) return this.#unlock(payment);
    return this.#closePayer(payment);
  }

  async #claim(payment: Payment): Promise<void> {
    const { payee, sent } = payment;
    if ((await this.#propose(payee, payee.user.claim(sent))) === null)
      payment.payeeApp = payee.user.appOf(sent);
  }

  async #unlock(payment: Payment): Promise<void> {
    const { payee, payeeApp, sent } = payment;
    if (!isOpen(payee, payeeApp)) return;
    if ((await this.#propose(payee, ...payee.user.unlock(sent))) === null) payment.payeeClosed = 'paid';
  }

  async #closePayer(payment: Payment): Promise<void> {
    const { payer, payerApp, sent } = payment;
    if (payment.payerClosed !== null || !isOpen(payer, payerApp)) return;
    const { status } = (await loadTransfer(this.#world.hub, sent.transferId))!.transfer;
    const isPaid = status.kind === 'resolved';
    const operations = isPaid ? payer.user.unlock(sent) : [{ kind: 'uninstall', appId: payerApp } as const];
    if ((await this.#propose(payer, ...operations)) === null)
      payment.payerClosed = isPaid ? 'charged' : 'refunded';
  }

  /** Any ledger of this epoch, the one nobody signed included. */
  async #show({ user, agreed }: Party): Promise<void> {
    const { epoch } = user.state.ledger;
    const first = { ...firstState(user.channel.address, epoch), signatures: null };
    const known = [first, ...agreed.filter(({ ledger }) => ledger.epoch === epoch)];
    const { ledger, signatures } = known[this.#random.between(0, known.length - 1)]!;
    await this.#take(user, { kind: 'challenge', ledger, signatures });
  }

  /** Early, late, or with a ledger that is not the final one: the contract says which of these it takes. */
  async #settle({ user, agreed }: Party): Promise<void> {
    const { floorVersion, finalizesAt, epoch } = await this.#onChain(user);
    const shown = agreed.find(
      ({ ledger }) => ledger.version === floorVersion && ledger.epoch === epoch,
    )?.ledger;
    if (finalizesAt !== 0 && shown !== undefined)
      await this.#take(user, { kind: 'settle', ledger: shown, others: [] });
  }

  /** What a user that is alone would do, in the newest epoch it holds anything of and in the one before. */
  async #enforce({ user, agreed }: Party): Promise<void> {
    const newest = new Map(agreed.map((state) => [state.ledger.epoch, state]));
    for (const [epoch, state] of newest) {
      const moves = new Map<Hash, PreparedMoves>();
      for (const { sent, payeeApp } of this.#payments) {
        const instance = state.apps.find(({ id }) => id === payeeApp);
        if (instance === undefined) continue;
        const { id: appId, state: on, version, app } = instance;
        const action = encodeUnlock(sent.preimage);
        const acted = valueOf(this.#world.chain.catalogue.get(app.definition)!.applyAction(on, action));
        moves.set(
          appId,
          prepareMove(user.channel.domain, { appId, on, version, action, state: acted }, (digest) =>
            user.sign(digest),
          ),
        );
      }
      const { channel, address: self } = user;
      const holding = { channel, epoch, self, states: [state], moves, assets: [] };
      const now = this.#world.hub.clock.now();
      const view = valueOf(await this.#world.reader.dispute(holding, { now, fromBlock: 0 }));
      const { steps } = planDispute(holding, view, { leave: false, settleAfter: 0 });
      for (const step of steps) await this.#take(user, step);
    }
  }

  async #operatorLeaves({ user }: Party): Promise<void> {
    this.log.push('operator leaves');
    valueOf(await leaveChannel(this.#world.hub, this.#world.chain, user.channel.address));
  }

  /** The chain may refuse. */
  async #take(user: UserOnChain, step: DisputeStep): Promise<void> {
    const done = await user.take(step).then(
      () => 'done',
      (cause: Error) => {
        if (!/chain_refused|a transaction failed/.test(cause.message)) throw cause;
        return 'refused';
      },
    );
    const version = 'ledger' in step ? ` ${step.ledger.version}` : '';
    this.log.push(`${user.address.slice(0, 6)} ${step.kind}${version} ${done}`);
  }

  /** After a settlement: the newest ledger both signed is what was paid (invariant 10), and the channel goes on (13). */
  async #follow(party: Party): Promise<void> {
    const { user } = party;
    const { token } = this.#local;
    const { epoch } = user.state.ledger;
    const body = await this.#body(user);
    if (body.state.ledger.epoch === epoch) return;
    this.log.push(`${user.address.slice(0, 6)} epoch ${body.state.ledger.epoch}`);
    const settled = valueOf(await this.#world.reader.settlement(user.channel, epoch, 0));
    const paid = settled.find(({ asset }) => asset === token)?.paid;
    const { balances } = assetOf(user.state.ledger, token);
    expectThat(
      paid?.[0] === balances[0] && paid[1] === balances[1],
      `settled at ${paid?.join()}, agreed were ${balances.join()}`,
    );
    await user.open();
    await this.#fund(party);
  }

  async #check(): Promise<void> {
    for (const { user } of this.#parties) {
      const { epoch, finalizesAt } = await this.#onChain(user);
      const { ledger } = user.state;
      expectThat(epoch <= ledger.epoch + 1n, 'the chain is an epoch ahead of the hub');
      if (finalizesAt === 0 && epoch === ledger.epoch) continue;
      await this.#hubActs();
      const after = await this.#onChain(user);
      if (after.epoch !== user.state.ledger.epoch) throw new Error('the hub did not follow the chain');
      // Open still: with the newest ledger, which nothing can answer.
      expectThat(
        after.finalizesAt === 0 || after.floorVersion === user.state.ledger.version,
        `version ${after.floorVersion} stands on chain, ${user.state.ledger.version} was agreed`,
      );
    }
    for (const payment of this.#payments) await this.#checkPayment(payment);
  }

  /** Payment and refund exclude each other (invariant 6). */
  async #checkPayment(payment: Payment): Promise<void> {
    const refunded =
      payment.payerClosed === 'refunded' || (await this.#settledAs(payment.payerApp)) === 'locked';
    const paid = payment.payeeClosed === 'paid' || (await this.#settledAs(payment.payeeApp)) === 'unlocked';
    expectThat(!(refunded && paid), `a payment of ${payment.amount} was paid and refunded`);
  }

  async #settledAs(app: Hash | null): Promise<'locked' | 'unlocked' | null> {
    if (app === null) return null;
    const height = valueOf(await this.#world.reader.latest()).number;
    const { stage, version } = valueOf(await this.#world.reader.app(app, height));
    if (stage !== 'settled') return null;
    return version === 0n ? 'locked' : 'unlocked';
  }

  /** Lets every deadline pass; then all has been decided, and the hub lost nothing in any payment (invariant 7). */
  async finish(): Promise<void> {
    this.log.push('finish');
    const times = this.#payments.map(({ sent }) => sent.holdUntil);
    const last = Math.max(this.#world.hub.clock.now(), ...times) + 3 * PERIOD;
    while (this.#world.hub.clock.now() < last || (await this.#isDisputed())) {
      expectThat(this.#world.hub.clock.now() < last + 10 * PERIOD, 'a dispute does not end');
      await this.#pass(PERIOD / 2);
      for (const party of this.#parties) await this.#enforce(party);
      for (const payment of this.#payments) await this.#closePayer(payment);
      await this.#check();
    }
    for (const payment of this.#payments) await this.#giveUp(payment);
    await this.#pass(PERIOD / 2);
    for (const payment of this.#payments) await this.#closePayer(payment);
    await this.#audit();
  }

  async #isDisputed(): Promise<boolean> {
    for (const { user } of this.#parties)
      if ((await disputesOf(this.#world.hub, CHAIN_ID, user.channel.address)).length > 0) return true;
    return false;
  }

  async #giveUp(payment: Payment): Promise<void> {
    const { payee, payeeApp: appId } = payment;
    if (appId === null || payment.payeeClosed !== null || !isOpen(payee, appId)) return;
    if ((await this.#propose(payee, { kind: 'uninstall', appId })) === null) payment.payeeClosed = 'given up';
  }

  async #audit(): Promise<void> {
    const { token } = this.#local;
    let net = 0n;
    for (const { amount, payerApp, payeeApp, payerClosed, payeeClosed } of this.#payments) {
      const charged = payerClosed === 'charged' || (await this.#settledAs(payerApp)) === 'unlocked';
      const paid = payeeClosed === 'paid' || (await this.#settledAs(payeeApp)) === 'unlocked';
      expectThat(charged || !paid, `the hub paid ${amount} and was not paid`);
      net += (charged ? amount : 0n) - (paid ? amount : 0n);
    }
    const { address } = this.#world.hub.key;
    let held = (await this.#world.balance(address, token)) - this.#hubHeld;
    for (const { user } of this.#parties) {
      held += assetOf(user.state.ledger, token).balances[1];
      const status = await this.#onChain(user);
      expectThat(status.finalizesAt === 0 && status.epoch === user.state.ledger.epoch, 'a channel is stuck');
    }
    expectThat(held === this.#hubPutIn + net, `the hub holds ${held} of ${this.#hubPutIn} and ${net}`);
    for (const [payer, payee] of [this.#parties, this.#parties.toReversed()] as const)
      expectThat(
        (await this.#propose(payer!, payer!.user.transfer(token, 1n, payee!.user).operation)) === null,
        'a channel is not usable in the end',
      );
  }

  async #onChain({ channel }: UserOnChain) {
    const { number } = valueOf(await this.#world.reader.latest());
    return valueOf(await this.#world.reader.challenge(channel, number));
  }

  async #body({ channel }: UserOnChain) {
    return (await loadChannel(this.#world.hub, CHAIN_ID, channel.address))!.body;
  }
}

const isOpen = ({ user }: Party, appId: Hash | null): boolean =>
  user.state.apps.some(({ id }) => id === appId);

function expectThat(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
