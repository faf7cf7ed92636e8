import { useState } from 'react';
import type { Top, TopQuery } from '../../api/activity';
import type { StreamState } from '../../api/event_stream';
import { formatCount, formatRate } from '../../lib/numbers';
import { adjust } from '../../lib/router';
import { Badge } from '../../ui/badge';
import { Button } from '../../ui/button';
import { Fact, Facts } from '../../ui/facts';
import { LiveMark } from '../../ui/live_mark';
import { ErrorNotice } from '../../ui/notice';
import { Course, Page } from '../../ui/page';
import { Segmented } from '../../ui/segmented';
import { SelectField } from '../../ui/select_field';
import { Skeleton } from '../../ui/skeleton';
import { StoneBars } from '../../ui/stone_bars';
import { ActivityEmpty } from './activity_empty';
import { Board } from './board';
import { kRatesShown, type LiveBoard } from './board_history';
import {
  dimensionChoices,
  kLengths,
  kWindows,
  readView,
  viewHref,
  windowLabel,
} from './board_view';
import { useBoard, useDimensions } from './use_board';
import './activity_page.css';

function Controls({ view }: { view: TopQuery }) {
  const dimensions = useDimensions();
  const show = (change: Partial<TopQuery>) => adjust(viewHref({ ...view, ...change }));
  const names = dimensionChoices(dimensions.data ?? [], view.dimension);
  return (
    <div className="activity-controls">
      <SelectField
        label="Count by"
        value={view.dimension}
        options={names.map((name) => ({ value: name, label: name }))}
        onChange={(dimension) => show({ dimension })}
      />
      <SelectField
        label="Show"
        value={String(view.k)}
        options={kLengths.map((k) => ({ value: k, label: `Top ${k}` }))}
        onChange={(k) => show({ k: Number(k) })}
      />
      <Segmented
        label="Window"
        value={String(view.window)}
        options={kWindows}
        onChange={(window) => show({ window: Number(window) })}
      />
    </div>
  );
}

function Exactness({ top }: { top: Top }) {
  return top.exact ? <Badge tone="good">Exact</Badge> : <Badge tone="off">Approximate</Badge>;
}

function BoardFacts({ board, window }: { board: LiveBoard | undefined; window: number }) {
  const rate = board?.rates.at(-1)?.value;
  return (
    <Facts large>
      <Fact name={`Events in ${windowLabel(window)}`} numeric testId="total">
        {board ? formatCount(board.top.total) : '–'}
      </Fact>
      <Fact name="Events a second, now" className="facts-wide">
        <span className="numeric">{rate === undefined ? '–' : formatRate(rate)}</span>
        <StoneBars values={board?.rates ?? []} places={kRatesShown} />
      </Fact>
      <Fact name="Counts" className="activity-exact">
        {board ? <Exactness top={board.top} /> : '–'}
      </Fact>
    </Facts>
  );
}

function liveState(paused: boolean, failed: boolean, loaded: boolean): [StreamState, string?] {
  if (paused) return ['closed', 'Paused'];
  if (failed) return ['waiting'];
  return [loaded ? 'open' : 'connecting'];
}

export function ActivityPage({ query }: { query: string }) {
  const view = readView(query);
  const [paused, setPaused] = useState(false);
  const answer = useBoard(view, paused);
  const board = answer.data;
  const empty = board?.top.data.length === 0;
  const [state, word] = liveState(paused, answer.isError, board !== undefined);

  return (
    <Page
      title="Activity"
      lead="Who and what is busiest just now."
      actions={
        <>
          <LiveMark state={state} {...(word === undefined ? {} : { word })} />
          <Button onPress={() => setPaused(!paused)}>{paused ? 'Resume' : 'Pause'}</Button>
        </>
      }
    >
      <Course>
        <Controls view={view} />
        <BoardFacts board={board} window={view.window} />
      </Course>
      <Course>
        {answer.isError && (
          <ErrorNotice
            error={answer.error}
            onRetry={<Button onPress={() => void answer.refetch()}>Try again</Button>}
          />
        )}
        {answer.isPending && <Skeleton rows={8} label="Loading the board" />}
        {empty && <ActivityEmpty view={view} />}
        {board && !empty && (
          <div className="activity-place" aria-busy={answer.isPlaceholderData}>
            {/* Another dimension is another board: none of its rows comes from the old one. */}
            <Board key={board.top.dimension} board={board} k={view.k} />
            {!board.top.exact && (
              <p className="activity-note">
                Memory is bounded, so rare names are counted together. Each true count lies between
                the two numbers below it; the pale end of a bar is what is uncertain.
              </p>
            )}
          </div>
        )}
      </Course>
    </Page>
  );
}
