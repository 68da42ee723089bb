// SPDX-License-Identifier: MIT
import { ITERATIONS, openVault, sealWords, vaultSchema } from './vault.ts';

const WORDS = 'test test test test test test test test test test test junk';

test('opens with its passphrase only, and holds no word in the clear', async () => {
  const vault = await sealWords(WORDS, 'correct horse');
  expect(vaultSchema.safeParse(vault).success).toBe(true);
  expect(await openVault(vault, 'correct horse')).toBe(WORDS);
  expect(await openVault(vault, 'correct horses')).toBeNull();
  expect(new TextDecoder().decode(vault.cipher.text)).not.toContain('junk');
});

test('two vaults of the same words have nothing in common', async () => {
  const [one, two] = await Promise.all([sealWords(WORDS, 'same'), sealWords(WORDS, 'same')]);
  expect(one.kdf.salt).not.toEqual(two.kdf.salt);
  expect(one.cipher.text).not.toEqual(two.cipher.text);
});

test('an altered record does not open, and one that is cheap to guess is not read', async () => {
  const vault = await sealWords(WORDS, 'pass');
  const flipped = vault.cipher.text.map((byte, index) => (index === 0 ? byte ^ 1 : byte));
  expect(await openVault({ ...vault, cipher: { ...vault.cipher, text: flipped } }, 'pass')).toBeNull();
  expect(ITERATIONS).toBeGreaterThanOrEqual(600_000);
  expect(vaultSchema.safeParse({ ...vault, kdf: { ...vault.kdf, iterations: 1000 } }).success).toBe(false);
});

test('accents typed in either way are one passphrase', async () => {
  const vault = await sealWords(WORDS, 'caf\u00e9 noir');
  expect(await openVault(vault, 'cafe\u0301 noir')).toBe(WORDS);
});
