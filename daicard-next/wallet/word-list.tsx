// SPDX-License-Identifier: MIT
import styles from './word-list.module.css';

/** Numbered, as they are to be written down. */
export const WordList = ({ words }: { readonly words: string }) => (
  <ol className={styles['words']} translate="no">
    {words.split(' ').map((word, index) => (
      <li key={index}>
        <span className={styles['number']}>{index + 1}</span>
        {word}
      </li>
    ))}
  </ol>
);
