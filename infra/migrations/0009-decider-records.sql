-- What deciders predicted and how it came out, and the records that `weighted` goes by: a fold over cycles and
-- candles, brought up to each bar before its cycles decide.

-- One row for each answer of a recorded cycle.
create table prediction (
  cycle       text not null,
  decider     text not null,
  desk        text not null,
  pair        text not null,
  -- model and prompt version, or the strategy
  variant     text not null,
  confidence  double precision,
  -- null where no event is named: an absence, an entry without stop
  side        text,
  stop        double precision,
  target      double precision,
  -- an entry that must be reached first
  limit_price double precision,
  from_at     timestamptz not null,
  until_at    timestamptz,
  -- hit, missed, void (no event, or its entry was not reached), absent, pending
  outcome     text not null,
  -- close of the bar that told the outcome, and of the bar at which it was counted
  known_at    timestamptz,
  counted_at  timestamptz,
  primary key (cycle, decider)
);
create index prediction_pending on prediction (desk, pair) where outcome = 'pending';

-- What all records are made of, as of the last bar.
create table decider_tally (
  desk      text primary key,
  at        timestamptz not null,
  timeframe text not null,
  tallies   jsonb not null
);

-- The records of the roster from that close on, until the next row.
create table decider_record (
  desk    text not null,
  at      timestamptz not null,
  records jsonb not null,
  primary key (desk, at)
);
