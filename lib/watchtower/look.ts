// SPDX-License-Identifier: MIT
/** One channel, as held and as the chain shows it: what is to be sent, and whether to look again. */
import { appId } from '../protocol/digests.ts';
import type { DisputeView, Holding, NamedStep } from '../protocol/dispute.ts';
import { planDispute } from '../protocol/dispute/plan.ts';
import type { Outcomes } from '../protocol/errors.ts';
import { ok } from '../protocol/result.ts';
import type { Channel } from '../protocol/types.ts';
import { REREAD } from './follow.ts';
import type { TowerChain } from './tower.ts';
import type { Held, Watched } from './watched-item.ts';

/** A tower shows newer states: it leaves no channel and settles none (ADR 0008). */
const AIMS = { leave: false, settleAfter: null };

/** Blocks in which the path of a running dispute is looked for: a bound on what a look costs, far above any period. */
const LOOKBACK = 100_000;

/** Something to show, under a key that is the same for as long as the chain stands where it stands. */
export interface Answer {
  readonly key: string;
  readonly step: NamedStep;
  /** Seconds since 1970: after it the registry does not take it any more. */
  readonly before: number;
}

export interface Looked {
  readonly answers: readonly Answer[];
  /** Null: nothing of it can ever be shown any more. */
  readonly next: Watched | null;
}

export async function look(
  { reader }: TowerChain,
  watched: Watched,
  { now, latest }: { readonly now: number; readonly latest: number },
): Promise<Outcomes<Looked>> {
  const { channel } = watched;
  const fromBlock = Math.max(0, latest - LOOKBACK);
  const viewOf = (held: Held) => reader.dispute(holdingOf(channel, held), { now, fromBlock });
  const current = await viewOf(watched.newest);
  if (!current.ok) return current;
  const seen: { readonly held: Held; readonly view: DisputeView }[] = [];
  for (const held of watched.earlier) {
    const view = await viewOf(held);
    if (!view.ok) return view;
    seen.push({ held, view: view.value });
  }
  seen.push({ held: watched.newest, view: current.value });
  const answers = seen.flatMap(({ held, view }) => answersTo(channel, held, view));
  const alive = seen.filter(({ held, view }) => canBeDisputed(held, view)).map(({ held }) => held);
  const { ledger } = current.value;
  const attention = attentionAfter(watched, answers, latest);
  const isOver = ledger.epoch > watched.newest.ledger.epoch && alive.length === 0;
  return ok({
    answers,
    next:
      attention === null && isOver
        ? null
        : {
            ...watched,
            // Only once no reorganization is to be feared, like everything that is forgotten.
            earlier:
              attention === null ? watched.earlier.filter((held) => alive.includes(held)) : watched.earlier,
            isChallenged: ledger.finalizesAt !== 0,
            attention,
          },
  });
}

function attentionAfter(
  { attention }: Watched,
  answers: readonly Answer[],
  latest: number,
): Watched['attention'] {
  if (answers.length > 0)
    return { before: Math.min(...answers.map((answer) => answer.before)), untilBlock: null };
  const before = attention?.before ?? 0;
  const untilBlock = attention?.untilBlock ?? latest + REREAD;
  return latest > untilBlock ? null : { before, untilBlock };
}

const holdingOf = (channel: Channel, held: Held): Holding => ({
  channel,
  epoch: held.ledger.epoch,
  self: null,
  states: [{ ...held, withdrawals: [] }],
  moves: new Map(),
  assets: [],
});

function answersTo(channel: Channel, held: Held, view: DisputeView): readonly Answer[] {
  const holding = holdingOf(channel, held);
  const { epoch } = holding;
  const ledgerSteps = planDispute(holding, view, AIMS).steps.filter((step) => step.kind === 'answer');
  // An app's newer state counts whichever ledger is final, and needs no answer to the ledger first.
  const alone: DisputeView = { ...view, ledger: { ...view.ledger, epoch, finalizesAt: 0 } };
  const appSteps = planDispute(holding, alone, AIMS).steps.filter((step) => step.kind === 'set-app-state');
  return [
    ...ledgerSteps.map((step) => ({
      // Any newer ledger ends the challenge: what is agreed while this one waits is no reason for a second.
      key: `answer#${channel.address}#${epoch}#${view.ledger.challengeId}`,
      step,
      before: view.ledger.finalizesAt,
    })),
    ...appSteps.map((step) => {
      const id = appId(channel.domain, step.app);
      const onChain = view.apps.get(id);
      return {
        key: `state#${id}#${onChain?.challengeId ?? 0n}`,
        step,
        before: onChain?.finalizesAt ?? 0,
      };
    }),
  ];
}

/** Whether anything held of an epoch may still have to be shown. */
function canBeDisputed(held: Held, { chainTime, apps, ledger }: DisputeView): boolean {
  if (ledger.epoch <= held.ledger.epoch) return true;
  return held.apps.some(({ id }) => {
    const onChain = apps.get(id);
    if (onChain === undefined) return true;
    return onChain.stage === 'undecided' && (onChain.finalizesAt === 0 || chainTime < onChain.finalizesAt);
  });
}
