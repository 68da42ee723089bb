// SPDX-License-Identifier: MIT
/** Everything that follows from a key and an install, and the ids of transfers. */
import {
  AbiCoder,
  SigningKey,
  computeAddress,
  computeHmac,
  concat,
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

const coder = AbiCoder.defaultAbiCoder();
const INSTALL = ['uint256', 'address', 'uint256', 'uint256', 'address', 'uint256', 'address'];

const text = (words: string) => toUtf8Bytes(words);

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

export const secrets = cases.map(({ name, key, install }) => {
  const { chainId, channel, installVersion, index, asset, amount, recipient } = install;
  const appSecretKey = computeHmac('sha256', key, text('indra/v1/nonce'));
  const packed = coder.encode(INSTALL, [chainId, channel, installVersion, index, asset, amount, recipient]);
  const nonce = computeHmac('sha256', appSecretKey, packed);
  const secret = computeHmac('sha256', appSecretKey, concat([text('indra/v1/secret'), nonce]));
  const preimage = sha256(concat([text('indra/v1/preimage'), secret]));
  const claimKey = sha256(concat([text('indra/v1/claim'), secret]));
  const paymentId = word(`payment ${name}`);
  const transferId = keccak256(
    coder.encode(['uint256', 'address', 'bytes32'], [chainId, channel, paymentId]),
  );
  const claimDigest = keccak256(concat([text('indra/v1/claim'), transferId, claimerChannel]));
  return {
    name,
    privateKey: key,
    install,
    appSecretKey,
    nonce,
    secret,
    preimage,
    lockHash: sha256(preimage),
    claimKey,
    claimant: computeAddress(claimKey).toLowerCase(),
    paymentId,
    transferId,
    claimerChannel,
    claimDigest,
    claimProof: new SigningKey(claimKey).sign(claimDigest).serialized,
  };
});
