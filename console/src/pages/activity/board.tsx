import { useRef } from 'react';
import type { TopRow } from '../../api/activity';
import { formatCount, formatShare } from '../../lib/numbers';
import { useGlide } from '../../lib/use_glide';
import { Cell, Column, Row, RowHead, Table } from '../../ui/table';
import { kMoveShownS, moveOf, type LiveBoard } from './board_history';
import './board.css';

function Move({ move }: { move: number | 'new' | null }) {
  if (move === null || move === 0) return null;
  if (move === 'new') return <span className="board-new">new</span>;
  const up = move > 0;
  return (
    <span className={up ? 'board-up' : 'board-down'}>
      <span aria-hidden="true">{up ? '▲' : '▼'}</span>
      <span className="offscreen">{up ? 'up ' : 'down '}</span>
      {Math.abs(move)}
    </span>
  );
}

interface BoardRowProps {
  row: TopRow;
  move: number | 'new' | null;
  leader: number;
  total: number;
  k: number;
}

function BoardRow({ row, move, leader, total, k }: BoardRowProps) {
  const length = (count: number) => (leader <= 0 ? 0 : count / leader);
  const certain = row.lower === row.upper;
  return (
    <Row className={row.upper === leader ? 'board-leads' : ''}>
      <Cell className="board-rank numeric">{row.rank}</Cell>
      <Cell className="board-move numeric">
        <Move move={move} />
      </Cell>
      <RowHead className="board-key">
        <span className="board-name" title={row.key}>
          {row.key}
        </span>
        {!row.guaranteed && <span className="board-small">perhaps not in the top {k}</span>}
      </RowHead>
      <Cell className="board-share numeric">
        <span className="board-track" aria-hidden="true">
          {/* Up to what it may be, and before it what it is at least. */}
          <Bar className="board-bar board-bar-upper" length={length(row.upper)} />
          <Bar className="board-bar" length={length(row.lower)} />
        </span>
        <span className="board-percent">{formatShare(row.count, total)}</span>
      </Cell>
      <Cell className="board-count numeric">
        {formatCount(row.count)}
        {!certain && (
          <span className="board-small">
            {formatCount(row.lower)} – {formatCount(row.upper)}
          </span>
        )}
      </Cell>
    </Row>
  );
}

function Bar({ className, length }: { className: string; length: number }) {
  return (
    <span className={className} data-length={length} style={{ transform: `scaleX(${length})` }} />
  );
}

export function Board({ board, k }: { board: LiveBoard; k: number }) {
  const body = useRef<HTMLTableSectionElement>(null);
  useGlide(body);
  const { top } = board;
  const leader = Math.max(0, ...top.data.map((row) => row.upper));
  return (
    <Table
      label={`Most active, by ${top.dimension}`}
      className="board"
      bodyRef={body}
      columns={
        <>
          <Column className="board-rank">
            <span aria-hidden="true">#</span>
            <span className="offscreen">Rank</span>
          </Column>
          <Column className="board-move">
            <span className="offscreen">Moved in the last {kMoveShownS} seconds</span>
          </Column>
          <Column className="board-key board-key-name">{top.dimension}</Column>
          <Column className="board-share">Share</Column>
          <Column className="board-count">Events</Column>
        </>
      }
    >
      {top.data.map((row) => (
        <BoardRow
          key={row.key}
          row={row}
          move={moveOf(board, row)}
          leader={leader}
          total={top.total}
          k={k}
        />
      ))}
    </Table>
  );
}
