// SPDX-License-Identifier: MIT
/**
 * EIP-712 digests of what people and hubs state to each other: payments, what is signed about them, offers, keys. The registry
 * never sees these; apps may recover a Receipt's or an Attestation's signer. Golden vectors hold them against ethers.
 */
import { Words } from './bytes.ts';
import { STAKE, digest, hashPeriods, hashStakes, hashText, hashWords, typeHashes } from './digests.ts';
import type {
  AppOffer,
  Attestation,
  Domain,
  Invoice,
  KeyDelegation,
  Payment,
  Quote,
  Receipt,
  Swap,
} from './types.ts';

export const STATEMENT_TYPES = {
  Payment:
    'Payment(bytes32 transferId,address payer,address payee,uint256 toChainId,address asset,uint256 amount,uint64 expiresAt,bytes32 metadataHash)',
  Receipt: 'Receipt(bytes32 paymentId,uint256 paid)',
  Attestation: 'Attestation(bytes32 paymentId,bytes32 attested)',
  Invoice:
    'Invoice(bytes32 invoiceId,address payee,uint256 toChainId,address asset,uint256 amount,bytes32 lockHash,uint64 expiresAt,bytes32 metadataHash)',
  Quote:
    'Quote(address channel,bytes32 nonce,bytes32 paymentId,address fromAsset,uint256 fromAmount,uint256 toChainId,address toAsset,uint256 toAmount,uint64 validUntil)',
  Swap: 'Swap(bytes32 swapId,address maker,address taker,uint256 fromChainId,address fromAsset,uint256 fromAmount,uint256 toChainId,address toAsset,uint256 toAmount,uint64 expiresAt)',
  AppOffer: `AppOffer(bytes32 offerId,address proposer,address counterparty,address definition,uint8 outcomeType,Stake[] stakes,uint32[2] periods,uint64 expiresAt,bytes32 initialStateHash)${STAKE}`,
  KeyDelegation:
    'KeyDelegation(address owner,address key,address responder,string origin,uint64 issuedAt,uint64 expiresAt)',
} as const;

const TYPE = typeHashes(STATEMENT_TYPES);

/** One buffer for the struct of every payment. */
const buffer = new Words(9);

/** Names a payment in everything that is signed about it, and is bound into its lock. */
export const paymentDigest = (domain: Domain, payment: Payment): Uint8Array =>
  digest(
    domain,
    hashWords(
      buffer
        .again()
        .word(TYPE.Payment)
        .hash(payment.transferId)
        .address(payment.payer)
        .address(payment.payee)
        .number(payment.toChainId)
        .address(payment.asset)
        .uint(payment.amount)
        .number(payment.expiresAt)
        .hash(payment.metadataHash),
    ),
  );

export const receiptDigest = (domain: Domain, receipt: Receipt): Uint8Array =>
  digest(domain, hashWords(new Words(3).word(TYPE.Receipt).hash(receipt.paymentId).uint(receipt.paid)));

export const attestationDigest = (domain: Domain, attestation: Attestation): Uint8Array =>
  digest(
    domain,
    hashWords(new Words(3).word(TYPE.Attestation).hash(attestation.paymentId).hash(attestation.attested)),
  );

export const invoiceDigest = (domain: Domain, invoice: Invoice): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(9)
        .word(TYPE.Invoice)
        .hash(invoice.invoiceId)
        .address(invoice.payee)
        .number(invoice.toChainId)
        .address(invoice.asset)
        .uint(invoice.amount)
        .hash(invoice.lockHash)
        .number(invoice.expiresAt)
        .hash(invoice.metadataHash),
    ),
  );

export const quoteDigest = (domain: Domain, quote: Quote): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(10)
        .word(TYPE.Quote)
        .address(quote.channel)
        .hash(quote.nonce)
        .hash(quote.paymentId)
        .address(quote.fromAsset)
        .uint(quote.fromAmount)
        .number(quote.toChainId)
        .address(quote.toAsset)
        .uint(quote.toAmount)
        .number(quote.validUntil),
    ),
  );

export const swapDigest = (domain: Domain, swap: Swap): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(11)
        .word(TYPE.Swap)
        .hash(swap.swapId)
        .address(swap.maker)
        .address(swap.taker)
        .number(swap.fromChainId)
        .address(swap.fromAsset)
        .uint(swap.fromAmount)
        .number(swap.toChainId)
        .address(swap.toAsset)
        .uint(swap.toAmount)
        .number(swap.expiresAt),
    ),
  );

export const appOfferDigest = (domain: Domain, offer: AppOffer): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(10)
        .word(TYPE.AppOffer)
        .hash(offer.offerId)
        .address(offer.proposer)
        .address(offer.counterparty)
        .address(offer.definition)
        .number(offer.outcomeType)
        .word(hashStakes(offer.stakes))
        .word(hashPeriods(offer.periods))
        .number(offer.expiresAt)
        .hash(offer.initialStateHash),
    ),
  );

export const keyDelegationDigest = (domain: Domain, delegation: KeyDelegation): Uint8Array =>
  digest(
    domain,
    hashWords(
      new Words(7)
        .word(TYPE.KeyDelegation)
        .address(delegation.owner)
        .address(delegation.key)
        .address(delegation.responder)
        .word(hashText(delegation.origin))
        .number(delegation.issuedAt)
        .number(delegation.expiresAt),
    ),
  );
