// SPDX-License-Identifier: MIT
/**
 * Every expected failure of the system: a stable code, what a person reads, and what the sender may do.
 * `unchanged`: nothing happened. `unknown`: it may have happened, ask again with the same request.
 */
import { err, type Result } from './result.ts';

export type Outcome = 'unchanged' | 'unknown' | 'changed';

interface Kind {
  readonly message: string;
  readonly retryable: boolean;
  readonly outcome: Outcome;
}

const no = (message: string): Kind => ({ message, retryable: false, outcome: 'unchanged' });
const later = (message: string): Kind => ({ message, retryable: true, outcome: 'unchanged' });

export const ERRORS = {
  malformed: no('The request could not be read. Nothing was changed. Check it against the documented shape.'),
  too_large: no('The request is larger than allowed. Nothing was changed. Split it.'),
  unsupported_version: no(
    'This protocol version is not spoken here. Nothing was changed. Update the software.',
  ),
  unknown_operation: no('There is no such operation. Nothing was changed.'),
  unauthenticated: no('Who is asking could not be established. Nothing was changed. Sign in again.'),
  not_yours: no('That belongs to someone else. Nothing was changed.'),
  unknown_chain: no('This hub does not serve that chain. Nothing was changed.'),
  unknown_channel: no('The hub does not know that channel. Nothing was changed. Open it first.'),
  not_watched: no('This watchtower does not take that channel. Nothing was changed. Use another one.'),
  wrong_epoch: no('The channel was settled and began a new epoch. Nothing was changed. Synchronize first.'),
  stale_version: no('A state with that version or a higher one is already agreed. Nothing was changed.'),
  version_out_of_range: no(
    'The version is further above the agreed one than a channel may go at once. Nothing was changed. Propose a lower one.',
  ),
  out_of_sync: later(
    'The proposal builds on another state than the hub holds. Nothing was changed. Adopt it and propose again.',
  ),
  bad_signature: no('The signature is not by the expected key on the expected bytes. Nothing was changed.'),
  unknown_asset: no('That asset is not accepted here. Nothing was changed.'),
  amount_out_of_range: no('The amount is zero, negative or too large. Nothing was changed.'),
  insufficient_balance: no('The balance is too small. Nothing was changed.'),
  insufficient_collateral: later(
    'The hub has too little collateral in that channel now. Nothing was changed. Ask for collateral, then try again.',
  ),
  conservation_broken: no(
    'Balances, stakes and withdrawals do not add up to the deposits. Nothing was changed.',
  ),
  too_many: no('The channel holds as many of these as it may. Nothing was changed. Close some first.'),
  channel_full: no(
    'The channel holds as much as the hub keeps for it. Nothing was changed. Close, cancel or withdraw less first.',
  ),
  unknown_app: no('No such app is open in the channel. Nothing was changed.'),
  app_exists: no('That app is already open in the channel. Nothing was changed.'),
  unsupported_app: no('That app definition is not accepted here. Nothing was changed.'),
  invalid_app: no('The app does not have the shape that is accepted here. Nothing was changed.'),
  invalid_state: no('The app state cannot be read. Nothing was changed.'),
  invalid_action: no('The app does not accept that action. Nothing was changed.'),
  not_turn_taker: no('It is the other side that moves in that app. Nothing was changed.'),
  outcome_not_decided: no('The app has no outcome yet. Nothing was changed.'),
  deposit_not_found: later(
    'The deposit is not on chain with enough confirmations. Nothing was changed. Wait for the chain, then try again.',
  ),
  invalid_deposit: no('Deposits never shrink and must grow. Nothing was changed.'),
  invalid_withdrawal: no(
    'The withdrawal does not have the shape that is accepted here. Nothing was changed.',
  ),
  withdrawal_data: no(
    'The withdrawal carries data without a handler, or more than is accepted. Nothing was changed. Send less, or none.',
  ),
  unknown_withdrawal: no('No such withdrawal is open. Nothing was changed.'),
  withdrawal_open: later(
    'The withdrawal can still be executed on chain. Nothing was changed. Wait until its deadline has passed.',
  ),
  invalid_swap: no('The quote does not allow that swap. Nothing was changed.'),
  quote_expired: no('The quote has expired. Nothing was changed. Ask for a new one.'),
  invalid_transfer: no('The transfer does not have the shape that is accepted here. Nothing was changed.'),
  unsupported_route: no(
    'The hub does not carry payments to that chain or in that asset. Nothing was changed. Pay on its own chain.',
  ),
  wrong_fee: no(
    'The stake is not what the payee gets and the hub’s published fee. Nothing was changed. Correct the amount.',
  ),
  terms_differ: no(
    'The transfer is not what its payer signed. Nothing was changed. Ask the payer, and be wary of this hub.',
  ),
  unsigned_claim: no(
    'The claimer’s signature on the payment is missing or by another key. Nothing was changed. Send it with the preimage.',
  ),
  invalid_receipt: no(
    'The receipt does not prove that payment. Nothing was changed. Ask for the one its claimer signed.',
  ),
  duplicate_payment: no(
    'A payment with that id exists already, perhaps on other terms. It was not made twice. Use another id for another payment.',
  ),
  unknown_transfer: no('No such transfer. Nothing was changed.'),
  not_recipient: no('The transfer is for someone else, or the link is not complete. Nothing was changed.'),
  transfer_claimed: later(
    'The transfer is being claimed by another channel. Nothing was changed. Try again later.',
  ),
  transfer_resolved: no('The transfer has been paid out already. Nothing was changed.'),
  transfer_cancelled: no('The transfer was cancelled. Nothing was changed.'),
  transfer_expired: no('It is too late to claim that transfer. Nothing was changed.'),
  chain_stale: later(
    'The newest block is too old to rely on, so nothing was claimed or shown. Nothing was changed. It is tried again.',
  ),
  at_risk_limit: no(
    'Too much that could not be enforced on chain would be at risk. Nothing was changed. Send ether for gas, or raise the limit.',
  ),
  transfer_pending: later(
    'The transfer can still be claimed. Nothing was changed. Cancel it first, or wait.',
  ),
  channel_disputed: no(
    'A challenge is open on the channel, so nothing can be agreed in it. Nothing was changed.',
  ),
  no_dispute: no('No challenge is open on the channel. Nothing was changed. It can be used as before.'),
  nothing_to_claim: no('Nothing waits in the channel to be claimed. Nothing was changed.'),
  dispute_final: no(
    'The challenge is final: it can be neither answered nor cancelled. Nothing was changed. Wait for the settlement.',
  ),
  hub_behind: later(
    'The hub has not seen the chain recently and signs nothing until it has. Nothing was changed.',
  ),
  hub_unfunded: later(
    'The hub holds too little ether to defend channels on the chain, and signs nothing until it has more. Nothing was changed.',
  ),
  busy: later('Too many requests met on one channel. Nothing was changed. Try again.'),
  chain_refused: no('The chain would refuse that transaction. Nothing was changed.'),
  insufficient_gas: later(
    'The address that sends holds too little ether to pay for gas. Nothing was changed. Send it the missing ether, then try again.',
  ),
  chain_unavailable: later('The chain could not be asked. Nothing was changed. Try again.'),
  store_unavailable: {
    message: 'The store did not answer. Ask again with the same request to learn the outcome.',
    retryable: true,
    outcome: 'unknown',
  },
  timeout: {
    message: 'No answer came in time. Ask again with the same request to learn the outcome.',
    retryable: true,
    outcome: 'unknown',
  },
  unreachable: {
    message: 'The hub could not be reached. Ask again with the same request to learn the outcome.',
    retryable: true,
    outcome: 'unknown',
  },
  internal: {
    message: 'Something went wrong inside the hub. Ask again with the same request to learn the outcome.',
    retryable: true,
    outcome: 'unknown',
  },
} as const satisfies Record<string, Kind>;

export type ErrorCode = keyof typeof ERRORS;

/** A failure as it travels: on the wire, in logs, to the caller of the SDK. `details` are JSON values. */
export interface Fault {
  readonly code: ErrorCode;
  readonly message: string;
  readonly retryable: boolean;
  readonly outcome: Outcome;
  readonly details?: Readonly<Record<string, unknown>>;
}

export const fault = (code: ErrorCode, details?: Record<string, unknown>): Fault => ({
  code,
  ...ERRORS[code],
  ...(details === undefined ? {} : { details }),
});

export type Outcomes<T> = Result<T, Fault>;

/** `return refuse('code', {offending: value})`. */
export const refuse = (
  code: ErrorCode,
  details?: Record<string, unknown>,
): { readonly ok: false; readonly error: Fault } => err(fault(code, details));
