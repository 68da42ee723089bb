// SPDX-License-Identifier: MIT
'use client';
import { useEffect, useState } from 'react';
import { parseLink } from '../../lib/protocol/link.ts';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { Form, Panel, Screen } from '../ui/screen.tsx';
import { TextField } from '../ui/text-field.tsx';
import { LinkOffer } from './link-offer.tsx';
import { forgetLink, openedLink, whenLinkOpened } from './opened-link.ts';

export function RedeemScreen() {
  const [fragment, setFragment] = useState(openedLink);
  const [typed, setTyped] = useState('');
  const [isTried, setTried] = useState(false);
  useEffect(() => whenLinkOpened(setFragment), []);

  const parsed = fragment === null ? null : parseLink(fragment);
  if (parsed?.ok === true && fragment !== null)
    return (
      <LinkOffer
        key={fragment}
        link={parsed.value}
        fragment={fragment}
        onForget={() => {
          forgetLink();
          setFragment(null);
        }}
      />
    );

  const isTyped = parseLink(typed).ok;
  return (
    <Screen title={text.redeem.title} lead={text.redeem.noLink}>
      <Panel>
        <Form
          onSubmit={() => {
            setTried(true);
            if (isTyped) setFragment(typed.slice(typed.indexOf('#') + 1).trim());
          }}
        >
          <TextField
            label={text.redeem.paste}
            rows={3}
            value={typed}
            onValue={setTyped}
            problem={(isTried && !isTyped) || parsed?.ok === false ? text.redeem.pasteWrong : null}
            spellCheck={false}
            autoCapitalize="none"
            autoComplete="off"
          />
          <Button type="submit">{text.redeem.open}</Button>
        </Form>
      </Panel>
    </Screen>
  );
}
