-- The turn of a bar's cycles, so that one that holds need not hear of it.
alter table bar_lock add column wants_turn boolean not null default false;
alter table bar_lock add column has_turn boolean not null default false;
create index bar_lock_cycle on bar_lock (cycle);
