-- Paper accounts of all deciders and baselines: a fold over cycles and candles that can be made anew from them.

-- What they trade under, and who is asked, from the bar on that opened at that time.
create table shadow_terms (
  desk     text not null,
  from_bar timestamptz not null,
  terms    jsonb not null,
  primary key (desk, from_bar)
);

-- `variant`: model and prompt version, or the strategy; `baseline` for baselines.
create table shadow_account (
  desk     text not null,
  decider  text not null,
  variant  text not null,
  from_bar timestamptz not null,
  -- open time of the last bar that `state` has seen; all accounts of a desk have seen the same bars
  bar      timestamptz not null,
  -- floats, as backtests reckon
  state    jsonb not null,
  primary key (desk, decider, variant)
);

-- Equity at the last close of each UTC day, in the account's numeraire.
create table shadow_day (
  desk    text not null,
  decider text not null,
  variant text not null,
  day     date not null,
  equity  double precision not null,
  primary key (desk, decider, variant, day)
);

-- Positions opened and closed again, counted from 1.
create table shadow_trade (
  desk       text not null,
  decider    text not null,
  variant    text not null,
  n          integer not null,
  pair       text not null,
  entry_bar  timestamptz not null,
  exit_bar   timestamptz not null,
  trade      jsonb not null,
  primary key (desk, decider, variant, n)
);
