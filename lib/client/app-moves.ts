// SPDX-License-Identifier: MIT
/** A user's own moves on chain: one action for one state, chosen for ever before anybody can see it (invariant 2). */
import { recoverAddress } from '#secp256k1';
import { appStateDigest, stateHash } from '../protocol/digests.ts';
import type { AppOnChain, DisputeView } from '../protocol/dispute.ts';
import { instancesOf } from '../protocol/dispute/plan-apps.ts';
import { isSignedBy } from '../protocol/transition.ts';
import { partyAt } from '../protocol/apply-operation.ts';
import { INITIATOR, type AppInstance, type Bytes, type Hash } from '../protocol/types.ts';
import type { DisputeWatch, Pursuit } from './dispute-watch.ts';
import { IndraError } from './indra-error.ts';
import { newestInstances, positionOf } from './own-moves.ts';
import { chainMayMove, type Patience } from './patience.ts';
import type { Session } from './session.ts';
import { chooseMove, loadMove, type StoredMove } from './stored-move.ts';

export interface Progressed {
  /** Of the state the action led to. */
  readonly version: bigint;
  /** Seconds since 1970. */
  readonly finalizesAt: number;
}

/** The state a move leads to. */
interface Chosen {
  readonly version: bigint;
  readonly result: Hash;
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
   * `unknown_app`, `no_dispute`, `not_turn_taker`, or `invalid_action`: also where this state was moved in otherwise before; with
   * `stale_version` or `dispute_final` where the chain went another way or its time passed first.
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
    return this.#awaitMove(appId, await this.#choose(instance, pursuit, action), patience);
  }

  async #pursuits(): Promise<readonly Pursuit[]> {
    const running = await this.#watch.survey(this.#watch.leaving !== null);
    if (running === null) throw IndraError.from('chain_unavailable');
    const settling = await Promise.all(this.#watch.settling.map((epoch) => this.#watch.surveySettled(epoch)));
    return [running, ...settling.filter((pursuit) => pursuit !== null)];
  }

  /** One parent, one action: what was chosen is stored before its signature can leave (invariant 2). */
  async #choose(instance: AppInstance, { view, holding }: Pursuit, action: Bytes): Promise<Chosen> {
    const { store, key, channel } = this.#session;
    const { chainId } = channel.domain;
    const { id: appId, app } = instance;
    const { on, version, state } = positionOf(instance, view, instancesOf(holding));
    if (state === null || on === null) throw IndraError.from('invalid_state', { appId });
    const made = version > 0n ? await loadMove(store, chainId, appId, version - 1n) : null;
    // Asked for before, and made since: whoever retries is told of that move.
    if (made?.action === action && this.#isResult(made, { version, result: on }))
      return { version, result: on };
    const result = stateHash(await this.#stateAfter(instance, state, action));
    const chosen = { version: version + 1n, result };
    if (app.actionDeadline !== 0 && Math.max(view.chainTime, view.now) > app.actionDeadline)
      throw IndraError.from('invalid_action', { actionDeadline: app.actionDeadline });
    const signature = key.sign(
      appStateDigest(channel.domain, { appId, version: chosen.version, stateHash: result }),
    );
    const stored = await chooseMove(store, chainId, { appId, version, on, action, signature });
    if (stored.action !== action || stored.on !== on)
      throw IndraError.from('invalid_action', { appId, version: version.toString(), chosen: stored.action });
    return chosen;
  }

  /** What a move led to is what its author signed. */
  #isResult({ appId, signature }: StoredMove, { version, result }: Chosen): boolean {
    const { channel, key } = this.#session;
    const digest = appStateDigest(channel.domain, { appId, version, stateHash: result });
    return isSignedBy(recoverAddress, digest, signature, key.address);
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

  /** A transaction that was taken proves nothing: the move is made once the path on chain goes through what it leads to. */
  async #awaitMove(appId: Hash, { version, result }: Chosen, patience: Patience): Promise<Progressed> {
    for (;;) {
      await this.#watch.look();
      const found = (await this.#pursuits()).find(({ view }) => view.apps.has(appId));
      const onChain = found?.view.apps.get(appId);
      const reached = found?.view.paths.get(appId)?.find((point) => point.version === version);
      if (onChain !== undefined && reached?.stateHash === result)
        return { version: onChain.version, finalizesAt: onChain.finalizesAt };
      if (reached !== undefined || (onChain !== undefined && onChain.version - onChain.steps > version))
        throw IndraError.from('stale_version', { appId, version: version.toString() });
      if (found !== undefined && onChain !== undefined && isFinal(onChain, found.view))
        throw IndraError.from('dispute_final', { finalizesAt: onChain.finalizesAt });
      const { heldUp } = this.#watch;
      if (heldUp?.code === 'insufficient_gas') throw heldUp.withOutcome('unknown');
      await chainMayMove(this.#session, patience);
    }
  }
}

const isFinal = ({ finalizesAt }: AppOnChain, { chainTime }: DisputeView): boolean =>
  finalizesAt !== 0 && chainTime >= finalizesAt;
