// SPDX-License-Identifier: MIT
'use client';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';

/** A bug in a screen. The wallet and what is signed are untouched by it. */
export default function ScreenError({ reset }: { readonly reset: () => void }) {
  return (
    <>
      <Notice tone="bad">{text.app.broken}</Notice>
      <Button onClick={reset}>{text.app.again}</Button>
    </>
  );
}
