// SPDX-License-Identifier: MIT
import type { WithdrawalEntry } from '../history/journal-entry.ts';
import { text } from '../strings/en.ts';
import { explainCode } from '../strings/explain-error.ts';
import { ErrorNotice } from '../ui/error-notice.tsx';
import { Notice } from '../ui/notice.tsx';
import { Waiting } from '../ui/waiting.tsx';

export function WithdrawalProgress({ entry }: { readonly entry: WithdrawalEntry }) {
  switch (entry.status) {
    case 'signing':
      return <Waiting label={text.withdraw.signing} />;
    case 'unknown':
      return (
        <Notice tone="warn" title={text.withdraw.unknown}>
          <p>{text.withdraw.unknownLead}</p>
        </Notice>
      );
    case 'agreed':
      return (
        <>
          <Waiting label={text.withdraw.agreed} />
          <p>{text.withdraw.agreedLead}</p>
        </>
      );
    case 'executed':
      return <Notice tone="good" title={text.withdraw.executed} />;
    case 'returned':
      return <Notice tone="warn" title={text.withdraw.returned} />;
    case 'refused':
      return (
        <>
          <h2>{text.withdraw.refused}</h2>
          {entry.code === null ? null : <ErrorNotice explanation={explainCode(entry.code)} />}
        </>
      );
  }
}
