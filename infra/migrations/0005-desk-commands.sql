-- What people changed in a running desk. `tightened`: by limit, the value, the profile's value that it stands
-- over, who, why and when. `champion`: the decider that is followed instead of the profile's, or null.
alter table desk add column tightened jsonb not null default '{}';
alter table desk add column champion text;

-- `reference` makes a command happen once; `detail` is what was asked and what came of it.
alter table desk_event add column reference text unique;
alter table desk_event add column detail jsonb;

-- One row a pass: what was planned, or why nothing was. Its legs are orders of the position that bears its id.
create table rebalance (
  id      text primary key,
  desk    text not null,
  at      timestamptz not null,
  plan    jsonb not null
);
