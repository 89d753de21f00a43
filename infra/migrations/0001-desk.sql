-- One schema holds one desk (or one replay of it). Times named `*_at` and `bar` are venue time.

create table desk (
  desk        text primary key,
  profile     jsonb not null,
  state       jsonb not null,
  -- high-water marks for the loss rules: equity in the desk's numeraire
  marks       jsonb not null,
  instruments jsonb not null
);

create table desk_event (
  id    bigint generated always as identity primary key,
  desk  text not null,
  at    timestamptz not null,
  kind  text not null,
  who   text not null,
  why   text not null,
  state jsonb not null
);

create table candle (
  pair      text not null,
  timeframe text not null,
  open_at   timestamptz not null,
  open      double precision not null,
  high      double precision not null,
  low       double precision not null,
  close     double precision not null,
  volume    double precision not null,
  primary key (pair, timeframe, open_at)
);

-- The second lock on a bar, beside the workflow id: a server forgets closed ids after its retention.
create table bar_lock (
  desk   text not null,
  pair   text not null,
  bar    timestamptz not null,
  cycle  text not null,
  run_id text not null,
  primary key (desk, pair, bar)
);

-- Big things (snapshots, accounts) under the hash of their content.
create table document (
  hash text primary key,
  kind text not null,
  body jsonb not null
);

create table cycle (
  id            text primary key,
  desk          text not null,
  pair          text not null,
  bar           timestamptz not null,
  decided_at    timestamptz not null,
  snapshot_hash text not null,
  action        text not null,
  outcome       text not null,
  confidence    double precision,
  consensus     jsonb not null
);
create index cycle_newest on cycle (desk, bar desc);

create table decision (
  cycle   text not null,
  decider text not null,
  answer  jsonb not null,
  primary key (cycle, decider)
);

-- A verdict's id is the cycle's for an entry, `<position>/<leg>/<n>` for a reduction.
create table verdict (
  id    text primary key,
  desk  text not null,
  kind  text not null,
  at    timestamptz not null,
  rules jsonb not null,
  plan  jsonb
);

create table position (
  id         text primary key,
  desk       text not null,
  pair       text not null,
  cycle      text not null,
  guard      text not null,
  state      text not null check (state in ('opening', 'open', 'closed', 'unfilled', 'dust')),
  opened_at  timestamptz not null,
  closed_at  timestamptz,
  exit_reason text,
  -- result in USDT, fees included
  pnl_usdt   numeric
);
create index position_live on position (desk, pair) where state in ('opening', 'open');

create table trade_order (
  client_order_id uuid primary key,
  desk            text not null,
  position        text not null,
  verdict         text not null,
  guard           text not null,
  leg             text not null,
  n               integer not null,
  pair            text not null,
  side            text not null check (side in ('buy', 'sell')),
  kind            text not null,
  quantity        numeric not null,
  price           numeric,
  time_in_force   text not null default 'gtc',
  status          text not null
    check (status in ('intended', 'sending', 'open', 'unknown', 'filled', 'canceled', 'expired', 'rejected')),
  venue_order_id  text,
  filled_quantity numeric not null default 0,
  filled_cost     numeric not null default 0,
  reason          text,
  intended_at     timestamptz not null,
  deadline_at     timestamptz,
  unique (position, leg, n)
);
create index trade_order_live on trade_order (desk)
  where status in ('intended', 'sending', 'open', 'unknown');

-- What an approved entry holds until it is filled, refused or expired. How much of it still holds is
-- derived from its order, never kept.
create table reservation (
  verdict       text primary key references verdict,
  desk          text not null,
  pair          text not null,
  asset         text not null,
  amount        numeric not null,
  risk_usdt     numeric not null,
  notional_usdt numeric not null
);

-- `reference` makes a booking happen once: the venue's execution id, or the opening of the account.
create table ledger_entry (
  id        bigint generated always as identity primary key,
  desk      text not null,
  kind      text not null,
  reference text not null unique,
  at        timestamptz not null
);

create table posting (
  entry   bigint not null references ledger_entry,
  account text not null,
  asset   text not null,
  amount  numeric not null,
  primary key (entry, account, asset)
);

create table fill (
  execution_id    text primary key,
  entry           bigint not null references ledger_entry,
  client_order_id uuid,
  venue_order_id  text not null,
  pair            text not null,
  side            text not null,
  price           numeric not null,
  quantity        numeric not null,
  cost            numeric not null,
  fee             numeric not null,
  fee_asset       text not null,
  liquidity       text not null,
  at              timestamptz not null
);
create index fill_by_order on fill (client_order_id);

-- A booked fill or an order's end stays here until its guard has acknowledged it.
create table outbox (
  id              bigint generated always as identity primary key,
  guard           text not null,
  client_order_id uuid not null,
  acknowledged    boolean not null default false
);
create index outbox_waiting on outbox (guard) where not acknowledged;

create table feed_cursor (
  venue    text primary key,
  fills_at timestamptz not null
);

create table reconciliation (
  id          text primary key,
  desk        text not null,
  at          timestamptz not null,
  differences jsonb not null
);
