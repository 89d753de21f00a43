-- Positions on margin. An order with a leverage borrows, or gives back what is borrowed.
alter table trade_order add column leverage integer check (leverage > 1);
-- Free margin that an approved entry binds until it is filled, refused or expired.
alter table reservation add column margin_usdt numeric not null default 0;

-- What positions on margin brought and cost, entry by entry of the venue's own ledger; `ref_id` is the execution
-- that realised a result (`margin`) or opened the position that paid (`rollover`, `settled`).
create table margin_move (
  id     text primary key,
  entry  bigint not null references ledger_entry,
  type   text not null check (type in ('margin', 'rollover', 'settled')),
  ref_id text not null,
  asset  text not null,
  amount numeric not null,
  fee    numeric not null,
  at     timestamptz not null
);
create index margin_move_by_ref on margin_move (ref_id);
