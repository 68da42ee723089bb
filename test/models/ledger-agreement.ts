// SPDX-License-Identifier: MIT
/** The initiator, honest, proposes; the responder may keep any countersignature back and show any of the states on chain later. */
import { setting, type Claim, type ModelSuite } from './claim.ts';
import { type Model, type Step } from './explore.ts';

type WrongLedgerRule =
  | 'what came back countersigned is counted alone'
  | 'the initiator counts its last proposal only'
  | 'withdrawals are not counted by the ledger'
  | 'a withdrawal is signed before its ledger is agreed, and dropped'
  | 'an unanswered proposal is made anew at its version';

interface Ledger {
  readonly version: number;
  readonly mine: number;
  readonly theirs: number;
  /** Withdrawals that this ledger debits, by the version that brought them. */
  readonly withdrawn: readonly number[];
}

interface Position {
  /** The newest ledger that came back countersigned. */
  readonly held: Ledger;
  /** What the initiator takes for agreed. */
  readonly agreed: Ledger;
  /** All it ever signed: the responder can make any of them double-signed. */
  readonly signed: readonly Ledger[];
  readonly withdrawals: readonly number[];
  readonly executed: readonly number[];
}

const UNIT = 10;
const TOTAL = 40;

export function ledgerAgreement(proposals: number, wrong?: WrongLedgerRule): Model<Position> {
  const is = (rule: WrongLedgerRule): boolean => wrong === rule;
  const early = is('a withdrawal is signed before its ledger is agreed, and dropped');
  const newest = (at: Position): number => at.signed.at(-1)!.version;

  /** The least the initiator may rely on: over what is agreed and everything it signed since. */
  const counted = (at: Position): number => {
    if (is('what came back countersigned is counted alone'))
      return at.held.mine + UNIT * at.held.withdrawn.length;
    const open = at.signed.filter(({ version }) => version > at.agreed.version);
    const looked = is('the initiator counts its last proposal only') ? open.slice(-1) : open;
    return Math.min(...[at.agreed, ...looked].map(({ mine, withdrawn }) => mine + UNIT * withdrawn.length));
  };

  /** What it gets if `final` is settled; a withdrawal that was executed counts where it is still wanted. */
  const gets = (at: Position, final: Ledger): number => {
    const { executed } = at;
    const open = is('withdrawals are not counted by the ledger')
      ? 0
      : final.withdrawn.length - executed.length;
    const left = TOTAL - UNIT * executed.length;
    const paid = Math.max(0, Math.min(final.mine + UNIT * open, left - final.theirs));
    const last = at.signed.at(-1)!;
    const wanted = [...at.agreed.withdrawn, ...(last.version > at.agreed.version ? last.withdrawn : [])];
    return paid + UNIT * executed.filter((id) => wanted.includes(id)).length;
  };

  const propose = (at: Position): Step<Position>[] => {
    const { held } = at;
    if (newest(at) >= proposals) return [];
    const version = newest(at) + 1;
    const open = at.signed.filter((each) => each.version > held.version);
    const credit = open.some(({ mine }) => mine > held.mine);
    const leaves = !early && open.some(({ withdrawn }) => withdrawn.length > held.withdrawn.length);
    const step = (says: string, change: Partial<Ledger>, withdrawal?: number): Step<Position> => ({
      says: `the initiator proposes version ${version}: ${says}`,
      to: {
        ...at,
        signed: [...at.signed, { ...held, ...change, version }],
        withdrawals: early && withdrawal !== undefined ? [...at.withdrawals, withdrawal] : at.withdrawals,
      },
    });
    const steps: Step<Position>[] = [];
    const { mine, theirs, withdrawn } = held;
    if (!credit && !leaves) {
      steps.push(step('nothing changes', {}));
      if (mine >= UNIT) {
        steps.push(step('it pays 10', { mine: mine - UNIT, theirs: theirs + UNIT }));
        steps.push(
          step('it withdraws 10', { mine: mine - UNIT, withdrawn: [...withdrawn, version] }, version),
        );
      }
    }
    if (!leaves && theirs >= UNIT)
      steps.push(step('it is paid 10', { mine: mine + UNIT, theirs: theirs - UNIT }));
    if (is('an unanswered proposal is made anew at its version') && open.length > 0 && mine >= UNIT) {
      const changed = { ...held, version: newest(at), mine: mine - UNIT, theirs: theirs + UNIT };
      steps.push({
        says: `the initiator makes version ${newest(at)} anew: it pays 10`,
        to: { ...at, signed: [...at.signed, changed] },
      });
    }
    return steps;
  };

  const respond = (at: Position): Step<Position>[] => {
    const steps: Step<Position>[] = [];
    for (const ledger of at.signed) {
      if (ledger.version <= at.held.version) continue;
      const last = ledger.version === newest(at);
      const signs = last && !early ? ledger.withdrawn : [];
      steps.push({
        says: `the responder hands over its signature on version ${ledger.version}`,
        to: {
          ...at,
          held: ledger,
          agreed: last ? ledger : at.agreed,
          withdrawals: [...new Set([...at.withdrawals, ...signs])].sort(),
        },
      });
    }
    for (const id of at.withdrawals)
      if (!at.executed.includes(id))
        steps.push({
          says: `the withdrawal of version ${id} is executed`,
          to: { ...at, executed: [...at.executed, id].sort() },
        });
    return steps;
  };

  const first: Ledger = { version: 0, mine: 20, theirs: 20, withdrawn: [] };
  return {
    start: { held: first, agreed: first, signed: [first], withdrawals: [], executed: [] },
    steps: (at) => [...propose(at), ...respond(at)],
    wrong(at) {
      const texts = new Map<number, string>();
      for (const ledger of at.signed) {
        const text = JSON.stringify(ledger);
        if ((texts.get(ledger.version) ?? text) !== text)
          return `the initiator signed two states with version ${ledger.version} (invariant 2)`;
        texts.set(ledger.version, text);
      }
      for (const final of at.signed) {
        if (final.version < at.held.version) continue;
        const got = gets(at, final);
        if (got < counted(at))
          return `it counts ${counted(at)} and gets ${got}, when version ${final.version} is settled`;
      }
      return undefined;
    },
  };
}

const unsafe = (wrong: WrongLedgerRule): Claim => ({
  rules: wrong,
  safe: false,
  settings: () => [setting('four proposals', ledgerAgreement(4, wrong))],
});

export const ledgerAgreementSuite: ModelSuite = {
  name: 'ledger-agreement',
  about:
    'resend, supersede, withheld countersignatures: the initiator never counts more than it can enforce (invariants 2 and 14)',
  claims: [
    {
      rules: 'as chosen',
      safe: true,
      settings: (size) => {
        const proposals = size === 'small' ? 4 : 6;
        return [setting(`${proposals} proposals`, ledgerAgreement(proposals))];
      },
    },
    unsafe('what came back countersigned is counted alone'),
    unsafe('the initiator counts its last proposal only'),
    unsafe('withdrawals are not counted by the ledger'),
    unsafe('a withdrawal is signed before its ledger is agreed, and dropped'),
    unsafe('an unanswered proposal is made anew at its version'),
  ],
};
