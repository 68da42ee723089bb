// SPDX-License-Identifier: MIT
/** A user's own moves on chain: one action for one state, chosen for ever before anybody can see it (invariant 2). */
import { appStateDigest, stateHash } from '../protocol/digests.ts';
import type { AppOnChain } from '../protocol/dispute.ts';
import { partyAt } from '../protocol/apply-operation.ts';
import { INITIATOR, type AppInstance, type Bytes, type Hash } from '../protocol/types.ts';
import type { DisputeWatch, Pursuit } from './dispute-watch.ts';
import { IndraError } from './indra-error.ts';
import { newestInstances, positionOf } from './own-moves.ts';
import { chainMayMove, type Patience } from './patience.ts';
import type { Session } from './session.ts';
import { chooseMove, loadMove } from './stored-move.ts';

export interface Progressed {
  /** Of the state the action led to. */
  readonly version: bigint;
  /** Seconds since 1970. */
  readonly finalizesAt: number;
}

export class AppMoves {
  readonly #session: Session;
  readonly #watch: DisputeWatch;

  constructor(session: Session, watch: DisputeWatch) {
    this.#session = session;
    this.#watch = watch;
  }

  /**
   * A move on chain, in an app that is disputed there or whose ledger is. Resolves once the registry took it. Rejects with
   * `unknown_app`, `no_dispute`, `not_turn_taker`, or `invalid_action`: also where this state was moved in otherwise before.
   */
  async make(appId: Hash, action: Bytes, patience: Patience): Promise<Progressed> {
    await this.#watch.look();
    const pursuits = await this.#pursuits();
    const found = pursuits.flatMap((pursuit) =>
      newestInstances(pursuit.holding.states)
        .filter(({ id }) => id === appId)
        .map((instance) => ({ pursuit, instance })),
    )[0];
    if (found === undefined) throw IndraError.from('unknown_app', { appId });
    const { instance, pursuit } = found;
    const { view } = pursuit;
    const onChain = view.apps.get(appId);
    const isReachable =
      (onChain?.finalizesAt ?? 0) !== 0 ||
      view.ledger.finalizesAt !== 0 ||
      view.ledger.epoch > pursuit.holding.epoch;
    if (!isReachable) throw IndraError.from('no_dispute', { appId });
    const version = await this.#choose(instance, onChain, pursuit, action);
    return this.#awaitMove(appId, version, patience);
  }

  async #pursuits(): Promise<readonly Pursuit[]> {
    const running = await this.#watch.survey(this.#watch.leaving !== null);
    if (running === null) throw IndraError.from('chain_unavailable');
    const settling = await Promise.all(this.#watch.settling.map((epoch) => this.#watch.surveySettled(epoch)));
    return [running, ...settling.filter((pursuit) => pursuit !== null)];
  }

  /** One parent, one action: what was chosen is stored before its signature can leave (invariant 2). Returns the parent's version. */
  async #choose(
    instance: AppInstance,
    onChain: AppOnChain | undefined,
    { view, holding }: Pursuit,
    action: Bytes,
  ): Promise<bigint> {
    const { store, key, channel } = this.#session;
    const { id: appId, app } = instance;
    const { on, version, state } = positionOf(instance, onChain, view);
    if (state === null) throw IndraError.from('invalid_state', { appId });
    // Asked for before, and made since: whoever retries is told of that move.
    const made =
      version > 0n ? await loadMove(store, holding.channel.domain.chainId, appId, version - 1n) : null;
    if (made?.action === action && (await this.#isOthersTurn(instance, state))) return version - 1n;
    const next = await this.#stateAfter(instance, state, action);
    const digest = appStateDigest(channel.domain, {
      appId,
      version: version + 1n,
      stateHash: stateHash(next),
    });
    if (app.actionDeadline !== 0 && Math.max(view.chainTime, view.now) > app.actionDeadline)
      throw IndraError.from('invalid_action', { actionDeadline: app.actionDeadline });
    const move = { appId, version, on, action, signature: key.sign(digest) };
    const chosen = await chooseMove(store, holding.channel.domain.chainId, move);
    if (chosen.action !== action || chosen.on !== on)
      throw IndraError.from('invalid_action', { appId, version: version.toString(), chosen: chosen.action });
    return version;
  }

  /** By the twin of the app's contract where there is one, else by the contract itself. */
  async #stateAfter(instance: AppInstance, state: Bytes, action: Bytes): Promise<Bytes> {
    const { catalogue, reader } = this.#session;
    const { definition } = instance.app;
    if (await this.#isOthersTurn(instance, state)) throw IndraError.from('not_turn_taker');
    const applied =
      catalogue.get(definition)?.applyAction(state, action) ??
      (await reader.appAction(definition, state, action));
    if (!applied.ok) throw IndraError.of(applied.error);
    return applied.value;
  }

  /** Nobody's turn counts as the other's. */
  async #isOthersTurn({ app }: AppInstance, state: Bytes): Promise<boolean> {
    const { catalogue, reader, channel } = this.#session;
    const twin = catalogue.get(app.definition);
    if (twin !== undefined)
      return twin.isTerminal(state) || partyAt(channel, app, twin.turnTaker(state)) !== INITIATOR;
    const turn = await reader.appTurn(app, state);
    if (!turn.ok) throw IndraError.of(turn.error);
    return turn.value.taker !== channel.initiator;
  }

  async #awaitMove(appId: Hash, version: bigint, patience: Patience): Promise<Progressed> {
    for (;;) {
      await this.#watch.look();
      const found = (await this.#pursuits()).map(({ view }) => view.apps.get(appId)).find(Boolean);
      if (found !== undefined && found.version > version)
        return { version: found.version, finalizesAt: found.finalizesAt };
      const { heldUp } = this.#watch;
      if (heldUp?.code === 'insufficient_gas') throw heldUp.withOutcome('unknown');
      await chainMayMove(this.#session, patience);
    }
  }
}
