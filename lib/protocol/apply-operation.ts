// SPDX-License-Identifier: MIT
/** One operation on a channel state: (state, operation) → state. The ledger's version and root are set once, at the end. */
import type { AppCatalogue } from './apps/app-logic.ts';
import { toHash } from './bytes.ts';
import { appId, dataHash, hashedWithdrawalDigest, stateHash } from './digests.ts';
import { refuse, type Outcomes } from './errors.ts';
import { assetOf, at, plus, sum, withAsset } from './ledger.ts';
import type {
  DepositOperation,
  InstallOperation,
  Operation,
  ReturnOperation,
  SwapOperation,
  UninstallOperation,
  UpdateOperation,
  WithdrawOperation,
} from './operations.ts';
import { ok } from './result.ts';
import {
  AMOUNT_LIMIT,
  INITIATOR,
  MAX_APPS,
  MAX_WITHDRAWAL_DATA,
  MAX_WITHDRAWALS,
  NO_ADDRESS,
  RESPONDER,
  type App,
  type AppInstance,
  type Bytes,
  type Channel,
  type ChannelState,
  type Hash,
  type OpenWithdrawal,
  type Party,
  type Stake,
  type Withdrawal,
} from './types.ts';

export interface Context {
  readonly channel: Channel;
  readonly catalogue: AppCatalogue;
  /** The version of the ledger being made. */
  readonly version: bigint;
}

const MAX_STAKES = 4;

const inAmountRange = (amount: bigint): boolean => amount > 0n && amount < AMOUNT_LIMIT;

/** Takes `amount` from a party's balance and says whose balance was too small. */
function debit(
  state: ChannelState,
  party: Party,
  asset: Stake['asset'],
  amount: bigint,
): Outcomes<ChannelState> {
  const entry = assetOf(state.ledger, asset);
  const balance = at(entry.balances, party);
  if (balance < amount)
    return refuse(party === INITIATOR ? 'insufficient_balance' : 'insufficient_collateral', {
      asset,
      balance,
      amount,
    });
  return ok({
    ...state,
    ledger: withAsset(state.ledger, { ...entry, balances: plus(entry.balances, party, -amount) }),
  });
}

function credit(state: ChannelState, party: Party, asset: Stake['asset'], amount: bigint): ChannelState {
  const entry = assetOf(state.ledger, asset);
  return {
    ...state,
    ledger: withAsset(state.ledger, { ...entry, balances: plus(entry.balances, party, amount) }),
  };
}

function lock(state: ChannelState, asset: Stake['asset'], amount: bigint): ChannelState {
  const entry = assetOf(state.ledger, asset);
  return { ...state, ledger: withAsset(state.ledger, { ...entry, locked: entry.locked + amount }) };
}

function deposit(state: ChannelState, operation: DepositOperation): Outcomes<ChannelState> {
  const entry = assetOf(state.ledger, operation.asset);
  const grown = [
    operation.deposits[0] - entry.deposits[0],
    operation.deposits[1] - entry.deposits[1],
  ] as const;
  if (grown[0] < 0n || grown[1] < 0n || sum(grown) === 0n)
    return refuse('invalid_deposit', {
      asset: operation.asset,
      processed: entry.deposits,
      proposed: operation.deposits,
    });
  if (sum(operation.deposits) >= AMOUNT_LIMIT)
    return refuse('amount_out_of_range', { asset: operation.asset });
  return ok({
    ...state,
    ledger: withAsset(state.ledger, {
      ...entry,
      deposits: operation.deposits,
      balances: [entry.balances[0] + grown[0], entry.balances[1] + grown[1]],
    }),
  });
}

/** Which party sits at a participant position. */
export const partyAt = (channel: Channel, app: App, position: 0 | 1): Party =>
  app.participants[position] === channel.initiator ? INITIATOR : RESPONDER;

export const positionOf = (channel: Channel, app: App, party: Party): 0 | 1 =>
  partyAt(channel, app, 0) === party ? 0 : 1;

function checkTerms(
  channel: Channel,
  app: App,
  catalogue: AppCatalogue,
  operation: InstallOperation,
): Outcomes<void> {
  const logic = catalogue.get(app.definition);
  if (logic === undefined) return refuse('unsupported_app', { definition: app.definition });
  const [first, second] = app.participants;
  const bothSeated =
    (first === channel.initiator && second === channel.responder) ||
    (first === channel.responder && second === channel.initiator);
  if (!bothSeated) return refuse('invalid_app', { participants: app.participants });
  if (app.outcomeType !== logic.outcomeType) return refuse('invalid_app', { outcomeType: app.outcomeType });
  if (app.periods.some((period) => !Number.isInteger(period) || period <= 0 || period > 0xffffffff))
    return refuse('invalid_app', { periods: app.periods });
  if (app.stakes.length === 0 || app.stakes.length > MAX_STAKES)
    return refuse('invalid_app', { stakes: app.stakes.length });
  for (const [index, stake] of app.stakes.entries()) {
    const before = app.stakes[index - 1];
    if (before !== undefined && before.asset >= stake.asset)
      return refuse('invalid_app', { asset: stake.asset });
    if (stake.amounts.some((amount) => amount < 0n) || !inAmountRange(sum(stake.amounts)))
      return refuse('amount_out_of_range', { asset: stake.asset });
  }
  const checked = logic.check(operation.state, app.stakes);
  if (!checked.ok) return checked;
  return logic.isTerminal(operation.state) ? refuse('invalid_state', { terminal: true }) : ok(undefined);
}

function install(context: Context, state: ChannelState, operation: InstallOperation): Outcomes<ChannelState> {
  const { channel, catalogue, version } = context;
  const app: App = {
    ...operation.app,
    channel: channel.address,
    epoch: state.ledger.epoch,
    installVersion: version,
    initialStateHash: stateHash(operation.state),
  };
  const terms = checkTerms(channel, app, catalogue, operation);
  if (!terms.ok) return terms;
  if (state.apps.length >= MAX_APPS) return refuse('too_many', { apps: state.apps.length });
  const id = appId(channel.domain, app);
  if (state.apps.some((open) => open.id === id)) return refuse('app_exists', { appId: id });
  let next = state;
  for (const stake of app.stakes) {
    for (const position of [0, 1] as const) {
      const debited = debit(next, partyAt(channel, app, position), stake.asset, stake.amounts[position]);
      if (!debited.ok) return debited;
      next = debited.value;
    }
    next = lock(next, stake.asset, sum(stake.amounts));
  }
  const instance: AppInstance = { id, app, version: 0n, state: operation.state, signatures: [null, null] };
  return ok({ ...next, apps: [...next.apps, instance] });
}

function openApp(context: Context, state: ChannelState, id: Hash) {
  const instance = state.apps.find((open) => open.id === id);
  const logic = instance && context.catalogue.get(instance.app.definition);
  return instance === undefined || logic === undefined ? null : { instance, logic };
}

function update(context: Context, state: ChannelState, operation: UpdateOperation): Outcomes<ChannelState> {
  const open = openApp(context, state, operation.appId);
  if (open === null) return refuse('unknown_app', { appId: operation.appId });
  const acted = open.logic.applyAction(open.instance.state, operation.action);
  if (!acted.ok) return acted;
  const moved: AppInstance = {
    ...open.instance,
    state: acted.value,
    version: open.instance.version + 1n,
    signatures: [null, null],
  };
  return ok({ ...state, apps: state.apps.map((other) => (other.id === moved.id ? moved : other)) });
}

function uninstall(
  context: Context,
  state: ChannelState,
  operation: UninstallOperation,
): Outcomes<ChannelState> {
  const open = openApp(context, state, operation.appId);
  if (open === null) return refuse('unknown_app', { appId: operation.appId });
  const { app } = open.instance;
  const outcome = open.logic.outcome(open.instance.state, app.stakes);
  if (!outcome.ok) return outcome;
  let next: ChannelState = { ...state, apps: state.apps.filter((other) => other.id !== operation.appId) };
  for (const [index, stake] of app.stakes.entries()) {
    const shares = outcome.value[index];
    if (shares === undefined || sum(shares) !== sum(stake.amounts))
      return refuse('conservation_broken', { appId: operation.appId, asset: stake.asset });
    next = lock(next, stake.asset, -sum(stake.amounts));
    for (const position of [0, 1] as const)
      next = credit(next, partyAt(context.channel, app, position), stake.asset, shares[position]);
  }
  return ok(next);
}

export const withdrawalOf = (channel: Channel, epoch: bigint, operation: WithdrawOperation): Withdrawal => ({
  channel: channel.address,
  epoch,
  party: operation.party,
  asset: operation.asset,
  amount: operation.amount,
  recipient: operation.recipient,
  nonce: operation.nonce,
  deadline: operation.deadline,
  handler: operation.handler,
  data: operation.data,
});

function withdraw(
  context: Context,
  state: ChannelState,
  operation: WithdrawOperation,
): Outcomes<ChannelState> {
  if (!inAmountRange(operation.amount)) return refuse('amount_out_of_range', { amount: operation.amount });
  if (operation.recipient === NO_ADDRESS || operation.deadline <= 0)
    return refuse('invalid_withdrawal', { recipient: operation.recipient, deadline: operation.deadline });
  if (state.withdrawals.length >= MAX_WITHDRAWALS)
    return refuse('too_many', { withdrawals: state.withdrawals.length });
  const dataBytes = (operation.data.length - 2) / 2;
  const mostBytes = operation.handler === NO_ADDRESS ? 0 : MAX_WITHDRAWAL_DATA;
  if (dataBytes > mostBytes) return refuse('withdrawal_data', { bytes: dataBytes, most: mostBytes });
  const opened = openWithdrawalOf(context.channel, state.ledger.epoch, operation);
  const { digest } = opened;
  if (state.withdrawals.some((open) => open.digest === digest))
    return refuse('invalid_withdrawal', { digest });
  const debited = debit(state, operation.party, operation.asset, operation.amount);
  if (!debited.ok) return debited;
  const entry = assetOf(debited.value.ledger, operation.asset);
  return ok({
    ...debited.value,
    ledger: withAsset(debited.value.ledger, {
      ...entry,
      withdrawn: plus(entry.withdrawn, operation.party, operation.amount),
    }),
    withdrawals: [...state.withdrawals, opened],
  });
}

function returnWithdrawal(state: ChannelState, operation: ReturnOperation): Outcomes<ChannelState> {
  const open = state.withdrawals.find((other) => other.digest === operation.digest);
  if (open === undefined) return refuse('unknown_withdrawal', { digest: operation.digest });
  const { party, asset, amount } = open.withdrawal;
  const entry = assetOf(state.ledger, asset);
  return ok({
    ...state,
    ledger: withAsset(state.ledger, {
      ...entry,
      withdrawn: plus(entry.withdrawn, party, -amount),
      balances: plus(entry.balances, party, amount),
    }),
    withdrawals: state.withdrawals.filter((other) => other !== open),
  });
}

/** A swap inside one channel: the initiator gives `fromAmount` of one asset for `toAmount` of another. */
function swap(context: Context, state: ChannelState, { quote }: SwapOperation): Outcomes<ChannelState> {
  const { channel } = context;
  if (
    quote.channel !== channel.address ||
    quote.toChainId !== channel.domain.chainId ||
    quote.fromAsset === quote.toAsset
  )
    return refuse('invalid_swap', { channel: quote.channel, toChainId: quote.toChainId });
  if (!inAmountRange(quote.fromAmount) || !inAmountRange(quote.toAmount))
    return refuse('amount_out_of_range');
  const paid = debit(state, INITIATOR, quote.fromAsset, quote.fromAmount);
  if (!paid.ok) return paid;
  const given = debit(paid.value, RESPONDER, quote.toAsset, quote.toAmount);
  if (!given.ok) return given;
  return ok(
    credit(
      credit(given.value, RESPONDER, quote.fromAsset, quote.fromAmount),
      INITIATOR,
      quote.toAsset,
      quote.toAmount,
    ),
  );
}

/** As it is kept once the ledger debits it. */
export function openWithdrawalOf(
  channel: Channel,
  epoch: bigint,
  operation: WithdrawOperation,
): OpenWithdrawal {
  const { data, ...terms } = withdrawalOf(channel, epoch, operation);
  const withdrawal = { ...terms, dataHash: dataHash(data) };
  return { digest: toHash(hashedWithdrawalDigest(channel.domain, withdrawal)), withdrawal };
}

/** The Withdrawal as it is sent to the chain; null where `data` is not what was signed. */
export function withdrawalWith({ withdrawal }: OpenWithdrawal, data: Bytes): Withdrawal | null {
  const { dataHash: signed, ...terms } = withdrawal;
  return dataHash(data) === signed ? { ...terms, data } : null;
}

export function applyOperation(
  context: Context,
  state: ChannelState,
  operation: Operation,
): Outcomes<ChannelState> {
  switch (operation.kind) {
    case 'deposit':
      return deposit(state, operation);
    case 'install':
      return install(context, state, operation);
    case 'update':
      return update(context, state, operation);
    case 'uninstall':
      return uninstall(context, state, operation);
    case 'withdraw':
      return withdraw(context, state, operation);
    case 'return':
      return returnWithdrawal(state, operation);
    case 'swap':
      return swap(context, state, operation);
  }
}
