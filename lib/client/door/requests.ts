// SPDX-License-Identifier: MIT
/** What may be asked of a client, and the one place where each is read. */
import type { DepositRequest, DepositSigner } from '../deposit-request.ts';
import type { HistoryRequest } from '../history.ts';
import type { PaymentRequest } from '../payments.ts';
import type { Address, Hash } from '../../protocol/types.ts';
import { address } from './address.ts';
import { amount } from './amount.ts';
import { having, oneOf, optional, shape, type Parser, type Shape } from './argument.ts';
import { hash } from './hex.ts';
import { payeeAt } from './payee.ts';
import { cursor, note, webAddress } from './text.ts';
import { seconds, time } from './whole-number.ts';

export interface TransferRequest extends PaymentRequest {
  /** Identifier of the payee, who may be offline; with this hub's host behind an `@` or without. */
  readonly to: string;
}

export interface LinkRequest extends PaymentRequest {
  /** Where the link is opened; the hub's own origin if absent. */
  readonly cardOrigin?: string | undefined;
}

export interface WithdrawRequest {
  readonly asset: Address;
  /** In the asset's smallest unit. */
  readonly amount: bigint;
  readonly recipient: Address;
  /** Seconds since 1970; a day from now if absent. Unexecuted by then it comes back. */
  readonly deadline?: number | undefined;
  /** Whether the hub sends it (the default), or the caller will, with what is returned. */
  readonly sendBy?: 'hub' | 'caller' | undefined;
  /** 32 bytes, made once per intent: withdrawing twice with one id withdraws once. */
  readonly withdrawalId?: Hash | undefined;
}

const payment: Shape<PaymentRequest> = {
  asset: address,
  amount,
  note: optional(note),
  paymentId: optional(hash),
  expiresIn: optional(seconds),
};

export const transferRequest = (hubUrl: string): Parser<TransferRequest> =>
  shape<TransferRequest>({ ...payment, to: payeeAt(hubUrl) }, 'a transfer');

export const linkRequest = shape<LinkRequest>({ ...payment, cardOrigin: optional(webAddress) }, 'a link');

export const withdrawRequest = shape<WithdrawRequest>(
  {
    asset: address,
    amount,
    recipient: address,
    deadline: optional(time),
    sendBy: optional(oneOf('hub', 'caller')),
    withdrawalId: optional(hash),
  },
  'a withdrawal',
);

export const depositRequest = shape<DepositRequest>(
  {
    asset: address,
    amount,
    signer: optional(having<DepositSigner>('estimateGas', 'sendTransaction')),
  },
  'a deposit',
);

export const historyRequest = shape<HistoryRequest>(
  { side: oneOf('sent', 'received'), after: optional(cursor) },
  'a history',
);
