// SPDX-License-Identifier: MIT
/** For every code the SDK can answer with: what happened, what became of the money, what to do. */
import type { IndraErrorCode } from '../../lib/client/indra-error.ts';

export interface ErrorText {
  readonly happened: string;
  readonly state: string;
  readonly next: string;
}

const NOTHING = 'Nothing was changed. Your balance is what it was.';
const UNKNOWN = 'It is not known yet whether it went through. Nothing can be paid twice.';

const refused = (happened: string, next: string): ErrorText => ({ happened, state: NOTHING, next });
const open = (happened: string): ErrorText => ({
  happened,
  state: UNKNOWN,
  next: 'The card keeps asking. You can leave it open, or come back later.',
});

const TELL = 'If it happens again, tell the people who run this hub, with the code below.';
const bug = (happened: string): ErrorText => refused(happened, `Reload the page and try again. ${TELL}`);
const soon = (happened: string): ErrorText => refused(happened, 'Wait a moment and try again.');
const appFault = bug('The hub did not accept what the card proposed.');

export const errorTexts: Readonly<Record<IndraErrorCode, ErrorText>> = {
  malformed: refused(
    'That could not be read.',
    'Check it for missing or extra letters, best by copying it again.',
  ),
  too_large: refused('That is more than fits in one message.', 'Use a shorter note.'),
  unsupported_version: refused(
    'The hub and this card speak different versions.',
    'Reload the page to get the newest card.',
  ),
  unknown_operation: bug('The hub does not know what the card asked for.'),
  unauthenticated: refused(
    'The hub did not accept your sign-in.',
    'Check that this device’s clock is right, lock the wallet and unlock it again.',
  ),
  not_yours: refused('That belongs to someone else.', 'Check which wallet you have opened.'),
  unknown_chain: refused(
    'That is on a chain this hub does not serve.',
    'Open it with the card it was made with.',
  ),
  unknown_channel: bug('The hub does not know your account yet.'),
  not_watched: refused('A watchtower does not take this account.', 'Choose another watchtower.'),
  wrong_epoch: soon('Your account with the hub was settled on chain and began anew.'),
  stale_version: soon('Another payment was faster.'),
  version_out_of_range: appFault,
  out_of_sync: soon('The hub has a newer state of your account.'),
  bad_signature: bug('A signature was not accepted.'),
  unknown_asset: refused('This hub does not handle that asset.', 'Choose another asset.'),
  amount_out_of_range: refused(
    'The amount is too small or too large for this hub.',
    'Choose another amount.',
  ),
  insufficient_balance: refused(
    'There is not enough money available.',
    'Choose a smaller amount, or add money first.',
  ),
  insufficient_collateral: refused(
    'The hub cannot pay out that much to this account right now.',
    'It is bringing more. Try again in a minute.',
  ),
  conservation_broken: appFault,
  too_many: refused(
    'Too many payments are open at once.',
    'Wait until some have arrived, or take back links nobody used.',
  ),
  channel_full: refused(
    'Your account holds as much as the hub keeps for it.',
    'Wait until some payments have arrived, or take back links nobody used.',
  ),
  unknown_app: appFault,
  app_exists: appFault,
  unsupported_app: appFault,
  invalid_app: appFault,
  invalid_state: appFault,
  invalid_action: appFault,
  not_turn_taker: appFault,
  outcome_not_decided: soon('That payment is not decided yet.'),
  deposit_not_found: soon('The deposit is not confirmed on the chain yet.'),
  invalid_deposit: appFault,
  invalid_withdrawal: refused('The hub did not accept this withdrawal.', 'Check the address and the amount.'),
  withdrawal_data: appFault,
  unknown_withdrawal: refused(
    'There is no such withdrawal any more.',
    'Look at your balance: it was paid, or it came back.',
  ),
  withdrawal_open: soon('That withdrawal can still be paid on chain.'),
  invalid_swap: appFault,
  quote_expired: refused('The offer has expired.', 'Ask for a new one.'),
  invalid_transfer: refused(
    'That payment cannot be made.',
    'You cannot pay yourself, and a payment cannot stay open longer than the hub allows.',
  ),
  duplicate_payment: {
    happened: 'This payment exists already, or another one was made under its number.',
    state: 'It was made once, not twice.',
    next: 'You find it in the history.',
  },
  unsupported_route: refused(
    'The hub does not carry payments to that chain or in that asset.',
    'Pay in an asset of this account.',
  ),
  wrong_fee: bug('The hub did not accept what the card would have paid for its service.'),
  terms_differ: refused(
    'The hub offers a payment that is not what its sender signed.',
    'Nothing was received and no secret shown. Ask the sender, and be wary of this hub.',
  ),
  unsigned_claim: bug('The hub did not accept the card’s signature for the payment it received.'),
  invalid_receipt: refused(
    'The receipt does not prove that payment.',
    'Ask for the receipt that its recipient signed.',
  ),
  unknown_transfer: refused(
    'There is no such payment.',
    'Check that the link is complete, or ask for a new one.',
  ),
  not_recipient: refused(
    'This payment is for someone else, or the link is not complete.',
    'Copy the whole link again.',
  ),
  transfer_claimed: refused('Someone is receiving this payment right now.', 'Look again in a moment.'),
  transfer_resolved: refused(
    'This payment has been received already.',
    'Each link works once. Ask the sender if it was not you.',
  ),
  transfer_cancelled: refused('The sender took this payment back.', 'Ask the sender for a new link.'),
  transfer_expired: refused(
    'This payment has expired. The money goes back to the sender.',
    'Ask the sender for a new link.',
  ),
  chain_stale: soon('The newest news from the chain is too old to rely on, so nothing was received yet.'),
  at_risk_limit: refused(
    'Receiving this would put more at risk than you allow: it could not be enforced on chain.',
    'Send ether for gas to this account’s own address, or raise the limit.',
  ),
  transfer_pending: soon('This payment can still be received.'),
  channel_disputed: refused(
    'Your account is being settled on chain, so nothing can be paid meanwhile.',
    'Wait until it is over. Your money is safe in the contract.',
  ),
  no_dispute: refused(
    'Your account is not being settled on chain.',
    'There is nothing to wait for or to call off.',
  ),
  dispute_final: refused(
    'The settlement of your account can no longer be called off.',
    'Wait until it is paid out. Your money is safe in the contract.',
  ),
  nothing_to_claim: refused('Nothing waits for you in the contract.', 'Look at your balance: it was paid.'),
  hub_behind: soon('The hub lost sight of the chain and signs nothing until it sees it again.'),
  hub_unfunded: soon('The hub cannot pay for the chain just now and signs nothing until it can.'),
  busy: soon('Too much is going on in this account at once.'),
  chain_refused: refused(
    'The chain would not accept that transaction.',
    'Check the address: it may be a contract that takes no payments.',
  ),
  insufficient_gas: refused(
    'There is too little ether to pay the chain for its work.',
    'Send a little ether to the address shown below, then try again.',
  ),
  chain_unavailable: soon('The chain could not be asked.'),
  store_unavailable: open('The hub’s memory did not answer.'),
  timeout: open('No answer came in time.'),
  unreachable: open('The hub could not be reached.'),
  internal: open('Something went wrong inside the hub.'),
  another_writer: refused(
    'This wallet is in use in another tab or on another device.',
    'Use it there, or use it here instead.',
  ),
  newer_state_exists: refused(
    'A watchtower knows a newer balance than the hub shows.',
    'Do not use this hub here. Open the wallet on a device that still has its data, or ask the hub’s operator.',
  ),
  closed: refused('The wallet was locked meanwhile.', 'Unlock it. What was signed before goes on by itself.'),
  aborted: open('The card stopped waiting.'),
  hub_mismatch: refused('The hub says something that cannot be true.', 'Do not use this hub.'),
  invalid_argument: refused(
    'Something you entered cannot be used.',
    'Check it for missing or extra letters, best by copying it again.',
  ),
  other_hub: refused(
    'That belongs to another hub.',
    'Open it with that hub’s card, or ask for an address at this hub.',
  ),
  id_in_use: bug('The card asked for two different things under one number.'),
  hub_changed: refused(
    'The hub’s terms are not those this wallet was opened under.',
    'Do not pay through it. Your account is watched, and you can leave with your money; ask the hub’s operator.',
  ),
  hub_unsafe: refused('This hub’s terms leave too little time to defend your money.', 'Use another hub.'),
  client_fault: bug('Something went wrong inside the card.'),
};

/** An unknown outcome is never told as a refusal, whatever the code. */
export const unknownOutcome = UNKNOWN;

/** What has no code: a fault of the card or of the browser. */
export const unexpected: ErrorText = {
  happened: 'The card made a mistake.',
  state: 'What was signed before is safe and goes on by itself.',
  next: `Reload the page. ${TELL}`,
};
