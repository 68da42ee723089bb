// SPDX-License-Identifier: MIT
/** Who may start a challenge, and what a Cancel or a Challenge that somebody kept can still do. Time is left out: anything may come late. */
import { setting, type Claim, type ModelSuite } from './claim.ts';
import { type Model, type Step } from './explore.ts';

type Subject = 'ledger' | 'app';

type WrongNumberRule =
  | 'moves do not raise the challenge number'
  | 'a new base does not raise the challenge number'
  | 'replacing a running challenge does not raise its number'
  | 'a cancelled dispute forgets its number'
  | 'whoever holds a double-signed state may start a challenge'
  | 'a Challenge counts for any number'
  | 'a Challenge to open an app counts again after a cancel'
  | 'a Challenge to open an app counts where it is open already'
  | 'a Challenge to open an app needs no move'
  | 'the least version of a Challenge is not looked at';

interface Bounds {
  readonly wrong?: WrongNumberRule;
  /** Cancels H signs, and Challenges it hands to somebody. */
  readonly cancels: number;
  readonly rights: number;
  /** Where numbers stop, so that the search ends. */
  readonly numbers: number;
}

/** `shown` is the newest version on chain, `replies` what H has put there and wants to stand. */
interface Dispute {
  readonly running: boolean;
  readonly number: number;
  readonly shown: number;
  readonly replies: number;
}

interface Cancel {
  readonly subject: Subject;
  readonly number: number;
  /** H's replies when it signed: those it agreed to give up. */
  readonly replies: number;
}

interface Right {
  readonly subject: Subject;
  readonly number: number;
  readonly used: boolean;
}

interface Position {
  readonly ledger: Dispute;
  readonly app: Dispute;
  readonly turn: 'H' | 'M';
  readonly cancels: readonly Cancel[];
  readonly rights: readonly Right[];
}

/** The newest ledger version both hold; older ones are 0 and 1. */
const NEWEST = 2;
const OLD = [0, 1, NEWEST];

export function challengeNumbers(bounds: Bounds): Model<Position> {
  const { wrong } = bounds;
  const raise = (dispute: Dispute, unless?: WrongNumberRule): Dispute => ({
    ...dispute,
    number: dispute.number + (unless !== undefined && unless === wrong ? 0 : 1),
  });

  /** The ledger put on chain: started, replaced by a newer one, or kept where this or a newer one stands. */
  const putLedger = (ledger: Dispute, version: number): Dispute | undefined => {
    if (!ledger.running)
      return version < ledger.shown ? undefined : raise({ ...ledger, running: true, shown: version });
    if (version <= ledger.shown) return ledger;
    return raise({ ...ledger, shown: version }, 'replacing a running challenge does not raise its number');
  };
  const opened = (app: Dispute): Dispute => raise({ ...app, running: true, shown: 0 });
  const replied = (dispute: Dispute): Dispute => ({ ...dispute, replies: dispute.replies + 1 });
  const moved = (app: Dispute): Dispute =>
    raise({ ...app, shown: app.shown + 1 }, 'moves do not raise the challenge number');

  const party = (at: Position): Step<Position>[] => {
    const steps: Step<Position>[] = [];
    for (const version of OLD) {
      const ledger = putLedger(at.ledger, version);
      if (ledger === undefined || ledger === at.ledger) continue;
      steps.push({
        says: `M challenges with ledger ${version} (challenge ${ledger.number})`,
        to: { ...at, ledger },
      });
      if (!at.app.running)
        steps.push({
          says: `M opens the app from ledger ${version}`,
          to: { ...at, ledger, app: opened(at.app), turn: 'M' },
        });
    }
    if (at.ledger.running && !at.app.running)
      steps.push({ says: 'M opens the app', to: { ...at, app: opened(at.app), turn: 'M' } });
    if (at.app.running && at.turn === 'M')
      steps.push({ says: 'M moves in the app', to: { ...at, app: moved(at.app), turn: 'H' } });
    return steps;
  };

  const honest = (at: Position): Step<Position>[] => {
    const steps: Step<Position>[] = [];
    const put = putLedger(at.ledger, NEWEST);
    if (put !== undefined && put !== at.ledger)
      steps.push({
        says: `H challenges with its newest ledger (challenge ${put.number})`,
        to: { ...at, ledger: replied(put) },
      });
    if (at.app.running && at.turn === 'H')
      steps.push({ says: 'H moves in the app', to: { ...at, app: replied(moved(at.app)), turn: 'M' } });
    if (at.app.running && at.app.replies === 0)
      steps.push({
        says: 'H shows a newer state of the app',
        to: {
          ...at,
          app: replied(raise(at.app, 'a new base does not raise the challenge number')),
          turn: 'M',
        },
      });
    for (const subject of ['ledger', 'app'] as const) {
      const { running, number, replies } = at[subject];
      if (running && at.cancels.length < bounds.cancels)
        steps.push({
          says: `H signs a Cancel of ${subject} challenge ${number}, M keeps it`,
          to: { ...at, cancels: [...at.cancels, { subject, number, replies }] },
        });
      if (!running && at.rights.length < bounds.rights) {
        const right = { subject, number: subject === 'ledger' ? number + 1 : 0, used: false };
        const text = subject === 'ledger' ? `ledger challenge ${right.number}` : 'opening the app';
        steps.push({
          says: `H signs a Challenge for ${text}, a tower carries it`,
          to: { ...at, rights: [...at.rights, right] },
        });
      }
    }
    return steps;
  };

  /** Cancels and Challenges are public once they were sent, and so are states both signed. */
  const anybody = (at: Position): Step<Position>[] => {
    const steps: Step<Position>[] = [];
    if (at.ledger.running && at.ledger.shown < NEWEST)
      steps.push({
        says: `a stranger answers with ledger ${NEWEST}`,
        to: { ...at, ledger: { ...at.ledger, running: false, shown: NEWEST } },
      });
    if (wrong === 'whoever holds a double-signed state may start a challenge' && !at.ledger.running)
      steps.push({
        says: `a stranger challenges with ledger ${NEWEST}`,
        to: { ...at, ledger: putLedger(at.ledger, NEWEST) ?? at.ledger },
        wrong: 'a challenge was started by somebody without a right to',
      });
    for (const cancel of at.cancels) steps.push(...useCancel(at, cancel));
    at.rights.forEach((right, index) => {
      for (const version of OLD) steps.push(...useRight(at, right, index, version));
    });
    return steps;
  };

  const useCancel = (at: Position, { subject, number, replies }: Cancel): Step<Position>[] => {
    const dispute = at[subject];
    if (!dispute.running || dispute.number !== number) return [];
    const forgets = wrong === 'a cancelled dispute forgets its number';
    const cancelled = { ...dispute, running: false, number: forgets ? 0 : number };
    return [
      {
        says: `M sends the Cancel of ${subject} challenge ${number}`,
        to: { ...at, [subject]: cancelled },
        wrong: dispute.replies > replies ? 'a reply of H is erased by a Cancel signed before it' : undefined,
      },
    ];
  };

  const useRight = (at: Position, right: Right, index: number, version: number): Step<Position>[] => {
    const least = wrong === 'the least version of a Challenge is not looked at' ? 0 : NEWEST;
    if (version < least) return [];
    const next = right.subject === 'ledger' ? startLedger(at, right, version) : openFor(at, version);
    const starts =
      next !== undefined && (next.ledger.number > at.ledger.number || next.app.number > at.app.number);
    if (!starts) return [];
    const rights = at.rights.map((each, place) => (place === index ? { ...each, used: true } : each));
    return [
      {
        says: `somebody sends the Challenge for ${right.subject === 'ledger' ? `ledger challenge ${right.number}` : 'opening the app'} with ledger ${version}`,
        to: { ...next, rights },
        wrong: misused(at, right, version, next),
      },
    ];
  };

  const startLedger = (at: Position, right: Right, version: number): Position | undefined => {
    const ledger = putLedger(at.ledger, version);
    const counts = right.number === at.ledger.number + 1 || wrong === 'a Challenge counts for any number';
    return ledger === undefined || !counts ? undefined : { ...at, ledger };
  };

  /** Opens the app and makes H's first move in it, which the carrier holds as well. */
  const openFor = (at: Position, version: number): Position | undefined => {
    const ledger = putLedger(at.ledger, version);
    if (ledger === undefined) return undefined;
    if (at.app.running)
      return wrong === 'a Challenge to open an app counts where it is open already'
        ? { ...at, ledger }
        : undefined;
    if (at.app.number !== 0 && wrong !== 'a Challenge to open an app counts again after a cancel')
      return undefined;
    const app = opened(at.app);
    if (wrong === 'a Challenge to open an app needs no move') return { ...at, ledger, app, turn: 'M' };
    return { ...at, ledger, app: replied(moved(app)), turn: 'M' };
  };

  const misused = (at: Position, right: Right, version: number, next: Position): string | undefined => {
    if (right.used) return 'one signed Challenge started two challenges';
    if (right.subject === 'ledger' && next.ledger.number !== right.number)
      return `a Challenge signed for challenge ${right.number} started challenge ${next.ledger.number}`;
    if (version < NEWEST && version > at.ledger.shown)
      return 'a challenge was started with an older ledger than its signer allowed';
    if (right.subject === 'app' && next.app.shown === 0)
      return 'the app was opened without the move it was opened for';
    return undefined;
  };

  const idle: Dispute = { running: false, number: 0, shown: 0, replies: 0 };
  return {
    start: { ledger: idle, app: idle, turn: 'M', cancels: [], rights: [] },
    steps: (at) =>
      [...party(at), ...honest(at), ...anybody(at)].filter(
        ({ to }) => to.ledger.number <= bounds.numbers && to.app.number <= bounds.numbers + 1,
      ),
    wrong: () => undefined,
  };
}

const unsafe = (wrong: WrongNumberRule): Claim => ({
  rules: wrong,
  safe: false,
  settings: () => [
    setting('a Cancel and a Challenge', challengeNumbers({ wrong, cancels: 1, rights: 1, numbers: 3 })),
  ],
});

export const challengeNumbersSuite: ModelSuite = {
  name: 'challenge-numbers',
  about:
    'nobody without a right starts a challenge, a right counts once, and no Cancel erases a reply made after it',
  claims: [
    {
      rules: 'as chosen',
      safe: true,
      settings: (size) =>
        size === 'small'
          ? [setting('one Cancel, one Challenge', challengeNumbers({ cancels: 1, rights: 1, numbers: 3 }))]
          : [
              setting('two Cancels, one Challenge', challengeNumbers({ cancels: 2, rights: 1, numbers: 4 })),
              setting('one Cancel, two Challenges', challengeNumbers({ cancels: 1, rights: 2, numbers: 4 })),
            ],
    },
    unsafe('moves do not raise the challenge number'),
    unsafe('a new base does not raise the challenge number'),
    unsafe('replacing a running challenge does not raise its number'),
    unsafe('a cancelled dispute forgets its number'),
    unsafe('whoever holds a double-signed state may start a challenge'),
    unsafe('a Challenge counts for any number'),
    unsafe('a Challenge to open an app counts again after a cancel'),
    unsafe('a Challenge to open an app counts where it is open already'),
    unsafe('a Challenge to open an app needs no move'),
    unsafe('the least version of a Challenge is not looked at'),
  ],
};
