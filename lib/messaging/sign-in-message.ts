// SPDX-License-Identifier: MIT
import { checksumAddress } from './personal-message.ts';

export interface SignInClaim {
  /** `host[:port]` of the hub. */
  readonly domain: string;
  /** Lowercase. */
  readonly address: string;
  readonly chainId: number;
  readonly nonce: string;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  readonly expiresAt: number;
  /** Public nkey the NATS session is for: whoever repeats the signed message gets nothing that another key can use. */
  readonly natsKey: string;
}

const STATEMENT = 'Sign in to this Indra hub. This costs nothing and moves no money.';

/** The EIP-4361 text of a claim. One claim has one text. */
export function signInMessage(claim: SignInClaim): string {
  return [
    `${claim.domain} wants you to sign in with your Ethereum account:`,
    checksumAddress(claim.address),
    '',
    STATEMENT,
    '',
    `URI: indra://${claim.domain}`,
    'Version: 1',
    `Chain ID: ${claim.chainId}`,
    `Nonce: ${claim.nonce}`,
    `Issued At: ${isoTime(claim.issuedAt)}`,
    `Expiration Time: ${isoTime(claim.expiresAt)}`,
    'Resources:',
    `- urn:indra:nats:${claim.natsKey}`,
  ].join('\n');
}

const SHAPE = new RegExp(
  [
    '^(?<domain>[A-Za-z0-9.:\\[\\]-]{1,255}) wants you to sign in with your Ethereum account:',
    '(?<address>0x[0-9a-fA-F]{40})',
    '',
    STATEMENT.replaceAll('.', '\\.'),
    '',
    'URI: indra://(?<uri>[A-Za-z0-9.:\\[\\]-]{1,255})',
    'Version: 1',
    'Chain ID: (?<chainId>[1-9][0-9]{0,14})',
    'Nonce: (?<nonce>[0-9a-zA-Z]{8,128})',
    'Issued At: (?<issuedAt>[0-9T:Z-]{20})',
    'Expiration Time: (?<expiresAt>[0-9T:Z-]{20})',
    'Resources:',
    '- urn:indra:nats:(?<natsKey>U[A-Z2-7]{55})$',
  ].join('\n'),
);

/** The claim a text makes; undefined unless it is, byte for byte, the text of that claim. */
export function parseSignInMessage(text: string): SignInClaim | undefined {
  const fields = SHAPE.exec(text)?.groups;
  if (fields === undefined) return undefined;
  const claim: SignInClaim = {
    domain: fields['domain'] ?? '',
    address: (fields['address'] ?? '').toLowerCase(),
    chainId: Number(fields['chainId']),
    nonce: fields['nonce'] ?? '',
    issuedAt: Date.parse(fields['issuedAt'] ?? '') / 1000,
    expiresAt: Date.parse(fields['expiresAt'] ?? '') / 1000,
    natsKey: fields['natsKey'] ?? '',
  };
  if (!Number.isInteger(claim.issuedAt) || !Number.isInteger(claim.expiresAt)) return undefined;
  return signInMessage(claim) === text ? claim : undefined;
}

const isoTime = (seconds: number): string => new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
