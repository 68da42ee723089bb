// SPDX-License-Identifier: MIT
/** The apps that a named signer moves: their bytes, moves and outcomes, signed and encoded by ethers. */
import {
  concat,
  dataSlice,
  type Signature,
  SigningKey,
  toBeHex,
  TypedDataEncoder,
  type TypedDataDomain,
} from 'ethers';
import { actor, MAX_UINT256, TOP_ADDRESS, TOP_WORD, word, ZERO_WORD } from './actors.ts';
import { coder, signedAction, transferOutcome, wrongLengths } from './app-vectors.ts';

const SIGNER = actor('attester');
const OTHER = actor('another attester');
const DOMAIN: TypedDataDomain = { name: 'Oracle', version: '3', chainId: 5 };
const OTHER_DOMAIN: TypedDataDomain = { ...DOMAIN, chainId: 6 };
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const payment = {
  signer: SIGNER.address,
  domain: TypedDataEncoder.hashDomain(DOMAIN),
  paymentId: word('payment'),
};
const hex = (amount: string) => toBeHex(BigInt(amount), 32);

/** `field` is the one word that is signed together with the payment's id. */
const signing = (kind: string, field: { name: string; type: string }) => {
  const types = { [kind]: [{ name: 'paymentId', type: 'bytes32' }, field] };
  return (value: string, { by = SIGNER, domain = DOMAIN, paymentId = payment.paymentId } = {}) => {
    const digest = TypedDataEncoder.hash(domain, types, { paymentId, [field.name]: value });
    const signature = new SigningKey(by.privateKey).sign(digest);
    return { digest, signature, action: signedAction(hex(value), signature) };
  };
};

/** The same signature with the other s, which curves take and contracts do not. */
const highS = ({ r, s, v }: Signature) => ({ r, s: toBeHex(ORDER - BigInt(s), 32), v: 55 - v });

/** Actions on `state` that neither contract nor twin takes, though `good` would be taken. */
const badEncodings = (state: string, value: string, signature: Signature) => {
  const good = signedAction(hex(value), signature);
  const { r, s, v } = signature;
  return [
    { name: 'nothing', state, action: '0x' },
    { name: 'no signature', state, action: hex(value) },
    { name: 'a byte short', state, action: dataSlice(good, 0, 127) },
    { name: 'a byte long', state, action: concat([good, '0x00']) },
    { name: 'a word long', state, action: concat([good, ZERO_WORD]) },
    {
      name: 'the signature as bytes',
      state,
      action: coder.encode(['bytes32', 'bytes'], [hex(value), signature.serialized]),
    },
    {
      name: 'a v with more than a byte',
      state,
      action: concat([dataSlice(good, 0, 126), '0x01', toBeHex(v)]),
    },
    { name: 'a v counted from zero', state, action: signedAction(hex(value), { r, s, v: v - 27 }) },
    { name: 'the other v', state, action: signedAction(hex(value), { r, s, v: 55 - v }) },
    { name: 'a high s', state, action: signedAction(hex(value), highS(signature)) },
    { name: 'no point', state, action: signedAction(hex(value), { r: ZERO_WORD, s, v }) },
  ];
};

const dirtySigner = (state: string) => concat([dataSlice(state, 0, 32), '0x01', dataSlice(state, 33)]);

// Signed transfer

interface SignedFields {
  amount: string;
  attested: string;
  signer?: string;
}

const attest = signing('Attestation', { name: 'attested', type: 'bytes32' });
const signedState = ({ amount, attested, signer = payment.signer }: SignedFields) => ({
  ...payment,
  signer,
  amount,
  attested,
  state: coder.encode(
    ['tuple(uint256 amount, address signer, bytes32 domain, bytes32 paymentId, bytes32 attested)'],
    [[amount, signer, payment.domain, payment.paymentId, attested]],
  ),
});

const said = word('said');
const waiting = signedState({ amount: '100', attested: ZERO_WORD }).state;
const attested = signedState({ amount: '100', attested: said }).state;

export const signedTransferApp = {
  moves: (
    [
      ['an attestation', '100', said],
      ['the smallest', '1', hex('1')],
      ['the largest', MAX_UINT256, TOP_WORD],
    ] as const
  ).map(([name, amount, what]) => {
    const { digest, signature, action } = attest(what);
    return {
      name,
      turnTaker: 1,
      digest,
      signature: signature.serialized,
      action,
      before: {
        ...signedState({ amount, attested: ZERO_WORD }),
        terminal: false,
        outcome: transferOutcome(amount, '0'),
        shares: [amount, '0'],
      },
      after: {
        ...signedState({ amount, attested: what }),
        terminal: true,
        outcome: transferOutcome('0', amount),
        shares: ['0', amount],
      },
    };
  }),
  invalidActions: [
    ...badEncodings(waiting, said, attest(said).signature),
    { name: 'nothing attested', state: waiting, action: attest(ZERO_WORD).action },
    { name: 'the word of another', state: waiting, action: attest(said, { by: OTHER }).action },
    { name: 'another domain', state: waiting, action: attest(said, { domain: OTHER_DOMAIN }).action },
    { name: 'another payment', state: waiting, action: attest(said, { paymentId: word('other') }).action },
    {
      name: 'another word than was signed',
      state: waiting,
      action: signedAction(word('other'), attest(said).signature),
    },
    { name: 'the same again', state: attested, action: attest(said).action },
    { name: 'another word afterwards', state: attested, action: attest(word('other')).action },
    {
      name: 'a signer that is nobody',
      state: signedState({ amount: '100', attested: ZERO_WORD, signer: `0x${'00'.repeat(20)}` }).state,
      action: signedAction(said, { r: ZERO_WORD, s: ZERO_WORD, v: 27 }),
    },
  ],
  invalidStates: [
    ...wrongLengths(waiting),
    { name: 'a signer of more than 20 bytes', state: dirtySigner(waiting) },
  ],
};

// Batched transfer

interface BatchedFields {
  amount: string;
  fee: string;
  paid: string;
  signer?: string;
}

const receipt = signing('Receipt', { name: 'paid', type: 'uint256' });
const batchedState = ({ amount, fee, paid, signer = payment.signer }: BatchedFields) => ({
  ...payment,
  signer,
  amount,
  fee,
  paid,
  state: coder.encode(
    ['tuple(uint256 amount, address signer, bytes32 domain, bytes32 paymentId, uint256 fee, uint256 paid)'],
    [[amount, signer, payment.domain, payment.paymentId, fee, paid]],
  ),
});
const batched = (fields: BatchedFields, due: string) => {
  const rest = (BigInt(fields.amount) - BigInt(due)).toString();
  return {
    ...batchedState(fields),
    terminal: BigInt(fields.paid) + BigInt(fields.fee) === BigInt(fields.amount),
    outcome: transferOutcome(rest, due),
    shares: [rest, due],
  };
};
const one = batchedState({ amount: '100', fee: '5', paid: '30' }).state;
const largest = (BigInt(MAX_UINT256) - 1n).toString();

export const batchedTransferApp = {
  moves: (
    [
      ['the first receipt, which brings the fee', '100', '5', '0', '30'],
      ['a later receipt', '100', '5', '30', '31'],
      ['all that the fee leaves', '100', '5', '31', '95'],
      ['all, without a fee', '100', '0', '0', '100'],
      ['the smallest', '1', '0', '0', '1'],
      ['the largest', MAX_UINT256, '1', '1', largest],
      ['the largest fee', MAX_UINT256, largest, '0', '1'],
    ] as const
  ).map(([name, amount, fee, before, after]) => {
    const { digest, signature, action } = receipt(after);
    const due = (paid: string) => (paid === '0' ? '0' : (BigInt(paid) + BigInt(fee)).toString());
    return {
      name,
      turnTaker: 1,
      digest,
      signature: signature.serialized,
      action,
      before: batched({ amount, fee, paid: before }, due(before)),
      after: batched({ amount, fee, paid: after }, due(after)),
    };
  }),
  invalidActions: [
    ...badEncodings(one, '31', receipt('31').signature),
    { name: 'nothing paid', state: one, action: receipt('0').action },
    { name: 'what is paid already', state: one, action: receipt('30').action },
    { name: 'less than is paid already', state: one, action: receipt('29').action },
    { name: 'what the fee leaves and one', state: one, action: receipt('96').action },
    { name: 'more than the stake', state: one, action: receipt('101').action },
    { name: 'so much that the fee makes it small again', state: one, action: receipt(MAX_UINT256).action },
    {
      name: 'anything where the fee is all there is',
      state: batchedState({ amount: '5', fee: '5', paid: '0' }).state,
      action: receipt('1').action,
    },
    { name: 'the receipt of another', state: one, action: receipt('31', { by: OTHER }).action },
    { name: 'another domain', state: one, action: receipt('31', { domain: OTHER_DOMAIN }).action },
    { name: 'another payment', state: one, action: receipt('31', { paymentId: word('other') }).action },
    { name: 'more than was signed', state: one, action: signedAction(hex('32'), receipt('31').signature) },
    {
      name: 'a signer that is nobody',
      state: batchedState({ amount: '100', fee: '5', paid: '0', signer: `0x${'00'.repeat(20)}` }).state,
      action: signedAction(hex('1'), { r: ZERO_WORD, s: ZERO_WORD, v: 27 }),
    },
  ],
  invalidStates: [
    ...wrongLengths(one),
    { name: 'a signer of more than 20 bytes', state: dirtySigner(one) },
    { name: 'a fee above the amount', state: batchedState({ amount: '100', fee: '101', paid: '0' }).state },
    {
      name: 'more paid than the fee leaves',
      state: batchedState({ amount: '100', fee: '5', paid: '96' }).state,
    },
    {
      name: 'a fee so large that the sum is small again',
      state: batchedState({ amount: '100', fee: MAX_UINT256, paid: '30' }).state,
    },
    {
      name: 'both so large that the sum is small again',
      state: batchedState({ amount: MAX_UINT256, fee: MAX_UINT256, paid: MAX_UINT256 }).state,
    },
    {
      name: 'five words, as before there was a fee',
      state: coder.encode(
        ['uint256', 'address', 'bytes32', 'bytes32', 'uint256'],
        ['100', TOP_ADDRESS, payment.domain, payment.paymentId, '30'],
      ),
    },
  ],
};
