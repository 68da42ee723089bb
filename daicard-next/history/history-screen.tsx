// SPDX-License-Identifier: MIT
'use client';
import { text } from '../strings/en.ts';
import { Button } from '../ui/button.tsx';
import { Notice } from '../ui/notice.tsx';
import { Panel, Screen } from '../ui/screen.tsx';
import { ActivityList } from './activity-list.tsx';
import { useActivity } from './use-activity.ts';

export function HistoryScreen() {
  const { activities, isLoading, isIncomplete, loadMore } = useActivity();
  return (
    <Screen title={text.history.title} hasBack={false}>
      {isIncomplete ? <Notice tone="warn">{text.history.incomplete}</Notice> : null}
      <Panel>
        {activities.length > 0 ? (
          <ActivityList activities={activities} />
        ) : (
          <p>{isLoading ? text.history.loading : text.history.empty}</p>
        )}
      </Panel>
      {loadMore === null ? null : (
        <Button look="quiet" isBusy={isLoading} onClick={loadMore}>
          {text.history.more}
        </Button>
      )}
    </Screen>
  );
}
