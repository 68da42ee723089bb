// SPDX-License-Identifier: MIT
/** Struct hashes, digests and signatures of every signed structure, by ethers. */
import { SigningKey, TypedDataEncoder, type TypedDataDomain, type TypedDataField } from 'ethers';
import {
  ETHER,
  INITIATOR,
  MAX_UINT256,
  MAX_UINT64,
  RESPONDER,
  TOP_ADDRESS,
  TOP_WORD,
  ZERO_WORD,
  address,
  word,
} from './actors.ts';

const fields = (list: string): TypedDataField[] =>
  list.split(',').map((field) => {
    const [type = '', name = ''] = field.trim().split(' ');
    return { type, name };
  });

const ASSET = fields(
  'address asset, uint256[2] balances, uint256[2] deposits, uint256[2] withdrawn, uint256 locked',
);
const STAKE = fields('address asset, uint256[2] amounts');

const TYPES: Record<string, Record<string, TypedDataField[]>> = {
  Ledger: {
    Ledger: fields('address channel, uint64 epoch, uint64 version, Asset[] assets, bytes32 appsRoot'),
    Asset: ASSET,
  },
  App: {
    App: fields(
      'address channel, uint64 epoch, uint64 installVersion, bytes32 nonce, address definition, address[2] participants, ' +
        'uint8 outcomeType, Stake[] stakes, uint32[2] periods, uint64 actionDeadline, uint64 holdUntil, bytes32 initialStateHash',
    ),
    Stake: STAKE,
  },
  AppState: { AppState: fields('bytes32 appId, uint64 version, bytes32 stateHash') },
  Withdrawal: {
    Withdrawal: fields(
      'address channel, uint64 epoch, uint8 party, address asset, uint256 amount, address recipient, bytes32 nonce, ' +
        'uint64 deadline, address handler, bytes data',
    ),
  },
  Cancel: {
    Cancel: fields('address channel, uint64 epoch, bytes32 subject, uint64 challengeId, uint64 deadline'),
  },
  Challenge: {
    Challenge: fields(
      'address channel, uint64 epoch, uint64 challengeId, bytes32 subject, uint64 minVersion, uint64 deadline',
    ),
  },
  Payment: {
    Payment: fields(
      'bytes32 transferId, address payer, address payee, uint256 toChainId, address asset, uint256 amount, ' +
        'uint64 expiresAt, bytes32 metadataHash',
    ),
  },
  Receipt: { Receipt: fields('bytes32 paymentId, uint256 paid') },
  Attestation: { Attestation: fields('bytes32 paymentId, bytes32 attested') },
  Invoice: {
    Invoice: fields(
      'bytes32 invoiceId, address payee, uint256 toChainId, address asset, uint256 amount, bytes32 lockHash, ' +
        'uint64 expiresAt, bytes32 metadataHash',
    ),
  },
  Swap: {
    Swap: fields(
      'bytes32 swapId, address maker, address taker, uint256 fromChainId, address fromAsset, uint256 fromAmount, ' +
        'uint256 toChainId, address toAsset, uint256 toAmount, uint64 expiresAt',
    ),
  },
  AppOffer: {
    AppOffer: fields(
      'bytes32 offerId, address proposer, address counterparty, address definition, uint8 outcomeType, Stake[] stakes, ' +
        'uint32[2] periods, uint64 expiresAt, bytes32 initialStateHash',
    ),
    Stake: STAKE,
  },
  KeyDelegation: {
    KeyDelegation: fields(
      'address owner, address key, address responder, string origin, uint64 issuedAt, uint64 expiresAt',
    ),
  },
  Quote: {
    Quote: fields(
      'address channel, bytes32 nonce, bytes32 paymentId, address fromAsset, uint256 fromAmount, uint256 toChainId, ' +
        'address toAsset, uint256 toAmount, uint64 validUntil',
    ),
  },
};

interface Domain {
  readonly chainId: number;
  readonly registry: string;
}

const typed = (domain: Domain): TypedDataDomain => ({
  name: 'Indra',
  version: '2',
  chainId: domain.chainId,
  verifyingContract: domain.registry,
});

const LOCAL: Domain = { chainId: 31337, registry: address('registry') };
const FAR: Domain = { chainId: Number.MAX_SAFE_INTEGER, registry: TOP_ADDRESS };

const channel = address('channel');
const token = address('token');
const otherToken = TOP_ADDRESS;
const nonce = word('nonce');
const pair = (first: string | number, second: string | number) => [String(first), String(second)];

const asset = (
  of: string,
  balances: string[],
  deposits: string[],
  withdrawn: string[],
  locked: string | number,
) => ({
  asset: of,
  balances,
  deposits,
  withdrawn,
  locked: String(locked),
});

const ledger = { channel, epoch: '0', version: '7', assets: [] as unknown[], appsRoot: ZERO_WORD };
const ether = asset(
  ETHER,
  pair('1000000000000000000', '250'),
  pair('1000000000000000300', '300'),
  pair(40, 10),
  300,
);

const app = {
  channel,
  epoch: '1',
  installVersion: '8',
  nonce,
  definition: address('transfer app'),
  participants: [INITIATOR.address, RESPONDER.address],
  outcomeType: 1,
  stakes: [{ asset: ETHER, amounts: pair(100, 0) }],
  periods: [3600, 7200],
  actionDeadline: 1_800_000_000,
  holdUntil: 1_800_086_400,
  initialStateHash: word('state'),
};

const withdrawal = {
  channel,
  epoch: '0',
  party: 0,
  asset: ETHER,
  amount: '1000000000000000000',
  recipient: INITIATOR.address,
  nonce,
  deadline: 1_800_000_000,
  handler: ETHER,
  data: '0x',
};

const quote = {
  channel,
  nonce,
  paymentId: word('payment'),
  fromAsset: ETHER,
  fromAmount: '1000',
  toChainId: 31337,
  toAsset: token,
  toAmount: '3000000',
  validUntil: 1_800_000_000,
};

const payment = {
  transferId: word('transfer'),
  payer: INITIATOR.address,
  payee: address('payee'),
  toChainId: 31337,
  asset: ETHER,
  amount: '1000000000000000000',
  expiresAt: 1_800_000_000,
  metadataHash: word('metadata'),
};

const invoice = {
  invoiceId: word('invoice'),
  payee: INITIATOR.address,
  toChainId: 31337,
  asset: token,
  amount: '2500000',
  lockHash: word('lock'),
  expiresAt: 1_800_000_000,
  metadataHash: word('metadata'),
};

const swap = {
  swapId: word('swap'),
  maker: INITIATOR.address,
  taker: RESPONDER.address,
  fromChainId: 31337,
  fromAsset: ETHER,
  fromAmount: '1000',
  toChainId: 1,
  toAsset: token,
  toAmount: '3000000',
  expiresAt: 1_800_000_000,
};

const offer = {
  offerId: word('offer'),
  proposer: INITIATOR.address,
  counterparty: RESPONDER.address,
  definition: address('high roller'),
  outcomeType: 0,
  stakes: [{ asset: ETHER, amounts: pair(100, 100) }],
  periods: [3600, 7200],
  expiresAt: 1_800_000_000,
  initialStateHash: word('state'),
};

const delegation = {
  owner: INITIATOR.address,
  key: address('channel key'),
  responder: RESPONDER.address,
  origin: 'https://card.example.org',
  issuedAt: 1_790_000_000,
  expiresAt: 1_800_000_000,
};

const LATEST = Number.MAX_SAFE_INTEGER;

const cases: readonly (readonly [
  kind: string,
  name: string,
  domain: Domain,
  value: Record<string, unknown>,
])[] = [
  ['Ledger', 'version 0 of an epoch', LOCAL, { ...ledger, epoch: '3', version: '0' }],
  ['Ledger', 'one asset', LOCAL, { ...ledger, assets: [ether] }],
  [
    'Ledger',
    'three assets and open apps',
    LOCAL,
    {
      ...ledger,
      epoch: '2',
      version: '4096',
      appsRoot: word('root'),
      assets: [
        ether,
        asset(token, pair(0, 0), pair(5, 0), pair(0, 0), 5),
        asset(otherToken, pair(1, 2), pair(4, 2), pair(2, 1), 0),
      ],
    },
  ],
  [
    'Ledger',
    'the largest of everything',
    FAR,
    {
      channel: TOP_ADDRESS,
      epoch: MAX_UINT64,
      version: MAX_UINT64,
      appsRoot: TOP_WORD,
      assets: [
        asset(
          TOP_ADDRESS,
          pair(MAX_UINT256, MAX_UINT256),
          pair(MAX_UINT256, MAX_UINT256),
          pair(MAX_UINT256, MAX_UINT256),
          MAX_UINT256,
        ),
      ],
    },
  ],
  [
    'Ledger',
    'amounts at the edges of 64-bit limbs',
    LOCAL,
    {
      ...ledger,
      assets: [
        asset(
          token,
          pair((2n ** 64n - 1n).toString(), (2n ** 64n).toString()),
          pair((2n ** 128n - 1n).toString(), (2n ** 128n).toString()),
          pair((2n ** 192n - 1n).toString(), (2n ** 192n).toString()),
          (2n ** 255n).toString(),
        ),
      ],
    },
  ],
  ['App', 'a transfer of ether from the initiator', LOCAL, app],
  [
    'App',
    'a transfer from the responder, without deadlines',
    LOCAL,
    { ...app, participants: [RESPONDER.address, INITIATOR.address], actionDeadline: 0, holdUntil: 0 },
  ],
  [
    'App',
    'a two-party fixed outcome with both staking',
    LOCAL,
    { ...app, outcomeType: 0, stakes: [{ asset: token, amounts: pair(70, 30) }] },
  ],
  [
    'App',
    'a multi-asset outcome over three stakes',
    LOCAL,
    {
      ...app,
      outcomeType: 2,
      stakes: [
        { asset: ETHER, amounts: pair(1, 2) },
        { asset: token, amounts: pair(0, MAX_UINT256) },
        { asset: otherToken, amounts: pair(3, 0) },
      ],
    },
  ],
  [
    'App',
    'the largest of everything',
    FAR,
    {
      ...app,
      channel: TOP_ADDRESS,
      epoch: MAX_UINT64,
      installVersion: MAX_UINT64,
      nonce: TOP_WORD,
      periods: [0xffffffff, 0xffffffff],
      actionDeadline: Number.MAX_SAFE_INTEGER,
      holdUntil: Number.MAX_SAFE_INTEGER,
      initialStateHash: TOP_WORD,
    },
  ],
  ['AppState', 'the first action', LOCAL, { appId: word('app'), version: '1', stateHash: word('state') }],
  ['AppState', 'the last version', FAR, { appId: TOP_WORD, version: MAX_UINT64, stateHash: ZERO_WORD }],
  ['Withdrawal', 'plain payment to the initiator', LOCAL, withdrawal],
  [
    'Withdrawal',
    'a call through a handler',
    LOCAL,
    { ...withdrawal, party: 1, asset: token, handler: address('handler'), data: '0xdeadbeef' },
  ],
  [
    'Withdrawal',
    'data longer than a hash block',
    FAR,
    {
      ...withdrawal,
      amount: MAX_UINT256,
      epoch: MAX_UINT64,
      deadline: Number.MAX_SAFE_INTEGER,
      data: `0x${'a5'.repeat(300)}`,
    },
  ],
  [
    'Cancel',
    'a ledger challenge',
    LOCAL,
    { channel, epoch: '0', subject: ZERO_WORD, challengeId: '1', deadline: 1_800_000_000 },
  ],
  [
    'Cancel',
    'the largest of everything',
    FAR,
    {
      channel: TOP_ADDRESS,
      epoch: MAX_UINT64,
      subject: TOP_WORD,
      challengeId: MAX_UINT64,
      deadline: Number.MAX_SAFE_INTEGER,
    },
  ],
  [
    'Challenge',
    'of a ledger',
    LOCAL,
    { channel, epoch: '0', challengeId: '1', subject: ZERO_WORD, minVersion: '7', deadline: 1_800_000_000 },
  ],
  [
    'Challenge',
    'to open an app',
    LOCAL,
    { channel, epoch: '2', challengeId: '0', subject: word('app'), minVersion: '9', deadline: 1_800_000_000 },
  ],
  [
    'Challenge',
    'the largest of everything',
    FAR,
    {
      channel: TOP_ADDRESS,
      epoch: MAX_UINT64,
      challengeId: MAX_UINT64,
      subject: TOP_WORD,
      minVersion: MAX_UINT64,
      deadline: LATEST,
    },
  ],
  ['Payment', 'to somebody', LOCAL, payment],
  ['Payment', 'by link, without metadata', LOCAL, { ...payment, payee: ETHER, metadataHash: ZERO_WORD }],
  ['Payment', 'of a token, paid on another chain', LOCAL, { ...payment, asset: token, toChainId: 1 }],
  [
    'Payment',
    'the largest of everything',
    FAR,
    {
      transferId: TOP_WORD,
      payer: TOP_ADDRESS,
      payee: TOP_ADDRESS,
      toChainId: LATEST,
      asset: TOP_ADDRESS,
      amount: MAX_UINT256,
      expiresAt: LATEST,
      metadataHash: TOP_WORD,
    },
  ],
  ['Receipt', 'of a part', LOCAL, { paymentId: word('payment'), paid: '17' }],
  ['Receipt', 'the largest of everything', FAR, { paymentId: TOP_WORD, paid: MAX_UINT256 }],
  ['Attestation', 'of a word', LOCAL, { paymentId: word('payment'), attested: word('attested') }],
  ['Attestation', 'the largest of everything', FAR, { paymentId: TOP_WORD, attested: TOP_WORD }],
  ['Invoice', 'with a lock of the payee', LOCAL, invoice],
  [
    'Invoice',
    'open, the payer brings the lock',
    LOCAL,
    { ...invoice, amount: '0', lockHash: ZERO_WORD, metadataHash: ZERO_WORD },
  ],
  [
    'Invoice',
    'the largest of everything',
    FAR,
    {
      invoiceId: TOP_WORD,
      payee: TOP_ADDRESS,
      toChainId: LATEST,
      asset: TOP_ADDRESS,
      amount: MAX_UINT256,
      lockHash: TOP_WORD,
      expiresAt: LATEST,
      metadataHash: TOP_WORD,
    },
  ],
  ['Swap', 'across two chains', LOCAL, swap],
  ['Swap', 'with anybody', LOCAL, { ...swap, taker: ETHER, toChainId: 31337 }],
  [
    'Swap',
    'the largest of everything',
    FAR,
    {
      swapId: TOP_WORD,
      maker: TOP_ADDRESS,
      taker: TOP_ADDRESS,
      fromChainId: LATEST,
      fromAsset: TOP_ADDRESS,
      fromAmount: MAX_UINT256,
      toChainId: LATEST,
      toAsset: TOP_ADDRESS,
      toAmount: MAX_UINT256,
      expiresAt: LATEST,
    },
  ],
  ['AppOffer', 'a game of two', LOCAL, offer],
  [
    'AppOffer',
    'three stakes',
    LOCAL,
    {
      ...offer,
      outcomeType: 2,
      stakes: [
        { asset: ETHER, amounts: pair(1, 2) },
        { asset: token, amounts: pair(0, 5) },
        { asset: otherToken, amounts: pair(3, 0) },
      ],
    },
  ],
  [
    'AppOffer',
    'the largest of everything',
    FAR,
    {
      offerId: TOP_WORD,
      proposer: TOP_ADDRESS,
      counterparty: TOP_ADDRESS,
      definition: TOP_ADDRESS,
      outcomeType: 2,
      stakes: [{ asset: TOP_ADDRESS, amounts: pair(MAX_UINT256, MAX_UINT256) }],
      periods: [0xffffffff, 0xffffffff],
      expiresAt: LATEST,
      initialStateHash: TOP_WORD,
    },
  ],
  ['KeyDelegation', 'of a wallet to a card', LOCAL, delegation],
  [
    'KeyDelegation',
    'an origin beyond a hash block',
    FAR,
    {
      owner: TOP_ADDRESS,
      key: TOP_ADDRESS,
      responder: TOP_ADDRESS,
      origin: `https://${'höst.'.repeat(40)}example:65535`,
      issuedAt: LATEST,
      expiresAt: LATEST,
    },
  ],
  ['Quote', 'a swap within one chain', LOCAL, quote],
  [
    'Quote',
    'the largest of everything',
    FAR,
    {
      ...quote,
      fromAmount: MAX_UINT256,
      toAmount: MAX_UINT256,
      toChainId: Number.MAX_SAFE_INTEGER,
      validUntil: Number.MAX_SAFE_INTEGER,
    },
  ],
];

const signers = [INITIATOR, RESPONDER];

export const domains = [LOCAL, FAR].map((domain) => ({
  domain,
  separator: TypedDataEncoder.hashDomain(typed(domain)),
}));

export const structures = cases.map(([kind, name, domain, value]) => {
  const encoder = TypedDataEncoder.from(TYPES[kind]!);
  const digest = TypedDataEncoder.hash(typed(domain), TYPES[kind]!, value);
  return {
    kind,
    name,
    domain,
    value,
    type: encoder.encodeType(kind),
    structHash: encoder.hash(value),
    digest,
    /** By initiator and responder, in this order. */
    signatures: signers.map((signer) => new SigningKey(signer.privateKey).sign(digest).serialized),
  };
});

export const keys = signers;
