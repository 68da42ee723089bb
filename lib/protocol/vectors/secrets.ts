// SPDX-License-Identifier: MIT
/** Everything that follows from a key and an install or a transfer, and the ids of transfers. */
import { createCipheriv } from 'node:crypto';
import {
  AbiCoder,
  SigningKey,
  computeAddress,
  computeHmac,
  concat,
  dataSlice,
  getBytes,
  keccak256,
  sha256,
  toUtf8Bytes,
} from 'ethers';
import {
  ETHER,
  INITIATOR,
  MAX_UINT256,
  MAX_UINT64,
  RESPONDER,
  TOP_ADDRESS,
  address,
  word,
} from './actors.ts';
import { identifierOf } from './names.ts';

const coder = AbiCoder.defaultAbiCoder();
const INSTALL = ['uint256', 'address', 'uint256', 'uint256', 'address', 'uint256', 'address'];

const label = (purpose: string) => toUtf8Bytes(`indra/v2/${purpose}`);

const base = {
  chainId: 31337,
  channel: address('channel'),
  installVersion: '8',
  index: 0,
  asset: ETHER,
  amount: '100',
  recipient: ETHER,
};

const cases = [
  { name: 'a link', key: INITIATOR.privateKey, install: base },
  { name: 'the second install of a proposal', key: INITIATOR.privateKey, install: { ...base, index: 1 } },
  {
    name: 'a named recipient',
    key: INITIATOR.privateKey,
    install: { ...base, recipient: RESPONDER.address },
  },
  { name: 'another key', key: RESPONDER.privateKey, install: base },
  {
    name: 'the largest of everything',
    key: INITIATOR.privateKey,
    install: {
      chainId: Number.MAX_SAFE_INTEGER,
      channel: TOP_ADDRESS,
      installVersion: MAX_UINT64,
      index: 127,
      asset: TOP_ADDRESS,
      amount: MAX_UINT256,
      recipient: TOP_ADDRESS,
    },
  },
];

const claimerChannel = address('channel of the claimer');

/** Payer, payee and note, as the payee is to read them. */
const told = [
  { from: INITIATOR, fromHub: '', to: RESPONDER, toHub: '', note: 'Lunch, and the coffee before\nthat' },
  { from: INITIATOR, fromHub: '', to: null, toHub: '', note: '' },
  {
    from: RESPONDER,
    fromHub: 'hub.example.org',
    to: INITIATOR,
    toHub: 'localhost:3000',
    note: '☕'.repeat(512),
  },
];
const named = ({ publicKey }: { readonly publicKey: string }, hub: string) =>
  `${identifierOf(publicKey)}${hub === '' ? '' : `@${hub}`}`;

/** ChaCha20-Poly1305 by Node, the nonce following from key and text. */
function encrypted(key: string, text: string): string {
  const plain = getBytes(text);
  const nonce = getBytes(dataSlice(sha256(concat([key, plain])), 0, 12));
  const cipher = createCipheriv('chacha20-poly1305', getBytes(key), nonce, { authTagLength: 16 });
  return concat([nonce, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

export const secrets = cases.map(({ name, key, install }, index) => {
  const { chainId, channel, installVersion, asset, amount, recipient } = install;
  const appSecretKey = computeHmac('sha256', key, label('nonce'));
  const packed = coder.encode(INSTALL, [
    chainId,
    channel,
    installVersion,
    install.index,
    asset,
    amount,
    recipient,
  ]);
  const nonce = computeHmac('sha256', appSecretKey, packed);
  const paymentId = word(`payment ${name}`);
  const transferId = keccak256(
    coder.encode(['uint256', 'address', 'bytes32'], [chainId, channel, paymentId]),
  );
  const secret = computeHmac('sha256', appSecretKey, concat([label('secret'), transferId]));
  const paymentDigest = word(`digest ${name}`);
  const preimage = sha256(concat([label('preimage'), secret, paymentDigest]));
  const claimKey = sha256(concat([label('claim'), secret]));
  const claimDigest = keccak256(concat([label('claim'), transferId, claimerChannel]));
  const metadataKey = sha256(concat([label('metadata'), secret]));
  const { from, fromHub, to, toHub, note } = told[index % told.length]!;
  const payee = to?.publicKey ?? `0x${'00'.repeat(33)}`;
  const text = concat([from.publicKey, payee, paymentId, toUtf8Bytes([fromHub, toHub, note].join('\n'))]);
  const metadata = encrypted(metadataKey, text);
  return {
    name,
    privateKey: key,
    install,
    appSecretKey,
    nonce,
    paymentId,
    transferId,
    secret,
    paymentDigest,
    preimage,
    lockHash: sha256(preimage),
    claimKey,
    claimant: computeAddress(claimKey).toLowerCase(),
    claimerChannel,
    claimDigest,
    claimProof: new SigningKey(claimKey).sign(claimDigest).serialized,
    metadataKey,
    from: named(from, fromHub),
    to: to === null ? null : named(to, toHub),
    note,
    text,
    metadata,
    metadataHash: keccak256(metadata),
  };
});
