// SPDX-License-Identifier: MIT
import { newWords, readWords, WORD_COUNT } from './words.ts';

test('twelve valid words, never the same', () => {
  const words = newWords();
  expect(words.split(' ')).toHaveLength(WORD_COUNT);
  expect(readWords(words)).toBe(words);
  expect(newWords()).not.toBe(words);
});

test('reads words as people write them down', () => {
  const words = 'test test test test test test test test test test test junk';
  const numbered = words.split(' ').map((word, index) => `${index + 1}. ${word.toUpperCase()}`);
  expect(readWords(`${numbered.join('\n')}\n`)).toBe(words);
});

test.each([
  '',
  'test test',
  'test '.repeat(12),
  'test test test test test test test test test test test jumk',
])('refuses "%s"', (text) => {
  expect(readWords(text)).toBeNull();
});
